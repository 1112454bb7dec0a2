"""A worker: a process that takes up the runs of some queues, with the activities it has, until it is told to stop.

Its engine lives no longer than its lease. A worker whose engine lost it, because the database or the machine stood
still, waits for the database and goes on with a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from kagzi_dsl import __version__
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.errors import DatabaseUnavailable, LeaseLost, StoreError
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime.background import end_all
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.engine import Engine, Settings
from kagzi_dsl.runtime.health import health_server
from kagzi_dsl.runtime.offer import Offer
from kagzi_dsl.runtime.retention import keep_forgetting
from kagzi_dsl.runtime.scheduler import Scheduler, SchedulerOptions

log = logging.getLogger("kagzi_dsl.worker")

_FORGET_EVERY = 600.0
"""Seconds between two looks for runs to forget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What a worker takes up and how it stops. `drain` (seconds) is how long attempts in flight may take to end.

    `namespace` None is the client's. `health_port` None serves no health checks; 0 takes any port that is
    free. `health_host` is the address they are answered at.
    `retention` (seconds) is how long runs of the namespace are kept after their end; None keeps them all. `concurrency`
    bounds its runs, and its tasks; `retry` is the policy of activities for which nothing else is said. What is None is
    as in `settings`.
    """

    namespace: str | None = None
    queues: Collection[str] = ("default",)
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    drain: float = 30.0
    health_port: int | None = None
    health_host: str = "127.0.0.1"
    retention: float | None = None
    concurrency: int | None = None
    retry: Retry | None = None
    settings: Settings = Settings()
    scheduler: SchedulerOptions = SchedulerOptions()

    def engine_settings(self) -> Settings:
        """The settings with what is said beside them."""
        settings = self.settings
        if self.concurrency is not None:
            settings = replace(settings, max_runs=self.concurrency, max_tasks=self.concurrency)
        return settings if self.retry is None else replace(settings, retry=self.retry.over(settings.retry))


class Worker:
    """Takes up runs until `stop` is called. A database that is away is waited for.

    `activities` are functions with `@activity`, or a Registry of them. As an async context manager it works until the
    block ends, and drains then.
    """

    def __init__(
        self,
        client: Client,
        activities: Registry | Iterable[Callable[..., Any]],
        options: WorkerOptions | None = None,
    ) -> None:
        self.options = options or WorkerOptions()
        self.namespace = self.options.namespace or client.namespace
        self._store = store = client.store
        self._registry = registry = activities if isinstance(activities, Registry) else Registry.of(*activities)
        self._offer = Offer(store, registry, namespace=self.namespace, queues=self.options.queues)
        self._engine = self._new_engine()
        self._scheduler = Scheduler(client, self.options.scheduler, namespace=self.namespace)
        self._stopping = asyncio.Event()
        self._at_once = asyncio.Event()
        self._up = False
        self._waiting = False
        self.health_port: int | None = None
        self._running: asyncio.Task[bool] | None = None

    def _new_engine(self) -> Engine:
        return Engine(
            self._store, self._registry, settings=self.options.engine_settings(), name=self.options.name,
            version=__version__, offer=self._offer, labels=self.options.labels,
        )  # fmt: skip

    async def __aenter__(self) -> Self:
        self._running = asyncio.get_running_loop().create_task(self.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._running is not None
        self.stop()
        await self._running

    def stop(self) -> None:
        """Drains: takes up nothing more and ends when what runs has ended. Called again, it ends at once."""
        if self._stopping.is_set():
            self._at_once.set()
        self._engine.draining = True
        self._stopping.set()

    async def run(self) -> bool:
        """Works until it is stopped; whether everything in flight came to its end.

        Raises StoreError for what waiting does not help against, and when it is stopped while it waits.
        """
        async with contextlib.AsyncExitStack() as stack:
            if self.options.health_port is not None:
                server = health_server(
                    self.options.health_port,
                    healthy=self._unhealthy,
                    ready=self._unready,
                    host=self.options.health_host,
                )
                self.health_port = await stack.enter_async_context(server)
            while True:
                try:
                    return await self._work()
                except (DatabaseUnavailable, LeaseLost) as error:
                    self._up = False
                    if self._stopping.is_set():
                        raise
                    await self._wait_out(error)

    async def _work(self) -> bool:
        """Works with one engine until it is stopped. Raises what the engine fails with."""
        async with contextlib.AsyncExitStack() as stack, self._engine:
            stack.push_async_callback(_ended, self._forgetting())
            scheduling = asyncio.get_running_loop().create_task(self._scheduler.run())
            stack.push_async_callback(_ended, scheduling)
            self._up = True
            await self._first_of(self._stopping.wait())
            self._up = False
            await _ended(scheduling)
            await self._first_of(self._engine.drain(self.options.drain), self._at_once.wait())
            return not self._engine.busy

    async def _wait_out(self, error: StoreError) -> None:
        """Returns when the database answers, with a new engine. Raises the error when the worker is stopped before."""
        back = asyncio.get_running_loop().create_task(self._until_let_go(self._engine.worker_id))
        told = asyncio.get_running_loop().create_task(self._stopping.wait())
        self._waiting = True
        log.error("%s; this worker goes on when the database answers", error)
        try:
            await asyncio.wait({back, told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all([back, told])
        if self._stopping.is_set():
            raise error
        back.result()
        self._waiting = False
        self._engine = self._new_engine()
        log.info("the database answers: this worker goes on")

    async def _until_let_go(self, worker_id: UUID) -> None:
        """Ends a lease of ours, which nothing works under any more, as soon as the database lets us."""
        while True:
            try:
                return await self._store.retire([worker_id])
            except DatabaseUnavailable as error:
                log.warning("%s", error)

    def _forgetting(self) -> asyncio.Task[None] | None:
        options = self.options
        if options.retention is None:
            return None
        forgetting = keep_forgetting(self._store, namespace=self.namespace, keep=options.retention, every=_FORGET_EVERY)
        return asyncio.get_running_loop().create_task(forgetting)

    async def _first_of(self, *works: Coroutine[Any, Any, Any]) -> None:
        """Returns when one of them has ended, without the others. Raises what the engine failed with meanwhile."""
        tasks = [asyncio.get_running_loop().create_task(work) for work in works]
        try:
            await asyncio.wait([*tasks, self._engine.failed], return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end_all(tasks)
        if self._engine.failed.done():
            self._engine.failed.result()

    def _unhealthy(self) -> str:
        return "the engine has failed" if self._up and self._engine.failed.done() else ""

    def _unready(self) -> str:
        if self._stopping.is_set():
            return "draining"
        if self._waiting:
            return "waiting for the database"
        return self._unhealthy() or ("" if self._up else "starting")


async def _ended(task: asyncio.Task[None] | None) -> None:
    """Cancels a task of the worker's, if there is one, and waits for its end."""
    if task is not None:
        await end_all([task])
