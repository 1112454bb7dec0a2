"""Slots in the memory store: counted from the runs that hold them, each time they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from kagzi_dsl.runtime.store.limits import Needs, QueueLimits, QueueState, needs
from kagzi_dsl.runtime.store.memory_rows import Row
from kagzi_dsl.runtime.store.records import Run
from kagzi_dsl.runtime.store.slots import Candidate, Queue, Room

Limits = Mapping[Queue, QueueLimits]


def queue_of(run: Run) -> Queue:
    """The queue of a run, in its namespace."""
    return run.namespace, run.queue


def needs_of(row: Row) -> Needs:
    """The slots of its own a run needs or holds. One that was opened again needs all: nobody waits for it any more."""
    return needs(row.run.workflow, row.run.queue, row.run.concurrency, reopened=row.reopened)


def candidate(row: Row, limits: Limits) -> Candidate:
    """A run as it stands in line."""
    run, needed = row.run, needs_of(row)
    needy = row.seen_seq is None and (needed.gated or (queue_of(run) in limits and not needed.sheltered))
    return Candidate(
        run.id, run.namespace, run.queue, run.priority, run.available_at or 0,
        needs=needed if needy else None, left_behind=run.owner is not None,
    )  # fmt: skip


def room(rows: Collection[Row], limits: Limits) -> Room:
    """What is left in queues that have a limit, and what is held of workflows and keys."""
    left = Room(queues={queue: each.concurrency for queue, each in limits.items() if each.concurrency is not None})
    for row in _begun(rows):
        needed, space = needs_of(row), row.run.namespace
        if queue_of(row.run) in left.queues and not needed.sheltered:
            left.queues[queue_of(row.run)] -= 1
        if needed.workflow_limit:
            left.workflows[space, needed.workflow] = left.workflows.get((space, needed.workflow), 0) + 1
        if needed.key:
            key = (space, needed.workflow, needed.key)
            left.keys[key] = left.keys.get(key, 0) + 1
    return left


def _begun(rows: Iterable[Row]) -> Iterable[Row]:
    return (row for row in rows if row.seen_seq is not None)


def freed(row: Row, limits: Limits) -> str | None:
    """The queue in which somebody may wait for what a run held ("": any); None when nobody can."""
    if needs_of(row).gated:
        return ""
    return row.run.queue if queue_of(row.run) in limits else None


def state(queue: Queue, rows: Collection[Row], limits: Limits, now: int) -> QueueState:
    """How a queue stands, given its runs that are not over."""
    free = [row for row in rows if row.run.owner is None]
    waits = [row.run.available_at for row in free if row.run.available_at is not None]
    due = [at for at in waits if at <= now]
    return QueueState(
        namespace=queue[0],
        queue=queue[1],
        depth=len(due),
        oldest_wait_ms=now - min(due) if due else None,
        later=sum(row.seen_seq is None and (row.run.available_at or 0) > now for row in free),
        running=len(rows) - len(free),
        parked=sum(
            row.seen_seq is not None and (row.run.available_at is None or row.run.available_at > now) for row in free
        ),
        slots=sum(not needs_of(row).sheltered for row in _begun(rows)),
        limits=limits.get(queue, QueueLimits(namespace=queue[0], queue=queue[1])),
    )
