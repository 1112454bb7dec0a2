"""Starting runs, and claiming those that nobody has a lease on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from uuid import UUID

from kagzi_dsl.runtime.store.memory.hints import Hints
from kagzi_dsl.runtime.store.memory.rows import Row
from kagzi_dsl.runtime.store.memory.runs import Runs
from kagzi_dsl.runtime.store.memory.slots import Slots
from kagzi_dsl.runtime.store.memory.tasks import MemoryTasks
from kagzi_dsl.runtime.store.memory.workers import Workers
from kagzi_dsl.runtime.store.records import Claimed, NewRun, Run, Share, Started
from kagzi_dsl.runtime.store.slots import Candidate, choose


class Claims:
    """Who gets which run of one store."""

    def __init__(
        self, runs: Runs, workers: Workers, slots: Slots, tasks: MemoryTasks, hints: Hints, now: Callable[[], int]
    ) -> None:
        self._runs = runs
        self._workers = workers
        self._slots = slots
        self._tasks = tasks
        self._hints = hints
        self._now = now

    def start(self, new: NewRun, owner: UUID | None = None) -> Started:
        """Adds a run unless it is there; its owner has it at once, but where it needs a slot."""
        if (there := self._runs.already_there(new)) is not None:
            return Started(there, created=False)
        row = self._runs.add(new)
        if owner is None or self._slots.candidate(row).needs is not None:
            self._hints.publish_ready(row.run)
            return Started(new.id, created=True)
        return Started(new.id, created=True, fence=self._take(row, owner).run.fence)

    def claim(
        self,
        owner: UUID,
        limit: int,
        run_ids: Collection[UUID] | None,
        root_ids: Collection[UUID] | None,
        share: Share | None,
        *,
        aside: bool,
    ) -> list[Claimed]:
        """Takes runs, as Store.claim tells."""
        if self._workers.lease_ended(owner):
            return []
        wanted = [
            row
            for row in self._runs.live.values()
            if self.claimable(row.run)
            and (run_ids is None or row.run.id in run_ids)
            and (root_ids is None or row.run.root_id in root_ids)
            and (run_ids is not None or root_ids is not None or share is None or _is_of(row.run, share))
        ]
        if aside:
            return [self._take(row, owner, aside=True) for row in wanted[:limit]]
        return [self._take(self._runs.live[one.run_id], owner) for one in self._choose(wanted, limit)]

    def _choose(self, wanted: Sequence[Row], limit: int) -> list[Candidate]:
        chosen = choose([self._slots.candidate(row) for row in wanted], self._slots.room(), limit)
        for one in chosen:
            if one.needs is not None:
                self._slots.begins(self._runs.live[one.run_id])
        if (wait := self._slots.opens_in()) is not None:
            self._hints.publish_later(wait, "ready", "")
        return chosen

    def claimable(self, run: Run) -> bool:
        """Whether a run is due, or was left behind."""
        if run.owner is not None:
            return self._workers.lease_ended(run.owner)
        return run.available_at is not None and run.available_at <= self._now()

    def _take(self, row: Row, owner: UUID, *, aside: bool = False) -> Claimed:
        row.run = replace(row.run, status="running", owner=owner, fence=row.run.fence + 1, available_at=None)
        if not aside:
            stalled = row.seen_seq is not None and row.last_seq() <= row.seen_seq
            row.seen_seq = row.last_seq()
            row.run = replace(
                row.run,
                stalls=row.run.stalls + 1 if stalled else 0,
                started_at=self._now() if row.run.started_at is None else row.run.started_at,
            )
        return Claimed(
            run=row.run, entries=row.in_order(), messages=list(row.inbox), messages_sent=row.messages_sent,
            tasks=self._tasks.ids(row.run.id),
        )  # fmt: skip


def _is_of(run: Run, share: Share) -> bool:
    return run.namespace == share.namespace and run.queue in share.queues and run.digest in share.digests
