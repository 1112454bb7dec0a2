"""`python -m kagzi_dsl`: the same as the command `kagzi-dsl`."""

from kagzi_dsl.cli.main import main

if __name__ == "__main__":
    main()
