"""The command `kagzi-dsl`, and `python -m kagzi_dsl`: both start here, before anything else is imported."""

import gc

from kagzi_dsl.cli import ctrl_c


def main() -> None:
    """Runs the command line and ends the process with its exit status."""
    ctrl_c.end_outright()
    # Looking for garbage among what imports leave took a seventh of the time of a short command. What goes on for
    # longer sets the threshold that suits it (cli/loop.py).
    gc.set_threshold(200_000, 20, 20)
    from kagzi_dsl.cli.main import main

    main()


if __name__ == "__main__":
    main()
