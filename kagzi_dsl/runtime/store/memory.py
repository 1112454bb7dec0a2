"""The reference store: everything in dictionaries of one process, for tests and for reading.

What a store has to do is decided here, the plainest way. It serves one event loop; no method gives way to another task,
so each is a transaction by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, assert_never
from uuid import UUID

from kagzi_dsl.errors import FenceLost, PayloadError, StoreError
from kagzi_dsl.runtime.core.chain import Stored, columns_of
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.limits import Full, QueueLimits, QueueState
from kagzi_dsl.runtime.store.memory_past import prunable, statistics_of
from kagzi_dsl.runtime.store.memory_rows import Row, WorkerRow, end_message, fits, message_of, offers, run_of, shown
from kagzi_dsl.runtime.store.memory_schedules import MemorySchedules
from kagzi_dsl.runtime.store.memory_slots import MemorySlots
from kagzi_dsl.runtime.store.memory_tasks import Around, MemoryTasks
from kagzi_dsl.runtime.store.protocol import Listener, Topic, Transaction
from kagzi_dsl.runtime.store.records import (
    ENDING,
    FORGOTTEN_AFTER_MS,
    STIRRING,
    Claimed,
    Definition,
    Ended,
    Message,
    NewMessage,
    NewRun,
    NewWorker,
    Old,
    Parked,
    Refused,
    Run,
    RunFilter,
    Share,
    Started,
    Worker,
    Write,
)
from kagzi_dsl.runtime.store.reference import id_range
from kagzi_dsl.runtime.store.slots import Candidate, choose
from kagzi_dsl.runtime.store.statistics import Window, WorkflowStats
from kagzi_dsl.runtime.store.storable import check_message, check_run, check_write, storable


def wall_clock() -> int:
    """The system's time in ms."""
    return time.time_ns() // 1_000_000


class MemoryStore:
    """A Store in memory. `now` gives the time in ms."""

    def __init__(self, now: Callable[[], int] = wall_clock) -> None:
        self._now = now
        self._definitions: dict[str, Definition] = {}
        self._rows: dict[UUID, Row] = {}
        self._live: dict[UUID, Row] = {}
        self._taken: dict[tuple[str, str, str | None], UUID] = {}
        self._workers: dict[UUID, WorkerRow] = {}
        self._listeners: list[Listener] = []
        self._last_message = 0
        self.schedules = MemorySchedules(self._rows, now=now, start=self._start, send=self._send)
        self._slots = MemorySlots(self._live.values(), now, lambda queue: self.tasks.holding(queue))
        around = Around(now, self._hint, self._lease_ended, self._offered, self._send, self._slots)
        self.tasks = MemoryTasks(around)

    async def close(self) -> None:
        self._listeners.clear()

    async def now(self) -> int:
        return self._now()

    # hints

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _hint(self, topic: Topic, subject: str) -> None:
        for listener in self._listeners:
            asyncio.get_running_loop().call_soon(listener, topic, subject)

    def _hint_ready(self, run: Run) -> None:
        if run.owner is None and run.available_at is not None and run.available_at <= self._now():
            self._hint("ready", run.queue)

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
        now = self._now()
        for old in [w for w in self._workers.values() if self._forgotten(w, now)]:
            del self._workers[old.new.id]
        self._workers[worker.id] = WorkerRow(worker, now, now, now + worker.lease_ms)

    def _forgotten(self, worker: WorkerRow, now: int) -> bool:
        gone = worker.retired or worker.expires_at <= now - FORGOTTEN_AFTER_MS
        return gone and not self._owns(worker.new.id)

    def _owns(self, worker_id: UUID) -> bool:
        return any(row.run.owner == worker_id for row in self._live.values())

    async def renew(self, worker_id: UUID) -> int | None:
        worker = self._workers.get(worker_id)
        if worker is None or worker.retired:
            return None
        worker.renewed_at = self._now()
        worker.expires_at = worker.renewed_at + worker.new.lease_ms
        return worker.expires_at

    async def retire(self, worker_ids: Collection[UUID]) -> None:
        for worker_id in worker_ids:
            if worker := self._workers.get(worker_id):
                worker.retired, worker.expires_at = True, min(worker.expires_at, self._now())
        if any(row.run.owner in worker_ids for row in self._live.values()):
            self._hint("ready", "")
        for queue in self.tasks.queues_of(worker_ids):
            self._hint("task", queue)

    async def workers(self) -> list[Worker]:
        known = [w for w in self._workers.values() if not w.retired or self._owns(w.new.id)]
        return [shown(w) for w in sorted(known, key=lambda w: (w.registered_at, w.new.id))]

    async def held(self) -> dict[UUID, int]:
        return dict(Counter(row.run.owner for row in self._live.values() if row.run.owner is not None))

    def _lease_ended(self, owner: UUID) -> bool:
        worker = self._workers.get(owner)
        return worker is None or worker.expires_at <= self._now()

    def _offered(self, namespace: str, queue: str, activity: str) -> bool:
        now = self._now()
        return any(offers(w, namespace, queue, activity) for w in self._workers.values() if w.expires_at > now)

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
            self._free_external_ids(runs)
        return [self._start(run, owner) for run in runs]

    def _start(self, new: NewRun, owner: UUID | None = None) -> Started:
        if (there := self._already_there(new)) is not None:
            return Started(there, created=False)
        row = self._rows[new.id] = self._live[new.id] = Row(run_of(new, self._now()))
        if new.journal:
            row.entries = {entry.seq: entry for entry in new.journal}
            row.run = replace(row.run, fence=1)
        if new.external_id is not None:
            self._taken[_external(new)] = new.id
        if owner is None or self._slots.candidate(row).needs is not None:
            self._hint_ready(row.run)
            return Started(new.id, created=True)
        return Started(new.id, created=True, fence=self._take(row, owner).run.fence)

    def _free_external_ids(self, runs: Sequence[NewRun]) -> None:
        taken = {key for new in runs if (key := _external(new)) in self._taken}
        for key in taken:
            row = self._rows[self._taken[key]]
            if row.run.status in ("failed", "cancelled"):
                del self._taken[key]
                row.run = replace(row.run, external_id=f"{row.run.external_id}~{row.run.id}")
                self._taken[_external(row.run)] = row.run.id

    def _already_there(self, new: NewRun) -> UUID | None:
        if new.id in self._rows:
            return new.id
        return None if new.external_id is None else self._taken.get(_external(new))

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
        if self._lease_ended(owner):
            return []
        wanted = [
            row
            for row in self._live.values()
            if self._claimable(row.run)
            and (run_ids is None or row.run.id in run_ids)
            and (root_ids is None or row.run.root_id in root_ids)
            and (run_ids is not None or root_ids is not None or share is None or _is_of(row.run, share))
        ]
        if aside:
            return [self._take(row, owner, aside=True) for row in wanted[:limit]]
        return [self._take(self._live[one.run_id], owner) for one in self._choose(wanted, limit)]

    def _choose(self, wanted: Sequence[Row], limit: int) -> list[Candidate]:
        chosen = choose([self._slots.candidate(row) for row in wanted], self._slots.room(), limit)
        for one in chosen:
            if one.needs is not None:
                self._slots.begins(self._live[one.run_id])
        if (wait := self._slots.opens_in()) is not None:
            asyncio.get_running_loop().call_later(wait / 1000, self._hint, "ready", "")
        return chosen

    def _claimable(self, run: Run) -> bool:
        if run.owner is not None:
            return self._lease_ended(run.owner)
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
            tasks=self.tasks.ids(row.run.id),
        )  # fmt: skip

    async def digests(self, namespace: str, queues: Collection[str]) -> set[str]:
        runs = (row.run for row in self._live.values())
        return {run.digest for run in runs if run.namespace == namespace and run.queue in queues}

    # committing

    async def commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        return [self._commit(owner, write) for write in writes]

    def _commit(self, owner: UUID, write: Write) -> Refused | None:
        if not self._holds(owner, write.run_id, write.fence):
            return Refused.stale(write.run_id)
        try:
            check_write(write)
        except PayloadError as error:
            return Refused("rows", str(error))
        self._apply(self._live[write.run_id], write)
        return None

    def _apply(self, row: Row, write: Write) -> None:
        for entry in write.entries:
            row.entries.setdefault(entry.seq, entry)
        answered = {message.name for message in row.inbox}
        for task in write.tasks:
            if str(task.id) not in answered:
                self.tasks.put(task)
        row.inbox = [m for m in row.inbox if m.id not in write.consumed]
        if (moved := write.moved) is not None:
            row.run = replace(
                row.run, digest=moved.digest, version=moved.version, pins=dict(moved.pins), input=moved.input
            )
        for run in write.starts:
            self._start(run)
        for message in write.sends:
            self._send(message)
        match write.leave:
            case Parked() as parked:
                self._park(row, parked)
            case Ended() as ended:
                self._end(row, ended)
            case None:
                pass
            case other:
                assert_never(other)

    def _park(self, row: Row, parked: Parked) -> None:
        due = parked.available_at
        if row.messages_sent > parked.messages_seen:
            due = self._now() if due is None else min(due, self._now())
        row.run = replace(row.run, status=parked.status, owner=None, available_at=due)
        self._hint_ready(row.run)

    def _end(self, row: Row, ended: Ended) -> None:
        row.run = replace(
            row.run,
            status=ended.status,
            finished_at=ended.at,
            output=ended.output,
            failure=ended.failure,
            compensation=ended.compensation,
            owner=None,
            available_at=None,
            stalls=0,
        )
        row.inbox, row.messages_sent, row.seen_seq = [], 0, None
        del self._live[row.run.id]
        for hint in self._slots.freed(row):
            self._hint(*hint)
        self.tasks.drop(row.run.id)
        if row.run.parent is not None and row.run.parent.attached:
            self._send(end_message(row.run))
        self._hint("ended", str(row.run.id))

    def transaction(self, owner: UUID, run_id: UUID, fence: int) -> AbstractAsyncContextManager[Transaction]:
        return self._transaction(owner, run_id, fence)

    @asynccontextmanager
    async def _transaction(self, owner: UUID, run_id: UUID, fence: int) -> AsyncIterator[Transaction]:
        if not self._holds(owner, run_id, fence):
            raise FenceLost(Refused.stale(run_id).message)
        yield _MemoryTransaction(self, owner)

    def _holds(self, owner: UUID, run_id: UUID, fence: int) -> bool:
        row = self._live.get(run_id)
        return row is not None and row.run.owner == owner and row.run.fence == fence

    # messages

    async def send(self, messages: Sequence[NewMessage]) -> list[bool]:
        with storable():
            for message in messages:
                check_message(message)
        return [self._send(message) for message in messages]

    def _send(self, new: NewMessage) -> bool:
        row = self._live.get(new.run_id)
        if row is None:
            return False
        self._last_message += 1
        row.inbox.append(message_of(new, self._last_message, self._now()))
        row.messages_sent += 1
        if new.kind in ENDING and row.seen_seq is None and not row.has_started():
            row.withdrawn = True
        if row.run.owner is not None:
            self._hint("inbox", str(row.run.owner))
        elif row.run.status != "paused" or new.kind in STIRRING:
            due = row.run.available_at
            row.run = replace(row.run, available_at=self._now() if due is None else min(due, self._now()))
            self._hint_ready(row.run)
        return True

    async def messages(self, owner: UUID) -> list[Message]:
        unread = [message for row in self._live.values() if row.run.owner == owner for message in row.inbox]
        return sorted(unread, key=lambda message: message.id)

    async def unread(self, run_id: UUID) -> list[Message]:
        row = self._rows.get(run_id)
        return [] if row is None else list(row.inbox)

    async def reopen(self, run_id: UUID) -> bool:
        row = self._rows.get(run_id)
        if row is None or row.run.status not in ("failed", "cancelled"):
            return False
        row.run = replace(
            row.run,
            status="pending",
            available_at=self._now(),
            finished_at=None,
            output=None,
            failure=None,
            compensation="",
        )
        self._live[run_id] = row
        row.reopened, row.withdrawn = True, False
        self._hint_ready(row.run)
        return True

    # queues

    async def set_limits(self, limits: QueueLimits) -> None:
        self._slots.set(limits)
        self._hint("ready", limits.queue)
        self._hint("task", limits.queue)

    async def queues(self, namespace: str | None) -> list[QueueState]:
        return self._slots.states(namespace)

    async def full_limits(self, run_ids: Collection[UUID]) -> dict[UUID, list[Full]]:
        rows = [self._live[run_id] for run_id in run_ids if run_id in self._live]
        free = [row for row in rows if row.run.owner is None and self._claimable(row.run)]
        return {row.run.id: full for row in free if (full := self._slots.full(row))}

    # looking

    async def run(self, run_id: UUID) -> Run | None:
        row = self._rows.get(run_id)
        return None if row is None else row.run

    async def find(self, reference: str, *, namespace: str | None) -> list[UUID]:
        runs = [row.run for row in self._rows.values() if namespace is None or row.run.namespace == namespace]
        ids = id_range(reference)
        begun = [] if ids is None else [run.id for run in runs if ids[0] <= run.id <= ids[1]]
        exact = begun if ids is not None and ids[0] == ids[1] else []
        named = [run.id for run in runs if run.external_id == reference]
        return sorted(exact or named or begun, reverse=True)[:10]

    async def list_runs(self, wanted: RunFilter) -> list[Run]:
        runs = (row.run for row in self._rows.values() if fits(row.run, wanted))
        return sorted(runs, key=lambda run: run.id, reverse=True)[: wanted.limit]

    async def journal(self, run_id: UUID, *, after: int = -1) -> list[Entry]:
        row = self._rows.get(run_id)
        return [] if row is None else [entry for entry in row.in_order() if entry.seq > after]

    async def stats(self, window: Window) -> list[WorkflowStats]:
        return statistics_of(self._rows.values(), window)

    async def stored(self, run_id: UUID) -> list[Stored]:
        return [Stored(columns_of(entry), entry.previous, entry.digest) for entry in await self.journal(run_id)]

    # forgetting

    async def prune(self, old: Old, *, after: UUID, limit: int) -> list[UUID]:
        forgotten = [run_id for run_id in prunable(self._rows, old) if run_id > after][:limit]
        for run_id in forgotten:
            run = self._rows.pop(run_id).run
            if run.external_id is not None:
                self._taken.pop((run.namespace, run.workflow, run.external_id), None)
        return forgotten

    async def prunable(self, old: Old) -> int:
        return sum(1 for _ in prunable(self._rows, old))


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


def _external(run: Run | NewRun) -> tuple[str, str, str | None]:
    return run.namespace, run.workflow, run.external_id


def _is_of(run: Run, share: Share) -> bool:
    return run.namespace == share.namespace and run.queue in share.queues and run.digest in share.digests
