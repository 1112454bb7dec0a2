"""A bench: a database with the schema, a client of it, and worker processes that come and go."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from benchmarks.harness.process import QUEUE, WorkerProcess, start_worker
from benchmarks.harness.stage import Stage
from kagzi_dsl.dsl.link import Linked
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.starting import in_batches
from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres
from kagzi_dsl.runtime.store.records import NewRun

LOOK_S = 0.01
"""How often it is looked whether all runs are over; the figures of peers are taken with the same."""
PAUSE_S = 0.02
"""How long a system is left idle between two runs of which each is timed by itself."""
DEADLINE_S = 600.0


@dataclass(frozen=True, slots=True)
class Bench:
    """A client and a plain connection to one database, and the stage it is on."""

    stage: Stage
    url: str
    store: PostgresStore
    client: Client
    connection: asyncpg.Connection

    async def new_runs(self, linked: Linked, count: int, input: Any = None) -> list[NewRun]:
        """Runs of a workflow that are ready to be started."""
        one = replace(await self.client.prepare(linked, input), queue=QUEUE)
        ids = [uuid7() for _ in range(count)]
        return [replace(one, id=run_id, root_id=run_id) for run_id in ids]

    async def seconds(self, linked: Linked, count: int, *, workers: list[WorkerProcess], input: Any = None) -> float:
        """How long runs take through the queue: from before they are started, as `start_many` does, to their end."""
        new = await self.new_runs(linked, count, input)
        before = await self.completed()
        await self.stage.settle()
        began = time.perf_counter()
        for batch in in_batches(new):
            await self.store.start(batch)
        await self.until("not exists (select from kagzi.queue)", workers=workers)
        took = time.perf_counter() - began
        assert await self.completed() == before + count, "not every run has completed"
        return took

    async def until(self, condition: str, *, workers: list[WorkerProcess], every: float = LOOK_S) -> None:
        """Waits for a condition in SQL. Raises RuntimeError when a worker ends, TimeoutError when it never holds."""
        deadline = time.monotonic() + DEADLINE_S
        while not await self.connection.fetchval(f"select {condition}"):
            for worker in workers:
                worker.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"never true: {condition}")
            await asyncio.sleep(every)

    async def completed(self) -> int:
        """How many runs have completed."""
        return int(await self.connection.fetchval("select count(*) from kagzi.runs where status = 'completed'"))

    @contextlib.asynccontextmanager
    async def workers(self, count: int, *options: str, **environment: str) -> AsyncIterator[list[WorkerProcess]]:
        """Worker processes that are up, and gone afterwards."""
        started = [start_worker(self.url, self.stage.scratch, *options, **environment) for _ in range(count)]
        try:
            pids = ", ".join(str(worker.pid) for worker in started)
            there = f"count(*) = {count} from kagzi.workers where pid in ({pids})"
            await self.until(there, workers=started)
            yield started
        finally:
            for worker in started:
                worker.end()


@contextlib.asynccontextmanager
async def bench(stage: Stage, subject: str) -> AsyncIterator[Bench]:
    """A bench on a database of its own."""
    async with stage.database(subject) as url, stage.connected(url) as connection:
        store = await open_postgres(url, migrated=True)
        try:
            yield Bench(stage, url, store, Client(store), connection)
        finally:
            await store.close()
