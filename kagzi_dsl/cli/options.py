"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(slots=True)
class Flags:
    """What was asked of the program as a whole."""

    debug: bool = False


def _set_debug(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        context.find_root().ensure_object(Flags).debug = True


def _not_blank(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not value.strip():
        raise click.BadParameter("it is empty")
    return value


debug_option = click.option(
    "--debug",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_set_debug,
    help="Show where errors come from, and what the program does.",
)

database_option = click.option(
    "--db",
    "database",
    metavar="URL",
    envvar="KAGZI_DB_URL",
    help="The PostgreSQL to use (else $KAGZI_DB_URL, else the embedded one).",
)

namespace_option = click.option(
    "--namespace",
    metavar="NAME",
    envvar="KAGZI_NAMESPACE",
    default="default",
    callback=_not_blank,
    help="The namespace of runs (else $KAGZI_NAMESPACE, else `default`).",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")

quiet_option = click.option("-q", "--quiet", is_flag=True, help="Say nothing on stderr but errors.")

activities_option = click.option(
    "--activities",
    "activities",
    multiple=True,
    metavar="FILE|MODULE",
    help="Where the activities are, instead of where the document says; may be repeated.",
)

run_argument = click.argument("reference", metavar="RUN")


def database_options(command: F) -> F:
    """The options of a command that looks at runs."""
    return debug_option(namespace_option(database_option(command)))
