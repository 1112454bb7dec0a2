"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from kagzi_dsl.cli.debug import debug_option
from kagzi_dsl.cli.settings import retry_option, setting_option
from kagzi_dsl.config import table

F = TypeVar("F", bound=Callable[..., Any])


database_option = setting_option(table.DB_URL, "database")

namespace_option = setting_option(table.NAMESPACE, "namespace")

pooler_option = setting_option(table.POOLER)

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
    return debug_option(namespace_option(database_option(pooler_option(command))))


def engine_options(command: F) -> F:
    """The options of a command that works on runs."""
    for option in (
        setting_option(table.LOG_FORMAT),
        setting_option(table.LOG_LEVEL),
        retry_option,
        setting_option(table.LEASE),
        setting_option(table.POLL_INTERVAL),
        setting_option(table.POLL_ONLY),
    ):
        command = option(command)
    return command
