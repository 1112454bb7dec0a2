"""Workers, and their leases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from kagzi_dsl.runtime.store.memory.rows import Row
from kagzi_dsl.runtime.store.records import FORGOTTEN_AFTER_MS, NewWorker, Worker


@dataclass(slots=True)
class WorkerRow:
    """A worker's registration and its lease."""

    new: NewWorker
    registered_at: int
    renewed_at: int
    expires_at: int
    retired: bool = False

    def shown(self) -> Worker:
        """The worker as others see it."""
        new = self.new
        return Worker(
            id=new.id,
            name=new.name,
            host=new.host,
            boot_id=new.boot_id,
            pid=new.pid,
            started=new.started,
            version=new.version,
            labels=dict(new.labels),
            namespace=new.namespace,
            queues=tuple(new.queues),
            activities=tuple(new.activities),
            registered_at=self.registered_at,
            renewed_at=self.renewed_at,
            expires_at=self.expires_at,
        )

    def offers(self, namespace: str, queue: str, activity: str) -> bool:
        """Whether the worker takes up what lies in this queue and needs this activity."""
        new = self.new
        return new.namespace == namespace and queue in new.queues and activity in new.activities


class Workers:
    """The workers that are known. `live` are the runs that are not over: whoever owns one is not forgotten."""

    def __init__(self, live: Collection[Row], now: Callable[[], int]) -> None:
        self._live = live
        self._now = now
        self._rows: dict[UUID, WorkerRow] = {}

    def register(self, worker: NewWorker) -> None:
        """Adds a worker, and forgets those that have long been gone."""
        now = self._now()
        for old in [row for row in self._rows.values() if self._forgotten(row, now)]:
            del self._rows[old.new.id]
        self._rows[worker.id] = WorkerRow(worker, now, now, now + worker.lease_ms)

    def _forgotten(self, worker: WorkerRow, now: int) -> bool:
        gone = worker.retired or worker.expires_at <= now - FORGOTTEN_AFTER_MS
        return gone and not self.own_some([worker.new.id])

    def own_some(self, worker_ids: Collection[UUID]) -> bool:
        """Whether one of these workers owns a run."""
        return any(row.run.owner in worker_ids for row in self._live)

    def held(self) -> dict[UUID, int]:
        """How many runs each worker owns, of those that own some."""
        return dict(Counter(row.run.owner for row in self._live if row.run.owner is not None))

    def fences(self, owner: UUID) -> dict[UUID, int]:
        """The runs a worker owns, and by which fence."""
        return {row.run.id: row.run.fence for row in self._live if row.run.owner == owner}

    def renew(self, worker_id: UUID) -> int | None:
        """Renews a lease, and says when it ends; None if it cannot be renewed."""
        worker = self._rows.get(worker_id)
        if worker is None or worker.retired:
            return None
        worker.renewed_at = self._now()
        worker.expires_at = worker.renewed_at + worker.new.lease_ms
        return worker.expires_at

    def retire(self, worker_ids: Collection[UUID]) -> None:
        """Ends leases now."""
        for worker_id in worker_ids:
            if worker := self._rows.get(worker_id):
                worker.retired, worker.expires_at = True, min(worker.expires_at, self._now())

    def all(self) -> list[Worker]:
        """Those that are not retired or still own runs, in the order in which they came."""
        known = [row for row in self._rows.values() if not row.retired or self.own_some([row.new.id])]
        return [row.shown() for row in sorted(known, key=lambda row: (row.registered_at, row.new.id))]

    def lease_ended(self, owner: UUID) -> bool:
        """Whether what a worker owns may be taken from it."""
        worker = self._rows.get(owner)
        return worker is None or worker.expires_at <= self._now()

    def offered(self, namespace: str, queue: str, activity: str) -> bool:
        """Whether a living worker takes up what lies in this queue and needs this activity."""
        now = self._now()
        return any(row.offers(namespace, queue, activity) for row in self._rows.values() if row.expires_at > now)
