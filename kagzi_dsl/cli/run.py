"""`kagzi-dsl run` and `kagzi-dsl resume`: working on a run in the foreground."""

from __future__ import annotations

from typing import Any

import click

from kagzi_dsl.cli.manner import manner_of
from kagzi_dsl.cli.options import (
    activities_option,
    database_options,
    engine_options,
    json_option,
    quiet_option,
    run_argument,
)
from kagzi_dsl.cli.start_options import Given, start_options


@click.command(short_help="Start a workflow and follow it to its end.")
@click.argument("file", metavar="FILE", type=click.Path())
@start_options
@activities_option
@click.option("--detach", is_flag=True, help="Only start it, for a worker to take up; prints the run id.")
@click.option("--no-import", is_flag=True, help="With --detach: import no activities; they stay unchecked.")
@json_option
@quiet_option
@engine_options
@database_options
@click.pass_context
def run(context: click.Context, /, **options: Any) -> int:
    """Start a workflow and follow it to its end.

    The run is durable: kill this process at any moment, and `kagzi-dsl resume RUN`, or the same command with the same
    --id, goes on after the last finished node. The output goes to stdout as JSON, everything else to stderr.

    \b
    Examples:
      kagzi-dsl run order.yaml -i order_id=A-1 -i amount=42.5
      kagzi-dsl run order.yaml --input @order.json --id order-A-1
      kagzi-dsl run report.yaml -i 'days:=[1, 2, 3]' --json | jq .status
      kagzi-dsl run order.yaml -i order_id=A-2 --detach

    Exit status: 0 completed, 1 failed, 2 the document or its input cannot be run, 3 cancelled, 130 interrupted.
    """
    from kagzi_dsl.cli.starting import Wish, start_and_follow  # the runtime, which --help does not need

    manner, given = manner_of(context, options), Given.taken_from(options)
    if options["no_import"] and not options["detach"]:
        raise click.UsageError("--no-import goes with --detach: what is run here needs its activities")
    return start_and_follow(Wish(manner=manner, given=given, **options))


@click.command(short_help="Go on with a run that was interrupted.")
@run_argument
@activities_option
@json_option
@quiet_option
@engine_options
@database_options
@click.pass_context
def resume(context: click.Context, /, **options: Any) -> int:
    """Go on with a run that was interrupted, after its last finished node, and follow it to its end.

    RUN is a run id, the beginning of one, or an external id. The activities are those of --activities, else those the
    run was started with, else, where these are not there, of ./activities.py. Of a run that failed, compensations that
    failed are tried again; one that was given up because it made no progress is taken up again.

    \b
    Examples:
      kagzi-dsl resume 0198c2f4
      kagzi-dsl resume order-A-1 --activities ./shop/activities.py

    Exit status: as of `run`.
    """
    from kagzi_dsl.cli.resuming import Wish, resume_and_follow

    manner = manner_of(context, options)
    return resume_and_follow(Wish(manner=manner, **options))
