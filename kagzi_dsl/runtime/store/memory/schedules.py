"""How the memory store keeps schedules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.store.memory.rows import Row
from kagzi_dsl.runtime.store.records import ENDED, NewMessage, NewRun, Run, Started
from kagzi_dsl.runtime.store.schedules import (
    Decide,
    Due,
    Firing,
    StoredSchedule,
    cancellation_of,
    schedule_of,
)


class MemorySchedules:
    """The ScheduleStore of a memory store, whose runs are in `rows`, and which starts runs and sends messages."""

    def __init__(
        self,
        rows: Mapping[UUID, Row],
        *,
        now: Callable[[], int],
        start: Callable[[NewRun], Started],
        send: Callable[[NewMessage], bool],
    ) -> None:
        self._rows = rows
        self._now = now
        self._start = start
        self._send = send
        self._kept: dict[tuple[str, str], StoredSchedule] = {}

    async def all(self, namespace: str) -> list[StoredSchedule]:
        return [self._kept[key] for key in sorted(self._kept) if key[0] == namespace]

    async def one(self, namespace: str, schedule_id: str) -> StoredSchedule | None:
        return self._kept.get((namespace, schedule_id))

    async def create(self, schedule: StoredSchedule) -> bool:
        key = (schedule.namespace, schedule.id)
        return self._kept.setdefault(key, schedule) is schedule

    async def change(self, schedule: StoredSchedule) -> bool:
        there = self._kept.get((schedule.namespace, schedule.id))
        if there is None or there.revision != schedule.revision:
            return False
        self._keep(schedule)
        return True

    def _keep(self, schedule: StoredSchedule) -> None:
        self._kept[schedule.namespace, schedule.id] = replace(schedule, revision=schedule.revision + 1)

    async def delete(self, namespace: str, schedule_id: str) -> bool:
        return self._kept.pop((namespace, schedule_id), None) is not None

    async def due_in(self, namespace: str) -> int | None:
        due = [one.due_at for one in self._active(namespace) if one.due_at is not None]
        return min(due) - self._now() if due else None

    def _active(self, namespace: str) -> Iterable[StoredSchedule]:
        return (one for one in self._kept.values() if one.namespace == namespace and not one.paused)

    async def fire(self, namespace: str, decide: Decide, *, limit: int) -> list[Firing]:
        now = self._now()
        due = [one for one in self._active(namespace) if one.due_at is not None and one.due_at <= now]
        due.sort(key=lambda one: (one.due_at, one.id))
        firings = decide([Due(one, self._live(one)) for one in due[:limit]], now)
        return [self._carry_out(firing) for firing in firings]

    def _live(self, schedule: StoredSchedule) -> list[UUID]:
        if schedule.spec.overlap == "allow":
            return []
        return sorted(run.id for run in self._runs_of(schedule.namespace, schedule.id) if run.status not in ENDED)

    def _runs_of(self, namespace: str, schedule_id: str) -> Iterable[Run]:
        runs = (row.run for row in self._rows.values())
        return (run for run in runs if run.namespace == namespace and schedule_of(run.external_id) == schedule_id)

    def _carry_out(self, firing: Firing) -> Firing:
        if (firing.schedule.namespace, firing.schedule.id) not in self._kept:
            raise StoreError(f"there is no schedule {firing.schedule.id!r}")
        self._keep(firing.schedule)
        for run_id in firing.cancels:
            self._send(cancellation_of(firing.schedule.id, run_id))
        return replace(firing, starts=[run for run in firing.starts if self._start(run).created])

    async def runs(
        self, namespace: str, schedule_id: str, *, before: UUID | None = None, limit: int = 100
    ) -> list[Run]:
        found = (run for run in self._runs_of(namespace, schedule_id) if before is None or run.id < before)
        return sorted(found, key=lambda run: run.id, reverse=True)[:limit]
