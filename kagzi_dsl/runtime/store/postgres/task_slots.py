"""Taking up tasks in queues with limits: an attempt holds a slot of its queue, as runs do, from when it is taken up.

They are counted with the runs, under the same locks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kagzi_dsl.runtime.store.limits import queue_slot
from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import columns
from kagzi_dsl.runtime.store.postgres.slots import room_of
from kagzi_dsl.runtime.store.slots import Queue
from kagzi_dsl.runtime.store.tasks import Task, TaskShare


async def take_limited(connection: Connection, owner: UUID, limit: int, share: TaskShare) -> tuple[list[Task], bool]:
    """Takes tasks for which there are slots, inside the transaction there is; whether somebody else was counting."""
    queues = None if share.queues is None else list(share.queues)
    roots = None if share.root_ids is None else list(share.root_ids)
    line = await connection.fetch(query("limited_tasks"), limit, list(share.activities), share.namespace, queues, roots)
    names = sorted({_name(row) for row in line})
    busy = {row[0] for row in await connection.fetch(query("lock_slots"), names)} if names else set()
    line = [row for row in line if _name(row) not in busy]
    room, rated = await room_of(connection, list({_queue(row) for row in line}))
    chosen = _that_fit(line, room, limit)
    if not chosen:
        return [], bool(busy)
    taken = await connection.fetch(
        query("take_tasks"), owner, *columns(((row["run_id"], row["id"]) for row in chosen), 2)
    )
    await _note_begins(connection, [row for row in taken if row["claims"] == 1], rated)
    return [Task(**row) for row in taken], bool(busy)


def _that_fit(line: Sequence[Any], room: dict[Queue, int], limit: int) -> list[Any]:
    left = dict(room)
    chosen: list[Any] = []
    for row in line:
        # A queue whose limits were taken away meanwhile has none.
        if len(chosen) < limit and left.get(_queue(row), 1) > 0:
            chosen.append(row)
            left[_queue(row)] = left.get(_queue(row), limit) - 1
    return chosen


async def _note_begins(connection: Connection, began: Sequence[Any], rated: set[Queue]) -> None:
    """Counts attempts that began, for the rates of their queues; one that is taken over has begun before."""
    counts = Counter(queue for row in began if (queue := _queue(row)) in rated)
    if counts:
        await connection.execute(query("note_begins"), *columns(counts, 2), list(counts.values()))


def _queue(row: Any) -> Queue:
    return row["namespace"], row["queue"]


def _name(row: Any) -> str:
    return f"{row['namespace']} {queue_slot(row['queue'])}"
