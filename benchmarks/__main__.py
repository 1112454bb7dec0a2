"""`python -m benchmarks [NAME …] [--quick]`: runs benchmarks, prints their figures, and writes them as JSON."""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path

from benchmarks import flatness

BENCHMARKS = {"flatness": flatness}
QUICK = {"flatness": {"long": 300, "repeats": 1}}


def main() -> None:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all when left out")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that everything still runs")
    parser.add_argument("--output", type=Path, help="a file for the figures, as JSON")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    figures = {name: measure(name, quick=options.quick) for name in options.names or BENCHMARKS}
    if options.output is not None:
        options.output.write_text(json.dumps({**about(), "figures": figures}, indent=2) + "\n")


def measure(name: str, *, quick: bool) -> dict[str, float]:
    """Runs one benchmark and prints its figures."""
    print(name, flush=True)
    figures = BENCHMARKS[name].run(**(QUICK[name] if quick else {}))
    for label, value in figures.items():
        print(f"  {label:<36} {value:>10.3f}", flush=True)
    return figures


def about() -> dict[str, str]:
    """Where and when the figures were taken."""
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


if __name__ == "__main__":
    main()
