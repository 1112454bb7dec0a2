"""The engine: owns runs, feeds their machines and carries out what they ask for.

One process, one engine, one event loop, any number of runs. It is registered as a worker and keeps a lease; whoever
loses the lease stops at once and writes nothing. Where runs come from: `start` (already claimed), and a claim loop
that takes what is available, due, or left behind by a worker that died.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from kagzi_dsl import payload
from kagzi_dsl.activities.executor import Executor
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.errors import DatabaseUnavailable, LeaseLost, StoreError
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime import host
from kagzi_dsl.runtime.about import about, log_end
from kagzi_dsl.runtime.adopting import Adopting
from kagzi_dsl.runtime.background import end_all
from kagzi_dsl.runtime.claiming import Claiming
from kagzi_dsl.runtime.clock import Clock
from kagzi_dsl.runtime.core.commands import BEGINNINGS, Command
from kagzi_dsl.runtime.core.watcher import Watcher
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.inbox import Inbox
from kagzi_dsl.runtime.library import Library
from kagzi_dsl.runtime.live import LiveRun
from kagzi_dsl.runtime.offer import Offer
from kagzi_dsl.runtime.perform import Performer
from kagzi_dsl.runtime.store.protocol import Store, Topic
from kagzi_dsl.runtime.store.records import Claimed, NewRun, NewWorker, Refused, Run, Started
from kagzi_dsl.runtime.strays import Strays
from kagzi_dsl.runtime.tasks.serving import Serving
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
    max_tasks: int = 1_000
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
        self._claiming = Claiming(self)
        self._adopting = Adopting(self)
        self._serving = Serving(self)
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
        self.watch = watch
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
        self._background(self._claiming.run())
        self._background(self.inbox.run())
        self._background(Strays(self).run())
        self._background(self._serving.run())
        self._background(self._serving.run_sending())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _worker(self) -> NewWorker:
        process = host.this_process()
        offer = self.offer
        return NewWorker(
            id=self.worker_id, name=self._name or f"{process.host}-{process.pid}", host=process.host,
            boot_id=process.boot_id, pid=process.pid, started=process.started, version=self._version,
            lease_ms=self.settings.lease_ms, labels=self._labels, activities=self.registry.names(),
            namespace=offer.namespace if offer else None, queues=offer.queues if offer else (),
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
        if not self.busy:
            return True
        self._emptied.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._emptied.wait()
        return not self.busy

    @property
    def stopping(self) -> bool:
        """Whether it has begun to stop: what is not live by now will not be."""
        return self._stopping

    @property
    def making_attempts(self) -> bool:
        """Whether an attempt is made here for a run that may be anybody's: a task."""
        return self._serving.busy

    @property
    def busy(self) -> bool:
        """Whether a run is live here, or an attempt is made for another worker's run."""
        return bool(self.live) or self.making_attempts

    def rested(self) -> None:
        """Something here came to its end: takes note when it was the last."""
        if not self.busy:
            self._emptied.set()

    async def stop(self) -> None:
        """Gives back every run as it stands, deregisters, and waits for what is being written.

        Should that fail or be cancelled, nothing goes on here all the same; others wait for the end of the lease.
        """
        if self._stopping:
            return
        self._stopping = True
        self._unsubscribe()
        try:
            await self._give_back()
        finally:
            await self._end()

    async def _give_back(self) -> None:
        # First whoever claims, so that what is handed back is not taken up again at once.
        await end_all(self._tasks[1:])
        for live in list(self.live.values()):
            live.hand_back()
        self.live.clear()
        self._serving.close()
        with contextlib.suppress(DatabaseUnavailable):
            if not self.failed.done() and await self._flushed():
                await self.store.retire([self.worker_id])

    async def _end(self) -> None:
        self.abandon_all()
        try:
            await end_all(self._tasks)
        finally:
            await self.performer.close()
        if self.failed.done() and not self.failed.cancelled():
            self.failed.exception()

    async def _flushed(self) -> bool:
        """Waits for what is being written; False when the writer ended without it."""
        flushing = asyncio.ensure_future(self.writer.flush())
        try:
            await asyncio.wait({flushing, self._tasks[0]}, return_when=asyncio.FIRST_COMPLETED)
            return flushing.done()
        finally:
            flushing.cancel()

    def abandon_all(self) -> None:
        """Stops every run without a word: somebody else owns them now, or nothing can be written."""
        for live in list(self.live.values()):
            live.close()
        self.live.clear()
        self._serving.close()
        self.rested()

    async def _keep_lease(self) -> None:
        third = self.settings.lease_ms / 3_000
        renewed, in_vain = asyncio.get_running_loop().time(), 0
        while True:
            await asyncio.sleep(third / 10 if in_vain else third)
            try:
                async with asyncio.timeout(third):
                    expires = await self.store.renew(self.worker_id)
            except (TimeoutError, DatabaseUnavailable) as error:
                in_vain += 1
                # Once is not enough to give up: it may be this process that stood still, and the answer be there.
                if in_vain > 1 and asyncio.get_running_loop().time() - renewed > 2 * third:
                    reason = str(error) or "the database does not answer"
                    raise LeaseLost(f"the lease could not be renewed: {reason}; every run was let go") from error
                continue
            if expires is None:
                raise LeaseLost("the lease was lost; every run was let go")
            renewed, in_vain = asyncio.get_running_loop().time(), 0
            self.clock.set(expires - self.settings.lease_ms)

    # -- taking up runs

    def _hint(self, topic: Topic, key: str) -> None:
        if topic == "ready":
            if not key:
                self._claiming.wake()
            elif self.offer is None or key in self.offer.queues:
                self._claiming.hint()
        elif topic == "inbox" and key in ("", str(self.worker_id)):
            self.inbox.wake()
        elif topic == "task":
            self._serving.hinted(key)
        elif topic == "stop" and key in ("", str(self.worker_id)):
            self._serving.wake()

    def wake(self) -> None:
        """Looks for runs and tasks to claim now instead of at the next poll."""
        self._claiming.wake()
        self._serving.wake()

    async def start(self, runs: Sequence[NewRun], *, restart_failed: bool = False) -> list[Started]:
        """Starts runs, claimed by this engine unless they need a slot; one that is there already is left alone."""
        started = await self.store.start(runs, owner=self.worker_id, restart_failed=restart_failed)
        for new, result in zip(runs, started, strict=True):
            if result.fence is not None:
                await self.adopt(Claimed(run=await self._row(new.id), entries=(), messages=(), messages_sent=0))
        return started

    async def _row(self, run_id: UUID) -> Run:
        run = await self.store.run(run_id)
        assert run is not None, "a run that was just started is there"
        return run

    async def claim(self, run_id: UUID) -> bool:
        """Takes over one run now, if nobody alive owns it."""
        return await self._claiming.claim(run_id)

    async def adopt(self, claimed: Claimed) -> None:
        """Takes up a run this engine owns: from its first event, or from where its journal ends."""
        if not self._stopping:
            await self._adopting.adopt(claimed)

    def stumbled(self, live: LiveRun, error: Exception) -> None:
        """The interpreter broke over a run: only this run ends, as failed."""
        log.error("the interpreter failed", exc_info=error, extra=about(live.run))
        live.close()
        self._forget(live)
        reason = f"the interpreter failed: {type(error).__name__}: {error}"
        self._adopting.give_up(live.run, live.last_seq, live.head, reason)

    async def rebuild(self, live: LiveRun) -> None:
        """Puts a run's machine back to what its journal says, after a commit that may not have happened."""
        await self._adopting.rebuild(live)

    # -- what runs ask for, and letting go of them

    def perform(self, live: LiveRun, command: Command, *, recovered: bool = False) -> None:
        """Carries out a command whose cause is durable.

        While draining, what would begin is left to the next owner; while the run is paused, to when it is unpaused.
        """
        if self.draining and isinstance(command, BEGINNINGS):
            return
        if live.machine.paused and isinstance(command, BEGINNINGS):
            (live.interrupted if recovered else live.held_back).add(command.path)
            return
        self.performer.perform(live, command, recovered=recovered)

    def broke(self, error: BaseException) -> None:
        """Something went wrong that no run is to blame for: everything is let go of, as if the process had died."""
        self.abandon_all()
        if not self.failed.done():
            self.failed.set_exception(error)

    def ended(self, live: LiveRun) -> None:
        """A run is over, and that is durable."""
        if live.machine.over is not None:
            log_end(live.run, live.machine.over, live.about)
        live.close()
        self._forget(live)

    def handed_back(self, live: LiveRun) -> None:
        """A run was let go as it stands, for others to take up."""
        self._forget(live)

    def _forget(self, live: LiveRun) -> None:
        if self._claiming.room() <= 0:
            # There may be runs that were not claimed for want of room.
            self.wake()
        if self.live.get(live.id) is live:  # or it was claimed anew
            del self.live[live.id]
        self.rested()

    def parked(self, live: LiveRun, due: int | None) -> None:
        """A run was let go until `due` (ms), or until a message comes."""
        self._forget(live)
        if due is not None:
            self._claiming.due_at(due)

    def lost(self, live: LiveRun, refused: Refused) -> None:
        """A write was refused: the run is somebody else's now, or what it wants to store cannot be stored."""
        log.warning("the run was let go of: %s", refused.message, extra=about(live.run))
        live.close()
        self._forget(live)
        if refused.reason == "rows":
            self.performer.give_up(live, refused.message)
