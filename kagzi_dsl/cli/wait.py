"""`kagzi-dsl wait` and `watch`: staying with runs that others work on."""

from __future__ import annotations

from typing import Any

import click

from kagzi_dsl.cli.manner import Manner, manner_of
from kagzi_dsl.cli.moments import duration
from kagzi_dsl.cli.options import database_options, json_option, quiet_option, run_argument


@click.command(short_help="Wait until runs are over.")
@click.argument("references", metavar="RUN...", nargs=-1, required=True)
@click.option("--timeout", callback=duration, metavar="DURATION", help="Wait no longer than this: 30s, 10m.")
@json_option
@quiet_option
@database_options
@click.pass_context
def wait(context: click.Context, /, **options: Any) -> int:
    """Wait until runs are over, whoever works on them; this does not.

    RUN is a run id, the beginning of one, or an external id. Of one run the output is printed, as of `run`; of several,
    a table.

    \b
    Examples:
      kagzi-dsl wait order-A-1 --timeout 10m
      kagzi-dsl list --status running --json | jq -r '.[].run_id' | xargs kagzi-dsl wait

    Exit status: as of `run`; of several runs, 1 if one failed, else 3 if one was cancelled. 124 when the time is up.
    """
    from kagzi_dsl.cli.waiting import wait_for

    manner = manner_of(context, options)
    return wait_for(manner, options["references"], options["timeout"])


@click.command(short_help="Follow a run until it is over.")
@run_argument
@json_option
@quiet_option
@database_options
@click.pass_context
def watch(context: click.Context, /, **options: Any) -> int:
    """Follow a run until it is over, whoever works on it; this does not, and Ctrl-C leaves the run alone.

    RUN is a run id, the beginning of one, or an external id. On a terminal the run's nodes are drawn as a live tree;
    elsewhere every entry of its journal is a line, or with --json a JSON object.

    \b
    Examples:
      kagzi-dsl watch order-A-1
      kagzi-dsl watch order-A-1 --json | jq -r 'select(.type == "node_completed").path'

    Exit status: as of `run`.
    """
    from kagzi_dsl.cli.watching import watch_run

    manner: Manner = manner_of(context, options)
    return watch_run(manner, options["reference"])
