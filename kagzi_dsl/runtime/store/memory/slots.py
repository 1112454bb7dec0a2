"""Slots: counted from the runs that hold them, each time they are asked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from kagzi_dsl.runtime.store.limits import Full, Needs, QueueLimits, QueueState, needs
from kagzi_dsl.runtime.store.memory.rows import Row
from kagzi_dsl.runtime.store.records import Run
from kagzi_dsl.runtime.store.slots import Candidate, Queue, Room

if TYPE_CHECKING:
    from kagzi_dsl.runtime.store.protocol import Topic


def _queue(run: Run) -> Queue:
    return run.namespace, run.queue


def _needs(row: Row) -> Needs:
    """The slots of its own a run needs or holds. One that was opened again needs all: nobody waits for it any more."""
    if row.withdrawn:
        return Needs(sheltered=True)
    return needs(row.run.workflow, row.run.queue, row.run.concurrency, reopened=row.reopened)


def _begun(rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row.seen_seq is not None)


def _slots(rows: Iterable[Row]) -> int:
    """How many slots of their queue some runs hold."""
    return sum(not _needs(row).sheltered for row in _begun(rows))


class Slots:
    """The limits of queues, and who is in line.

    `live` are the runs that are not over, `now` gives the time in ms, `attempts` how many tasks hold a slot of a queue.
    """

    def __init__(self, live: Collection[Row], now: Callable[[], int], attempts: Callable[[Queue], int]) -> None:
        self._attempts = attempts
        self._live = live
        self._now = now
        self._limits: dict[Queue, QueueLimits] = {}
        self._begins: dict[Queue, Counter[int]] = defaultdict(Counter)

    def set(self, limits: QueueLimits) -> None:
        """Sets the limits of a queue, or takes them away."""
        self._limits.pop((limits.namespace, limits.queue), None)
        if limits.concurrency is not None or limits.rate is not None:
            self._limits[limits.namespace, limits.queue] = limits

    def candidate(self, row: Row) -> Candidate:
        """A run as it stands in line."""
        run, needed = row.run, _needs(row)
        needy = row.seen_seq is None and (needed.gated or (_queue(run) in self._limits and not needed.sheltered))
        # Whoever claimed it aside and died has left it where it was: in line.
        available_at = self._now() if needy and run.available_at is None else run.available_at or 0
        return Candidate(
            run.id, run.namespace, run.queue, run.priority, available_at,
            needs=needed if needy else None, left_behind=run.owner is not None and not needy,
        )  # fmt: skip

    def room(self) -> Room:
        """What is left in queues that have limits, and what is held of workflows and keys."""
        room = Room(queues={queue: self._left(queue) for queue in self._limits})
        for row in _begun(self._live):
            needed, space = _needs(row), row.run.namespace
            if needed.workflow_limit:
                room.workflows[space, needed.workflow] = room.workflows.get((space, needed.workflow), 0) + 1
            if needed.key:
                key = (space, needed.workflow, needed.key)
                room.keys[key] = room.keys.get(key, 0) + 1
        return room

    def _left(self, queue: Queue) -> int:
        limits, bounds = self._limits[queue], []
        if limits.concurrency is not None:
            bounds.append(limits.concurrency - self._held(queue))
        if limits.rate is not None:
            bounds.append(limits.rate.starts - self._starts(queue))
        return min(bounds)

    def left(self, queue: Queue) -> int | None:
        """The free slots of a queue; None when it has no limits."""
        return self._left(queue) if queue in self._limits else None

    def _held(self, queue: Queue) -> int:
        return _slots(self._of(queue)) + self._attempts(queue)

    def _of(self, queue: Queue) -> list[Row]:
        return [row for row in self._live if _queue(row.run) == queue]

    def begins(self, row: Row) -> None:
        """Counts a run that is about to begin, for the rate of its queue."""
        if not _needs(row).sheltered:
            self.begins_in(_queue(row.run))

    def begins_in(self, queue: Queue) -> None:
        """Counts something that begins in a queue, for its rate."""
        if queue in self._limits and (rate := self._limits[queue].rate):
            self._begins[queue][self._now() // rate.slice_ms * rate.slice_ms] += 1

    def _starts(self, queue: Queue) -> int:
        """How many runs began within the window of a queue's rate."""
        return sum(self._recent(queue).values())

    def _recent(self, queue: Queue) -> dict[int, int]:
        rate = self._limits[queue].rate if queue in self._limits else None
        if rate is None:
            return {}
        since = self._now() - rate.window_ms - rate.slice_ms
        return {begin: runs for begin, runs in self._begins[queue].items() if begin > since}

    def opens_in(self, queue: Queue | None = None) -> int | None:
        """In how many ms the rate of a queue (None: the first rate) that is used up has room again."""
        waits = [
            min(self._recent(one)) + limits.rate.window_ms + limits.rate.slice_ms - self._now()
            for one, limits in self._limits.items()
            if queue in (None, one) and limits.rate is not None and self._starts(one) >= limits.rate.starts
        ]
        return min(waits, default=None)

    def full(self, row: Row) -> list[Full]:
        """The limits that keep a run from beginning."""
        one = self.candidate(row)
        if one.needs is None:
            return []
        limits = self._limits.get(_queue(row.run)) if not one.needs.sheltered else None
        of_queue = [] if limits is None else self._of_queue(limits)
        return [full for full in [*of_queue, *self._of_workflow(one)] if full.in_use >= full.limit]

    def _of_queue(self, limits: QueueLimits) -> Iterator[Full]:
        queue = limits.namespace, limits.queue
        if (limit := limits.concurrency) is not None:
            yield Full(kind="queue", name=limits.queue, limit=limit, in_use=self._held(queue))
        if (rate := limits.rate) is not None:
            recent = self._recent(queue)
            yield Full(
                kind="rate", name=limits.queue, limit=rate.starts, in_use=sum(recent.values()),
                window_ms=rate.window_ms, opens_at=min(recent, default=0) + rate.window_ms + rate.slice_ms,
            )  # fmt: skip

    def _of_workflow(self, one: Candidate) -> Iterator[Full]:
        needed, room = one.needs, self.room()
        assert needed is not None
        if limit := needed.workflow_limit:
            in_use = room.workflows.get((one.namespace, needed.workflow), 0)
            yield Full(kind="workflow", name=needed.workflow, limit=limit, in_use=in_use)
        if one.key is not None and (limit := needed.key_limit):
            in_use = room.keys.get(one.key, 0)
            yield Full(kind="key", name=needed.workflow, key=needed.key, limit=limit, in_use=in_use)

    def freed(self, row: Row) -> Iterator[tuple[Topic, str]]:
        """The hints for those who may wait for what a run held."""
        if _needs(row).gated:
            yield "ready", ""
        yield from self.freed_in(_queue(row.run))

    def freed_in(self, queue: Queue) -> Iterator[tuple[Topic, str]]:
        """The hints for those who may wait for a slot of a queue: none where it has no limits."""
        if queue in self._limits:
            yield "ready", queue[1]
            yield "task", queue[1]

    def states(self, namespace: str | None) -> list[QueueState]:
        """How queues stand: those with limits or runs."""
        queues = {*self._limits, *(_queue(row.run) for row in self._live)}
        return [self._state(queue) for queue in sorted(queues) if namespace in (None, queue[0])]

    def _state(self, queue: Queue) -> QueueState:
        rows, now = self._of(queue), self._now()
        free = [(row, row.run.available_at) for row in rows if row.run.owner is None]
        due = [at for _, at in free if at is not None and at <= now]
        return QueueState(
            namespace=queue[0],
            queue=queue[1],
            depth=len(due),
            oldest_wait_ms=now - min(due) if due else None,
            later=sum(row.seen_seq is None and at is not None and at > now for row, at in free),
            running=len(rows) - len(free),
            parked=sum(row.seen_seq is not None and (at is None or at > now) for row, at in free),
            slots=self._held(queue),
            starts=self._starts(queue),
            limits=self._limits.get(queue, QueueLimits(namespace=queue[0], queue=queue[1])),
        )
