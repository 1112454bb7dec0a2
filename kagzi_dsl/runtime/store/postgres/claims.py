"""Claiming: lock what nobody has a lease on, take it, and load it while the lock holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import entry_of, message_of, run_of
from kagzi_dsl.runtime.store.records import Claimed, Share


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `owner` asks for: up to `limit` runs, if given only these, of these families or of its share."""

    owner: UUID
    limit: int
    run_ids: Collection[UUID] | None
    root_ids: Collection[UUID] | None
    share: Share | None = None


async def claim(connection: Connection, wanted: Wanted, key: UUID, *, again: bool) -> list[Claimed]:
    """Claims inside the transaction there is. `again`: a claim of the same key may have been committed before."""
    if again and (before := await connection.fetch(query("taken_before"), wanted.owner, key)):
        return await _load(connection, [row[0] for row in before])
    run_ids = await _lock(connection, wanted)
    if not run_ids:
        return []
    await connection.execute(query("take"), wanted.owner, run_ids, key)
    return await _load(connection, run_ids)


async def _lock(connection: Connection, wanted: Wanted) -> list[UUID]:
    dead = [row[0] for row in await connection.fetch(query("dead_owners"), wanted.owner)]
    if wanted.owner in dead:
        return []
    arguments: list[Any] = [wanted.limit, dead]
    if wanted.run_ids is not None:
        roots = None if wanted.root_ids is None else list(wanted.root_ids)
        name, arguments = "lock_claimable_runs", [*arguments, list(wanted.run_ids), roots]
    elif wanted.root_ids is not None:
        name, arguments = "lock_claimable_families", [*arguments, list(wanted.root_ids)]
    elif (share := wanted.share) is not None:
        name = "lock_claimable_share"
        arguments = [*arguments, share.namespace, list(share.queues), list(share.digests)]
    else:
        name = "lock_claimable"
    return [row[0] for row in await connection.fetch(query(name), *arguments)]


async def _load(connection: Connection, run_ids: Sequence[UUID]) -> list[Claimed]:
    rows = {row["id"]: row for row in await connection.fetch(query("runs"), run_ids)}
    journals, inboxes, tasks = defaultdict(list), defaultdict(list), defaultdict(list)
    # Before the inboxes: a task that is not there any more has left its answer in one.
    for row in await connection.fetch(query("task_ids"), run_ids):
        tasks[row["run_id"]].append(row["id"])
    for row in await connection.fetch(query("journals"), run_ids):
        journals[row["run_id"]].append(entry_of(row))
    for row in await connection.fetch(query("inboxes"), run_ids):
        inboxes[row["run_id"]].append(message_of(row))
    return [
        Claimed(
            run=run_of(rows[run_id]),
            entries=journals[run_id],
            messages=inboxes[run_id],
            messages_sent=rows[run_id]["messages_sent"],
            tasks=tasks[run_id],
        )
        for run_id in run_ids
    ]
