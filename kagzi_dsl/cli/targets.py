"""The options of commands that do something to one run or to many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from kagzi_dsl.cli.selecting import selection_options

F = TypeVar("F", bound=Callable[..., Any])


def target_options(command: F) -> F:
    """The runs, the filters and `--yes`, for Targets.taken_from (see many.py)."""
    command = click.option("--yes", "-y", "sure", is_flag=True, help="Do not ask before many are touched.")(command)
    command = selection_options(command)
    return click.argument("references", metavar="[RUN]...", nargs=-1)(command)
