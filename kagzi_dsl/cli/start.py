"""`kagzi-dsl start`: putting runs into the queue, for workers."""

from __future__ import annotations

from typing import Any

import click

from kagzi_dsl.cli.manner import manner_of
from kagzi_dsl.cli.options import activities_option, database_options, json_option, quiet_option
from kagzi_dsl.cli.start_options import Given, start_options


@click.command(short_help="Start runs for workers to take up.")
@click.argument("workflow", metavar="FILE|NAME", type=click.Path())
@start_options
@click.option("--bulk", metavar="FILE|-", help="Start a run for each line of a file, its input as JSON; `-`: stdin.")
@click.option("--wait", is_flag=True, help="Wait until the run is over, and print its output.")
@click.option("--no-import", is_flag=True, help="Import no activities; their names and arguments stay unchecked.")
@activities_option
@json_option
@quiet_option
@database_options
@click.pass_context
def start(context: click.Context, /, **options: Any) -> int:
    """Start a run for a worker to take up, and print its id. Nothing is run here.

    FILE is a workflow; NAME is one that is stored, by a run before or by `worker --flows`. Activities that name a queue
    need not be here; what was not checked is named.

    With --bulk there is one run for each line of JSON; when a line is wrong none is started. An --id may then hold
    expressions that see the input, so that the same command can be typed again after it was interrupted.

    \b
    Examples:
      kagzi-dsl start order.yaml -i order_id=A-1 --id order-A-1 --label team=shop
      kagzi-dsl start order-processing --input @order.json --delay 2h --priority 5
      kagzi-dsl start order.yaml --bulk orders.jsonl --id 'order-${ input.order_id }'

    Exit status: 0 started, or there already; 1 refused; 2 the document or an input cannot be run. With --wait as of
    `run`.
    """
    from kagzi_dsl.cli.enqueue import Wish, start_for_workers

    manner = manner_of(context, options)
    given = Given.taken_from(options)
    if options["bulk"] is not None and (options["wait"] or given.assignments or given.whole is not None):
        raise click.UsageError("--bulk brings the inputs of many runs: without -i, --input and --wait")
    return start_for_workers(Wish(manner=manner, given=given, **options))
