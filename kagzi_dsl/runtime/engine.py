"""The engine: owns runs, feeds their machines and carries out what they ask for.

One process, one engine, one event loop, any number of runs. It is registered as a worker and keeps a lease; whoever
loses the lease stops at once and writes nothing. Where runs come from: `start` (already claimed), and a claim loop
that takes what is available, due, or left behind by a worker that died.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from kagzi_dsl import payload
from kagzi_dsl.activities.executor import Executor
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.errors import Code, DatabaseUnavailable, Failure, StoreError
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime import host
from kagzi_dsl.runtime.clock import Clock
from kagzi_dsl.runtime.core.commands import Command, RunActivity, SendSignal, StartChild
from kagzi_dsl.runtime.core.events import RunRetried, RunStarted
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.machine import Machine, NotWaiting
from kagzi_dsl.runtime.core.revive import starts_again
from kagzi_dsl.runtime.core.watcher import Watcher
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.inbox import Inbox
from kagzi_dsl.runtime.library import Library
from kagzi_dsl.runtime.live import LiveRun
from kagzi_dsl.runtime.offer import Offer
from kagzi_dsl.runtime.perform import Performer
from kagzi_dsl.runtime.store.protocol import (
    Claimed,
    Ended,
    NewRun,
    NewWorker,
    Refused,
    Run,
    Started,
    Store,
    Topic,
    Write,
)
from kagzi_dsl.runtime.view import facts_of
from kagzi_dsl.runtime.writer import Writer

log = logging.getLogger("kagzi_dsl.engine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How an engine behaves; times in seconds where not said otherwise.

    `linger` is how long a run that only waits is kept at hand before it is parked. `poll` is how often the database
    is asked when no hint comes. `stop_grace` is how long a cancelled activity may take to end before it is left to
    itself. `stall_limit` is how many claims without progress a run survives. `margin` is how much later than due a
    parked run is asked for, so that the database's clock agrees that its moment has come.
    """

    lease_ms: int = 30_000
    poll: float = 1.0
    linger: float = 1.0
    margin: float = 0.001
    stop_grace: float = 10.0
    max_runs: int = 1_000
    threads: int = 64
    stall_limit: int = 20
    payload_limit: int = payload.LIMIT_BYTES
    payload_warn: int = payload.WARN_BYTES
    retry: Retry = Retry()


class Engine:
    """Runs what it owns until it is stopped. Use it as an async context manager.

    `roots` narrows claiming to the families of these runs, `offer` to what it serves; without either, whatever there
    is is claimed. `watch` may give a watcher
    for a run that is taken up. `executor` runs plain functions; left out, threads do. `labels` tell other processes
    about this one.
    """

    def __init__(
        self,
        store: Store,
        registry: Registry,
        *,
        settings: Settings | None = None,
        name: str = "",
        version: str = "",
        roots: set[UUID] | None = None,
        offer: Offer | None = None,
        watch: Callable[[Run], Watcher | None] | None = None,
        executor: Executor | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        self.store = store
        self.registry = registry
        self.settings = settings or Settings()
        self.executor = executor
        self.worker_id = uuid7()
        self.library = Library(store)
        self.writer = Writer(store, self.worker_id)
        self.performer = Performer(self)
        self.inbox = Inbox(self)
        self.live: dict[UUID, LiveRun] = {}
        self.roots = roots
        self.offer = offer
        self.draining = False
        self._emptied = asyncio.Event()
        self.clock: Clock
        self.failed: asyncio.Future[None]
        self._name = name
        self._labels = labels or {}
        self._version = version
        self._watch = watch
        self._due: list[int] = []
        self._wake = asyncio.Event()
        self._hinted = False
        self._tasks: list[asyncio.Task[None]] = []
        self._unsubscribe: Callable[[], None] = lambda: None
        self._stopping = False

    # -- life

    async def __aenter__(self) -> Self:
        self.clock = Clock(await self.store.now())
        self.failed = asyncio.get_running_loop().create_future()
        await self.store.register(self._worker())
        self._unsubscribe = self.store.subscribe(self._hint)
        self._background(self.writer.run())
        self._background(self._keep_lease())
        self._background(self._claim_for_ever())
        self._background(self.inbox.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _worker(self) -> NewWorker:
        process = host.this_process()
        return NewWorker(
            id=self.worker_id, name=self._name or f"{process.host}-{process.pid}", host=process.host,
            boot_id=process.boot_id, pid=process.pid, started=process.started, version=self._version,
            lease_ms=self.settings.lease_ms, labels=self._labels,
        )  # fmt: skip

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._background_ended)
        self._tasks.append(task)

    def _background_ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self._stopping:
            return
        self.broke(task.exception() or StoreError("the engine stopped by itself"))

    async def drain(self, seconds: float) -> bool:
        """Takes up nothing more, lets attempts that run come to their end, and hands their runs back after it.

        Returns when no run is left here, or after `seconds`; whether none is left.
        """
        self.draining = True
        for live in list(self.live.values()):
            live.rest()
        if not self.live:
            return True
        self._emptied.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._emptied.wait()
        return not self.live

    async def stop(self) -> None:
        """Gives back every run as it stands, deregisters, and waits for what is being written."""
        if self._stopping:
            return
        self._stopping = True
        self._unsubscribe()
        # First whoever claims, so that what is handed back is not taken up again at once.
        await _ended_all(self._tasks[1:])
        for live in list(self.live.values()):
            live.hand_back()
        self.live.clear()
        with contextlib.suppress(DatabaseUnavailable):
            if not self.failed.done() and await self._flushed():
                await self.store.retire([self.worker_id])
        await _ended_all(self._tasks)
        await self.performer.close()
        if self.failed.done() and not self.failed.cancelled():
            self.failed.exception()

    async def _flushed(self) -> bool:
        """Waits for what is being written; False when the writer ended without it."""
        flushing = asyncio.ensure_future(self.writer.flush())
        await asyncio.wait({flushing, self._tasks[0]}, return_when=asyncio.FIRST_COMPLETED)
        if not flushing.done():
            flushing.cancel()
            return False
        return True

    def abandon_all(self) -> None:
        """Stops every run without a word: somebody else owns them now, or nothing can be written."""
        for live in list(self.live.values()):
            live.close()
        self.live.clear()

    async def _keep_lease(self) -> None:
        third = self.settings.lease_ms / 3_000
        renewed = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(third)
            try:
                async with asyncio.timeout(third):
                    expires = await self.store.renew(self.worker_id)
            except (TimeoutError, DatabaseUnavailable) as error:
                if asyncio.get_running_loop().time() - renewed > 2 * third:
                    reason = str(error) or "the database does not answer"
                    raise StoreError(f"the lease could not be renewed: {reason}; every run was let go") from error
                continue
            if expires is None:
                raise StoreError("the lease was lost; every run was let go")
            renewed = asyncio.get_running_loop().time()
            self.clock.set(expires - self.settings.lease_ms)

    # -- taking up runs

    def _hint(self, topic: Topic, key: str) -> None:
        if topic == "ready":
            self.wake()
        elif topic == "inbox" and key in ("", str(self.worker_id)):
            self.inbox.wake()

    def wake(self) -> None:
        """Looks for runs to claim now instead of at the next poll."""
        self._hinted = True
        self._wake.set()

    async def start(self, runs: Sequence[NewRun]) -> list[Started]:
        """Starts runs already claimed by this engine; one that is there already is left alone."""
        started = await self.store.start(runs, owner=self.worker_id)
        for new, result in zip(runs, started, strict=True):
            if result.created:
                await self.adopt(Claimed(run=await self._row(new.id), entries=(), messages=(), messages_sent=0))
        return started

    async def _row(self, run_id: UUID) -> Run:
        run = await self.store.run(run_id)
        assert run is not None, "a run that was just started is there"
        return run

    async def _claim_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        next_poll = loop.time()
        while True:
            polling = loop.time() >= next_poll
            if polling:
                await self._bury_the_dead()
                next_poll = loop.time() + self.settings.poll
            if polling or self._something_due() or self._hinted:
                self._hinted = False
                while await self._claim_some():
                    pass
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause(next_poll - loop.time())):
                    await self._wake.wait()
            self._wake.clear()

    def _something_due(self) -> bool:
        due = False
        while self._due and self._due[0] <= self.clock.now():
            heapq.heappop(self._due)
            due = True
        return due

    def _pause(self, until_poll: float) -> float:
        until_due = self.clock.seconds_until(self._due[0]) + self.settings.margin if self._due else until_poll
        return max(0.0, min(until_poll, until_due))

    async def _claim_some(self) -> bool:
        limit = min(200, self.settings.max_runs - len(self.live))
        if limit <= 0 or self.draining or (self.roots is not None and not self.roots):
            return False
        share = self.offer.share() if self.offer is not None else None
        claimed = await self.store.claim(self.worker_id, limit=limit, root_ids=self.roots, share=share)
        for one in claimed:
            await self.adopt(one)
        return len(claimed) == limit or (self.offer is not None and await self.offer.look())

    async def _bury_the_dead(self) -> None:
        """Ends the leases of workers of this machine whose process is gone, so that nobody waits for their end."""
        gone = [
            worker.id
            for worker in await self.store.workers()
            if host.is_gone(host.Process(worker.host, worker.boot_id, worker.pid, worker.started))
        ]
        if gone:
            await self.store.retire(gone)

    async def claim(self, run_id: UUID) -> bool:
        """Takes over one run now, if nobody alive owns it."""
        await self._bury_the_dead()
        claimed = await self.store.claim(self.worker_id, limit=1, run_ids=[run_id])
        for one in claimed:
            await self.adopt(one)
        return bool(claimed)

    async def adopt(self, claimed: Claimed) -> None:
        """Takes up a run this engine owns: from its first event, or from where its journal ends."""
        run = claimed.run
        if self._stopping:
            return
        if run.stalls >= self.settings.stall_limit:
            self._fail(
                claimed, f"claimed {run.stalls} times without getting on; `kagzi-dsl resume {run.id}` tries again"
            )
            return
        try:
            entries = _taken_up_again(claimed.entries, self.clock.now())
            machine = await self._machine(run)
            machine.replay(entries)
        except DatabaseUnavailable:
            raise
        except NotWaiting as error:
            self._fail(claimed, f"its journal does not fit its definition at {error.path!r}")
            return
        except Exception as error:  # whatever is wrong with this run must not stop the others
            log.exception("run %s cannot be taken up", run.id)
            self._fail(claimed, f"it cannot be taken up: {type(error).__name__}: {error}")
            return
        seen = claimed.messages_sent - len(claimed.messages)
        live = self.live[run.id] = LiveRun(self, run, machine, messages_seen=seen)
        if len(entries) > len(claimed.entries):
            live.put(entries[-1:], [])
        self._set_going(live, claimed)

    def _set_going(self, live: LiveRun, claimed: Claimed) -> None:
        if not claimed.entries:
            live.feed(lambda: RunStarted(live.now()))
        elif live.machine.over is not None and live.machine.undone:
            live.feed(lambda: RunRetried(live.now()))
        elif live.machine.over is not None:
            live.put([], [live.machine.over])
        else:
            for command in list(live.machine.pending.values()):
                self.perform(live, command, recovered=True)
            live.rest()
        for message in claimed.messages:
            self.inbox.take_in(live, message)

    async def _machine(self, run: Run) -> Machine:
        workflow = await self.library.workflow(run.digest)
        watcher = self._watch(run) if self._watch is not None else None
        return Machine(workflow, facts_of(run), limit_bytes=self.settings.payload_limit, watcher=watcher)

    def _fail(self, claimed: Claimed, message: str) -> None:
        seq = claimed.entries[-1].seq if claimed.entries else 0
        self._give_up(claimed.run, seq, message)

    def stumbled(self, live: LiveRun, error: Exception) -> None:
        """The interpreter broke over a run: only this run ends, as failed."""
        log.error("run %s: the interpreter failed", live.id, exc_info=error)
        live.close()
        self._forget(live)
        self._give_up(live.run, live.last_seq, f"the interpreter failed: {type(error).__name__}: {error}")

    def _give_up(self, run: Run, last_seq: int, message: str) -> None:
        """Ends a run nothing can be done with; it can be resumed when the reason is gone."""
        now = self.clock.now()
        failure = Failure.of(Code.INTERNAL, message, type="Poisoned")
        entry = Entry(seq=last_seq + 1, type=EntryType.RUN_ENDED, at=now, status="failed", failure=failure)
        leave = Ended(status="failed", at=now, failure=failure)
        write = Write(run_id=run.id, fence=run.fence, entries=[entry], leave=leave)
        self.writer.put(write, lambda refused: None)

    async def rebuild(self, live: LiveRun) -> None:
        """Puts a run's machine back to what its journal says, after a commit that may not have happened."""
        machine = await self._machine(live.run)
        machine.replay(await self.store.journal(live.id))
        live.machine = machine

    # -- what runs ask for, and letting go of them

    def perform(self, live: LiveRun, command: Command, *, recovered: bool = False) -> None:
        """Carries out a command whose cause is durable; while draining, what would begin is left to the next owner."""
        if self.draining and isinstance(command, RunActivity | StartChild | SendSignal):
            return
        self.performer.perform(live, command, recovered=recovered)

    def broke(self, error: BaseException) -> None:
        """Something went wrong that no run is to blame for: everything is let go of, as if the process had died."""
        self.abandon_all()
        if not self.failed.done():
            self.failed.set_exception(error)

    def ended(self, live: LiveRun) -> None:
        """A run is over, and that is durable."""
        live.close()
        self._forget(live)
        self.wake()

    def handed_back(self, live: LiveRun) -> None:
        """A run was let go as it stands, for others to take up."""
        self._forget(live)

    def _forget(self, live: LiveRun) -> None:
        self.live.pop(live.id, None)
        if not self.live:
            self._emptied.set()

    def parked(self, live: LiveRun, due: int | None) -> None:
        """A run was let go until `due` (ms), or until a message comes."""
        self._forget(live)
        if due is not None:
            heapq.heappush(self._due, due)
            self._wake.set()

    def lost(self, live: LiveRun, refused: Refused) -> None:
        """A write was refused: the run is somebody else's now, or what it wants to store cannot be stored."""
        log.warning("run %s: %s", live.id, refused.message)
        live.close()
        self._forget(live)
        if refused.reason == "rows":
            self.performer.give_up(live, refused.message)


def _taken_up_again(entries: Sequence[Entry], now: int) -> Sequence[Entry]:
    """The journal, with a note that the run goes on from the node it failed at when it had ended and was reopened."""
    if not entries or entries[-1].type is not EntryType.RUN_ENDED or not starts_again(entries[-1]):
        return entries
    last = entries[-1]
    return [*entries, Entry(seq=last.seq + 1, type=EntryType.RUN_RETRIED, at=max(now, last.at))]


async def _ended_all(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancels tasks and waits for their end."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
