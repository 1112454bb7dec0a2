"""`kagzi-dsl list`, `show` and `history`: looking at runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.moments import Then, then
from kagzi_dsl.cli.options import database_options, json_option, run_argument
from kagzi_dsl.cli.output import colourful, is_terminal, say, write_json, write_text
from kagzi_dsl.cli.selecting import Selection, selection_options

if TYPE_CHECKING:
    from uuid import UUID

    from kagzi_dsl.runtime.client import Client
    from kagzi_dsl.runtime.store.limits import Full
    from kagzi_dsl.runtime.store.records import Run

_ROWS_ON_A_TERMINAL = 200


@click.command("list", short_help="List runs, newest first.")
@selection_options
@click.option("--id", "external_id", metavar="KEY", help="Only runs of this external id.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.option("--after", metavar="RUN", help="Go on with what comes after this run: the next page.")
@json_option
@database_options
def list_(limit: int, after: str | None, as_json: bool, database: str | None, namespace: str, **options: Any) -> int:
    """List runs, newest first.

    \b
    Examples:
      kagzi-dsl list
      kagzi-dsl list --status failed --workflow order-processing --since 1h
      kagzi-dsl list --label team=shop --roots
      kagzi-dsl list --json | jq -r '.[].run_id'
    """
    from kagzi_dsl.cli.listing import table
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.runtime.view import limit_as_json, record_of

    selection = Selection.taken_from(options)

    async def work(client: Client) -> tuple[list[Run], dict[UUID, list[Full]]]:
        before = await client.find(after) if after is not None else None
        found = await client.list_runs(await selection.filter(client, before=before, limit=limit + 1))
        return found, await client.waits_for(found[:limit])

    found, waits = with_client(database, namespace, work)
    runs = found[:limit]
    if as_json:
        limits = {run.id: [limit_as_json(one) for one in waits.get(run.id, ())] for run in runs}
        write_json([{**record_of(run), "waits_for": limits[run.id]} for run in runs])
    elif runs:
        write_text("\n".join(table(runs, waits, colour=colourful(sys.stdout))))
    else:
        say("no such runs" if selection else "no runs")
    if len(found) > limit:
        say(f"there are more; the next page: --after {runs[-1].id}")
    return COMPLETED


@click.command(short_help="Show a run and its nodes.")
@run_argument
@click.option("--at", "past", callback=then, metavar="SEQ|AGO|DATE", help="As it was after an entry, or at a moment.")
@json_option
@database_options
def show(reference: str, past: Then | None, as_json: bool, database: str | None, namespace: str) -> int:
    """Show a run and its nodes, with how long they took and how they failed.

    RUN is a run id, the beginning of one, or an external id. With --json the inputs and outputs of nodes are shown too;
    what was a secret reads ***.

    \b
    Examples:
      kagzi-dsl show 0198c2f4
      kagzi-dsl show order-A-1 --json | jq '.nodes[] | select(.status == "failed")'
      kagzi-dsl show order-A-1 --at 12
      kagzi-dsl show order-A-1 --at 10m
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.showing import look, picture
    from kagzi_dsl.runtime.view import limit_as_json, record_of

    seen = with_client(database, namespace, lambda client: look(client, reference, past))
    if as_json:
        nodes = [node.as_json() for node in seen.shown.nodes]
        limits = [limit_as_json(one) for one in seen.shown.waits_for]
        write_json({**record_of(seen.shown.run), "waits_for": limits, "nodes": nodes})
        return COMPLETED
    rows = _ROWS_ON_A_TERMINAL if is_terminal(sys.stdout) else len(seen.shown.nodes) + 1
    write_text("\n".join(picture(seen, rows=rows, stream=sys.stdout)))
    return COMPLETED


@click.command(short_help="Show everything that happened in a run.")
@run_argument
@json_option
@database_options
def history(reference: str, as_json: bool, database: str | None, namespace: str) -> int:
    """Show a run's journal: everything that happened in it, in order.

    Of a node that reshapes its output the journal has what it was made of, and `show` what came of it.

    RUN is a run id, the beginning of one, or an external id.

    \b
    Examples:
      kagzi-dsl history 0198c2f4
      kagzi-dsl history order-A-1 --json
    """
    from kagzi_dsl.cli.listing import journal_table
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.runtime.view import entry_as_json

    entries = with_client(database, namespace, lambda client: client.history(reference))
    if as_json:
        write_json([entry_as_json(entry) for entry in entries])
    elif entries:
        write_text("\n".join(journal_table(entries, colour=colourful(sys.stdout))))
    else:
        say("nothing has happened yet")
    return COMPLETED
