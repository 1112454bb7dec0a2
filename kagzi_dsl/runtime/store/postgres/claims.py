"""Claiming: one statement finds what nobody has a lease on, locks it and takes it; then what hangs on it is loaded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import entry_of, message_of, run_of
from kagzi_dsl.runtime.store.records import Claimed, Message, Run, Share


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `owner` asks for: up to `limit` runs, if given only these, of these families or of its share."""

    owner: UUID
    limit: int
    run_ids: Collection[UUID] | None
    root_ids: Collection[UUID] | None
    share: Share | None = None


@dataclass(frozen=True, slots=True)
class _Taken:
    """A run that is ours now, how many messages it was ever sent, and its tasks.

    A task that was not seen here has left its answer in the inbox before, for that is read later.
    """

    run: Run
    messages_sent: int
    tasks: Sequence[UUID]


async def claim(connection: Connection, wanted: Wanted, key: UUID, *, again: bool) -> list[Claimed]:
    """Claims. `again`: a claim of the same key may have come through before, and is answered then."""
    taken = await _taken_before(connection, wanted.owner, key) if again else []
    return await _load(connection, taken or await _take(connection, wanted, key))


async def _taken_before(connection: Connection, owner: UUID, key: UUID) -> list[_Taken]:
    run_ids = [row[0] for row in await connection.fetch(query("taken_before"), owner, key)]
    if not run_ids:
        return []
    tasks = defaultdict(list)
    for run_id, task_id in await connection.fetch(query("task_ids"), run_ids):
        tasks[run_id].append(task_id)
    rows = await connection.fetch(query("runs"), run_ids)
    return [_Taken(run_of(row), row["messages_sent"], tasks[row["id"]]) for row in rows]


async def _take(connection: Connection, wanted: Wanted, key: UUID) -> list[_Taken]:
    part, arguments = _claimable(wanted)
    statement = query("claim").format(claimable=query(part))
    rows = await connection.fetch(statement, wanted.owner, key, wanted.limit, *arguments)
    return [_Taken(_as_taken(row, wanted.owner), row["sent"], row["tasks"]) for row in rows]


def _claimable(wanted: Wanted) -> tuple[str, list[Any]]:
    """The part of the statement that says which runs, and its arguments."""
    if wanted.run_ids is not None:
        return "claimable_runs", [list(wanted.run_ids), None if wanted.root_ids is None else list(wanted.root_ids)]
    if wanted.root_ids is not None:
        return "claimable_families", [list(wanted.root_ids)]
    if (share := wanted.share) is not None:
        return "claimable_share", [share.namespace, list(share.queues), list(share.digests)]
    return "claimable", []


def _as_taken(row: Any, owner: UUID) -> Run:
    # The statement sees a run as it was before; what a claim changes comes in columns of its own.
    return replace(
        run_of(row),
        status="running",
        owner=owner,
        fence=row["new_fence"],
        started_at=row["new_started_at"],
        stalls=row["new_stalls"],
        available_at=None,
    )


async def _load(connection: Connection, taken: Sequence[_Taken]) -> list[Claimed]:
    # In later statements, so that everything is seen that was written before the run was taken.
    journals = await _journals(connection, [one.run.id for one in taken if one.run.fence > 1])
    inboxes = await _inboxes(connection, [one.run.id for one in taken if one.messages_sent])
    claimed = []
    for one in taken:
        messages_sent, messages = inboxes.get(one.run.id, (one.messages_sent, []))
        entries = journals.get(one.run.id, [])
        claimed.append(
            Claimed(run=one.run, entries=entries, messages=messages, messages_sent=messages_sent, tasks=one.tasks)
        )
    return claimed


async def _journals(connection: Connection, run_ids: Sequence[UUID]) -> Mapping[UUID, list[Entry]]:
    journals: dict[UUID, list[Entry]] = defaultdict(list)
    for row in await connection.fetch(query("journals"), run_ids) if run_ids else ():
        journals[row["run_id"]].append(entry_of(row))
    return journals


async def _inboxes(connection: Connection, run_ids: Sequence[UUID]) -> Mapping[UUID, tuple[int, list[Message]]]:
    inboxes: dict[UUID, tuple[int, list[Message]]] = {}
    for sent, *message in await connection.fetch(query("claimed_inboxes"), run_ids) if run_ids else ():
        _, messages = inboxes.setdefault(message[1], (sent, []))
        if message[0] is not None:
            messages.append(message_of(message))
    return inboxes
