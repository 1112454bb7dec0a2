"""`kagzi-dsl retry` and `rerun`: going on with runs that are over, and running them anew."""

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
)
from kagzi_dsl.cli.targets import target_options


@click.command(short_help="Go on with runs that failed, from the node they failed at.")
@target_options
@click.option("--detach", is_flag=True, help="Leave it to a worker, as is done with many.")
@activities_option
@json_option
@quiet_option
@engine_options
@database_options
@click.pass_context
def retry(context: click.Context, /, **options: Any) -> int:
    """Go on with a run that failed, was cancelled or terminated, from the node it failed at, and follow it to its end.

    What had completed is not done again; the failed node gets all its attempts anew. Where compensations have run, only
    those that failed are tried again. RUN and the activities are as of `resume`. Several runs, and those that filters
    find, are left to workers; before many are touched you are asked.

    \b
    Examples:
      kagzi-dsl retry order-A-1
      kagzi-dsl retry --status failed --workflow order-processing --since 1h

    Exit status: as of `run`; of many, 1 if one of them cannot be retried.
    """
    from kagzi_dsl.cli.many import Targets
    from kagzi_dsl.cli.repeating import retry_for_workers
    from kagzi_dsl.cli.resuming import Wish, resume_and_follow

    manner = manner_of(context, options)
    targets = Targets.taken_from(options)
    if options.pop("detach") or not targets.one:
        return retry_for_workers(manner, targets)
    return resume_and_follow(Wish(manner=manner, reference=targets.references[0], retrying=True, **options))


@click.command(short_help="Run anew, from the beginning or from the middle.")
@target_options
@click.option("--from", "from_node", metavar="NODE", help="Reuse what was done before this node, an id or a path.")
@click.option(
    "--set",
    "outputs",
    multiple=True,
    metavar="NODE=JSON",
    help="Give an activity or a call this output instead of running it; may be repeated.",
)
@click.option("--input", "whole", metavar="JSON|@FILE|-", help="Another input; `-` reads it from stdin.")
@click.option("--wait", is_flag=True, help="Wait until the new run is over, and print its output.")
@json_option
@quiet_option
@database_options
@click.pass_context
def rerun(context: click.Context, /, **options: Any) -> int:
    """Start a new run of an old one's definition, for a worker to take up, and print its id. The old one is left alone.

    With --from it reuses the outputs of every node before NODE; with --set alone it begins at the first node that is
    given an output. Labels, queue, priority and input are the old run's. RUN is a run id, the beginning of one, or an
    external id; instead of it filters say which runs.

    \b
    Examples:
      kagzi-dsl rerun order-A-1
      kagzi-dsl rerun order-A-1 --from confirmation --wait
      kagzi-dsl rerun order-A-1 --set 'charge={"id": "ch_1"}' --input @order.json

    Exit status: 0 started, 1 refused. With --wait as of `run`; of several runs, 1 if one was refused or failed, else 3
    if one was cancelled.
    """
    from kagzi_dsl.cli.many import Targets
    from kagzi_dsl.cli.repeating import Anew, rerun_for_workers

    manner = manner_of(context, options)
    targets, wait = Targets.taken_from(options), options.pop("wait")
    return rerun_for_workers(manner, targets, Anew.read(**options), wait=wait)
