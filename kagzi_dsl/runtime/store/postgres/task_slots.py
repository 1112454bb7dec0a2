"""Taking up tasks in queues with limits: an attempt holds a slot of its queue, as runs do, from when it is taken up.

They are counted with the runs, under the same locks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kagzi_dsl.runtime.store.limits import queue_slot
from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import columns
from kagzi_dsl.runtime.store.postgres.slots import AGAIN_S, opens, room_of
from kagzi_dsl.runtime.store.slots import Queue
from kagzi_dsl.runtime.store.tasks import Task, TaskShare


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was taken, and after how many seconds it is worth while to look again in which queues."""

    taken: list[Task]
    again: Mapping[str, float]


async def take_limited(connection: Connection, owner: UUID, limit: int, share: TaskShare) -> Outcome:
    """Takes tasks for which there are slots, inside the transaction there is."""
    queues = None if share.queues is None else list(share.queues)
    roots = None if share.root_ids is None else list(share.root_ids)
    line = await connection.fetch(query("limited_tasks"), limit, list(share.activities), share.namespace, queues, roots)
    names = sorted({_name(row) for row in line})
    busy = {row[0] for row in await connection.fetch(query("lock_slots"), names)} if names else set()
    missed = [row for row in line if _name(row) in busy]
    line = [row for row in line if _name(row) not in busy]
    room, rated = await room_of(connection, list({_queue(row) for row in line}))
    chosen = _that_fit(line, room, limit)
    taken = await _take(connection, owner, chosen, rated) if chosen else []
    left = {_queue(row) for row in line if row not in chosen} & rated
    again = dict.fromkeys((row["queue"] for row in missed), AGAIN_S)
    return Outcome(taken, await _openings(connection, left) | again)


async def _take(connection: Connection, owner: UUID, chosen: Sequence[Any], rated: set[Queue]) -> list[Task]:
    keys = columns(((row["run_id"], row["id"]) for row in chosen), 2)
    taken = await connection.fetch(query("take_tasks"), owner, *keys)
    await _note_begins(connection, [row for row in taken if row["claims"] == 1], rated)
    return [Task(**row) for row in taken]


async def _openings(connection: Connection, queues: Collection[Queue]) -> dict[str, float]:
    """After how many seconds to look again in queues whose rates leave no room: when the first one does."""
    wait = await opens(connection, queues)
    return {} if wait is None else dict.fromkeys((queue for _, queue in queues), wait)


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
