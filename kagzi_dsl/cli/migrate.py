"""`kagzi-dsl migrate`: moving runs to a changed definition."""

from __future__ import annotations

from typing import Any

import click

from kagzi_dsl.cli.manner import manner_of
from kagzi_dsl.cli.moments import duration
from kagzi_dsl.cli.options import activities_option, database_options, json_option, quiet_option
from kagzi_dsl.cli.targets import target_options


@click.command(short_help="Move runs to a changed definition.")
@target_options
@click.argument("file", metavar="FILE", type=click.Path())
@click.option("--dry-run", is_flag=True, help="Only say whether they can be moved.")
@click.option(
    "--timeout", callback=duration, metavar="DURATION", default="1m", show_default=True,
    help="How long to wait for what a run is doing.",
)  # fmt: skip
@click.option("--no-import", is_flag=True, help="Import no activities; their names and arguments stay unchecked.")
@activities_option
@json_option
@quiet_option
@database_options
@click.pass_context
def migrate(context: click.Context, /, **options: Any) -> int:
    """Move runs that are not over to the definition in FILE, a changed one of their workflow.

    A run can be moved when every node that has ended still stands where it stood; what has not ended may be changed,
    added or left out. It is paused meanwhile, until what runs has ended. If it cannot be moved, the node that forbids
    it is named, and the run goes on as it was. RUN and filters are as of `cancel`.

    \b
    Examples:
      kagzi-dsl migrate order-A-1 order.yaml --dry-run
      kagzi-dsl migrate order.yaml --workflow order-processing --status waiting --yes

    Exit status: 0 moved, 1 one could not be moved, 2 the document cannot be run.
    """
    from kagzi_dsl.cli.many import Targets
    from kagzi_dsl.cli.moving import Wish, move_runs

    manner = manner_of(context, options)
    targets = Targets.taken_from(options)
    return move_runs(Wish(manner=manner, targets=targets, **options))
