"""Starting runs, each once, and opening ended ones again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.store.postgres.commits import Hint, bring_journals, ready
from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import columns, new_run_columns
from kagzi_dsl.runtime.store.records import NewRun, Started

_TRIES = 5


async def restart(connection: Connection, runs: Sequence[NewRun]) -> None:
    """Frees the external ids of runs that failed or were cancelled, in the transaction that starts the new ones."""
    named = [(run.namespace, run.workflow, run.external_id) for run in runs if run.external_id is not None]
    await connection.execute(query("free_external_ids"), *columns(named, 3))


async def start(
    connection: Connection, runs: Sequence[NewRun], owner: UUID | None, *, again: bool, carrier: str | None = None
) -> tuple[list[Started], list[Hint]]:
    """Starts runs. `again`: an earlier try may have been committed, so what stands there under our ids is ours.

    With a `carrier` others are told by the statement itself.
    """
    hints: list[Hint] = []
    for _ in range(_TRIES):
        rows = await connection.fetch(query("start"), owner, *new_run_columns(runs), carrier)
        await bring_journals(connection, runs, rows)
        hints += ready(runs, rows)
        fresh = {row["run_id"]: row["taken"] for row in rows}
        if again:
            fresh |= await _ours(connection, runs, owner)
        there = await _already_there(connection, runs) if len(fresh) < len(runs) else {}
        started = [_answer(run, fresh, there.get(place)) for place, run in enumerate(runs)]
        if None not in started:
            return [answer for answer in started if answer is not None], hints
        # What stood in the way has been removed in the meantime; what came through in this round is there already.
        again = True
    raise StoreError("runs with the same external ids are being started and removed all the time; try again later")


def _answer(run: NewRun, fresh: dict[UUID, bool], there: UUID | None) -> Started | None:
    # The same id a second time in one call is not new any more.
    if (taken := fresh.pop(run.id, None)) is not None:
        return Started(run.id, created=True, fence=1 if taken else None)
    return None if there is None else Started(there, created=False)


async def _ours(connection: Connection, runs: Sequence[NewRun], owner: UUID | None) -> dict[UUID, bool]:
    rows = await connection.fetch(query("started_before"), owner, [run.id for run in runs])
    return {row["id"]: row["taken"] and owner is not None for row in rows}


async def _already_there(connection: Connection, runs: Sequence[NewRun]) -> dict[int, UUID]:
    named = columns(((run.id, run.namespace, run.workflow, run.external_id) for run in runs), 4)
    rows: list[Any] = await connection.fetch(query("already_there"), *named)
    return {row["place"] - 1: row["id"] for row in rows if row["id"] is not None}


async def reopen(connection: Connection, run_id: UUID, *, again: bool) -> str | None:
    """Opens a run again and returns its queue; None when it is not one that failed or was cancelled."""
    rows = await connection.fetch(query("reopen"), run_id)
    if again and not rows:
        rows = await connection.fetch(query("reopened_before"), run_id)
    return rows[0][0] if rows else None
