"""The store in memory: every method of the protocol."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

from kagzi_dsl.errors import FenceLost, StoreError
from kagzi_dsl.runtime.core.chain import Stored, columns_of
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.limits import Full, QueueLimits, QueueState
from kagzi_dsl.runtime.store.memory.claims import Claims
from kagzi_dsl.runtime.store.memory.commits import Commits
from kagzi_dsl.runtime.store.memory.hints import Hints
from kagzi_dsl.runtime.store.memory.inboxes import Inboxes
from kagzi_dsl.runtime.store.memory.past import prunable, statistics_of
from kagzi_dsl.runtime.store.memory.rows import fits
from kagzi_dsl.runtime.store.memory.runs import Runs
from kagzi_dsl.runtime.store.memory.schedules import MemorySchedules
from kagzi_dsl.runtime.store.memory.slots import Slots
from kagzi_dsl.runtime.store.memory.tasks import Around, MemoryTasks
from kagzi_dsl.runtime.store.memory.workers import Workers
from kagzi_dsl.runtime.store.protocol import Listener, Transaction
from kagzi_dsl.runtime.store.records import (
    Claimed,
    Definition,
    Message,
    NewMessage,
    NewRun,
    NewWorker,
    Old,
    Refused,
    Run,
    RunFilter,
    Share,
    Started,
    Worker,
    Write,
)
from kagzi_dsl.runtime.store.reference import id_range
from kagzi_dsl.runtime.store.statistics import Window, WorkflowStats
from kagzi_dsl.runtime.store.storable import check_message, check_run, storable


def wall_clock() -> int:
    """The system's time in ms."""
    return time.time_ns() // 1_000_000


class MemoryStore:
    """A Store in memory. `now` gives the time in ms."""

    def __init__(self, now: Callable[[], int] = wall_clock) -> None:
        self._now = now
        self._definitions: dict[str, Definition] = {}
        self._hints = hints = Hints(now)
        self._runs = runs = Runs(now)
        live = runs.live
        self._inboxes = inboxes = Inboxes(live, hints, now)
        self._workers = workers = Workers(live.values(), now)
        self._slots = slots = Slots(live.values(), now, lambda queue: self.tasks.holding(queue))
        around = Around(now, hints, slots, workers.lease_ended, workers.offered, inboxes.send)
        self.tasks = tasks = MemoryTasks(around)
        self._claims = claims = Claims(runs, workers, slots, tasks, hints, now)
        self._commits = Commits(runs, inboxes, slots, tasks, hints, now, claims.start)
        self.schedules = MemorySchedules(runs.rows, now=now, start=claims.start, send=inboxes.send)

    async def close(self) -> None:
        self._hints.close()

    async def now(self) -> int:
        return self._now()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        return self._hints.subscribe(listener)

    # definitions

    async def save_definitions(self, definitions: Sequence[Definition]) -> None:
        for new in definitions:
            # Taken out and put back, so that the order of the dictionary is the order of saving.
            self._definitions[new.digest] = self._definitions.pop(new.digest, new)

    async def definitions(self, digests: Collection[str]) -> dict[str, Definition]:
        return {digest: self._definitions[digest] for digest in digests if digest in self._definitions}

    async def latest_definition(self, workflow: str) -> Definition | None:
        return next((d for d in reversed(self._definitions.values()) if d.workflow == workflow), None)

    # workers

    async def register(self, worker: NewWorker) -> None:
        self._workers.register(worker)

    async def renew(self, worker_id: UUID) -> int | None:
        return self._workers.renew(worker_id)

    async def retire(self, worker_ids: Collection[UUID]) -> None:
        self._workers.retire(worker_ids)
        if self._workers.own_some(worker_ids):
            self._hints.publish("ready", "")
        for queue in self.tasks.queues_of(worker_ids):
            self._hints.publish("task", queue)

    async def workers(self) -> list[Worker]:
        return self._workers.all()

    async def held(self) -> dict[UUID, int]:
        return self._workers.held()

    async def fences(self, owner: UUID) -> dict[UUID, int]:
        return self._workers.fences(owner)

    # starting and claiming

    async def start(
        self,
        runs: Sequence[NewRun],
        *,
        owner: UUID | None = None,
        restart_failed: bool = False,
        connection: Any = None,
    ) -> list[Started]:
        if connection is not None:
            raise StoreError("runs in memory cannot be started in a transaction of a database")
        with storable():
            for run in runs:
                check_run(run)
        if restart_failed:
            self._runs.free_external_ids(runs)
        return [self._claims.start(run, owner) for run in runs]

    async def claim(
        self,
        owner: UUID,
        *,
        limit: int,
        run_ids: Collection[UUID] | None = None,
        root_ids: Collection[UUID] | None = None,
        share: Share | None = None,
        aside: bool = False,
        hinted: bool = False,
    ) -> list[Claimed]:
        return self._claims.claim(owner, limit, run_ids, root_ids, share, aside=aside)

    async def digests(self, namespace: str, queues: Collection[str]) -> set[str]:
        runs = (row.run for row in self._runs.live.values())
        return {run.digest for run in runs if run.namespace == namespace and run.queue in queues}

    # committing

    async def commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        return [self._commits.commit(owner, write) for write in writes]

    def transaction(self, owner: UUID, run_id: UUID, fence: int) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(owner, run_id, fence)

    @asynccontextmanager
    async def _transaction(self, owner: UUID, run_id: UUID, fence: int) -> AsyncIterator[Transaction]:
        if not self._runs.holds(owner, run_id, fence):
            raise FenceLost(Refused.stale(run_id).message)
        yield _MemoryTransaction(self, owner)

    # messages

    async def send(self, messages: Sequence[NewMessage]) -> list[bool]:
        with storable():
            for message in messages:
                check_message(message)
        return [self._inboxes.send(message) for message in messages]

    async def messages(self, owner: UUID) -> list[Message]:
        return self._inboxes.of_owner(owner)

    async def unread(self, run_id: UUID) -> list[Message]:
        row = self._runs.rows.get(run_id)
        return [] if row is None else list(row.inbox)

    async def reopen(self, run_id: UUID) -> bool:
        row = self._runs.reopen(run_id)
        if row is not None:
            self._hints.publish_ready(row.run)
        return row is not None

    # queues

    async def set_limits(self, limits: QueueLimits) -> None:
        self._slots.set(limits)
        self._hints.publish("ready", limits.queue)
        self._hints.publish("task", limits.queue)

    async def queues(self, namespace: str | None) -> list[QueueState]:
        return self._slots.states(namespace)

    async def full_limits(self, run_ids: Collection[UUID]) -> dict[UUID, list[Full]]:
        rows = [self._runs.live[run_id] for run_id in run_ids if run_id in self._runs.live]
        free = [row for row in rows if row.run.owner is None and self._claims.claimable(row.run)]
        return {row.run.id: full for row in free if (full := self._slots.full(row))}

    # looking

    async def run(self, run_id: UUID) -> Run | None:
        row = self._runs.rows.get(run_id)
        return None if row is None else row.run

    async def find(self, reference: str, *, namespace: str | None) -> list[UUID]:
        runs = [row.run for row in self._runs.rows.values() if namespace is None or row.run.namespace == namespace]
        ids = id_range(reference)
        begun = [] if ids is None else [run.id for run in runs if ids[0] <= run.id <= ids[1]]
        exact = begun if ids is not None and ids[0] == ids[1] else []
        named = [run.id for run in runs if run.external_id == reference]
        return sorted(exact or named or begun, reverse=True)[:10]

    async def list_runs(self, wanted: RunFilter) -> list[Run]:
        runs = (row.run for row in self._runs.rows.values() if fits(row.run, wanted))
        return sorted(runs, key=lambda run: run.id, reverse=True)[: wanted.limit]

    async def journal(self, run_id: UUID, *, after: int = -1) -> list[Entry]:
        row = self._runs.rows.get(run_id)
        return [] if row is None else [entry for entry in row.in_order() if entry.seq > after]

    async def stats(self, window: Window) -> list[WorkflowStats]:
        return statistics_of(self._runs.rows.values(), window)

    async def stored(self, run_id: UUID) -> list[Stored]:
        return [Stored(columns_of(entry), entry.previous, entry.digest) for entry in await self.journal(run_id)]

    # forgetting

    async def prune(self, old: Old, *, after: UUID, limit: int) -> list[UUID]:
        forgotten = [run_id for run_id in prunable(self._runs.rows, old) if run_id > after][:limit]
        for run_id in forgotten:
            self._runs.forget(run_id)
        return forgotten

    async def prunable(self, old: Old) -> int:
        return sum(1 for _ in prunable(self._runs.rows, old))


class _MemoryTransaction:
    """Nothing but the write: there is no connection to hand out."""

    def __init__(self, store: MemoryStore, owner: UUID) -> None:
        self._store = store
        self._owner = owner

    @property
    def connection(self) -> Any:
        return None

    async def commit(self, write: Write) -> None:
        [refused] = await self._store.commit(self._owner, [write])
        if refused is not None:
            raise (FenceLost if refused.reason == "fence" else StoreError)(refused.message)
