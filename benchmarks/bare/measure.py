"""Measuring the bare loop, in the same ways as the runtime beside it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg

from benchmarks.bare.loop import DONE, READY
from benchmarks.harness.bench import DEADLINE_S, LOOK_S, PAUSE_S
from benchmarks.harness.process import environment
from benchmarks.harness.stage import Stage

_TABLES = """
create table bare_runs (
    run_id uuid primary key, number bigint generated always as identity, steps integer not null, owner uuid,
    done boolean not null default false, output json
);
create index bare_ready on bare_runs (number) where owner is null and not done;
create table bare_steps (run_id uuid not null, step integer not null, output json, primary key (run_id, step))
"""
_START = f"""
with new as (insert into bare_runs (run_id, steps) select unnest($1::uuid[]), $2) select pg_notify('{READY}', '')
"""
_BATCH = 500
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Bare:
    """A bare loop at work, in one process or several."""

    stage: Stage
    connection: asyncpg.Connection

    async def seconds(self, runs: int, steps: int) -> float:
        """How long it takes with runs that are started all at once, from before they are started to their end."""
        ids = [uuid4() for _ in range(runs)]
        await self.stage.settle()
        began = time.perf_counter()
        for first in range(0, runs, _BATCH):
            await self.connection.execute(_START, ids[first : first + _BATCH], steps)
        deadline = time.monotonic() + DEADLINE_S
        while await self.connection.fetchval("select exists (select from bare_runs where not done)"):
            if time.monotonic() > deadline:
                raise TimeoutError("the bare loop did not finish")
            await asyncio.sleep(LOOK_S)
        return time.perf_counter() - began

    async def latencies(self, samples: int) -> list[float]:
        """Milliseconds from the start of a run of one step until its end is known, one after the other."""
        over = asyncio.Event()

        def heard(*_: object) -> None:
            over.set()

        await self.connection.add_listener(DONE, heard)
        taken: list[float] = []
        for _ in range(samples):
            run_id = uuid4()
            over.clear()
            began = time.perf_counter()
            await self.connection.execute(_START, [run_id], 1)
            await asyncio.wait_for(over.wait(), DEADLINE_S)
            await self.connection.fetchrow("select * from bare_runs where run_id = $1", run_id)
            taken.append(1_000 * (time.perf_counter() - began))
            await asyncio.sleep(PAUSE_S)
        await self.connection.remove_listener(DONE, heard)
        return taken


@contextlib.asynccontextmanager
async def bare(stage: Stage, processes: int = 1) -> AsyncIterator[Bare]:
    """The loop in so many processes, up, on a database of its own, and gone afterwards."""
    async with stage.database("bare") as url, stage.connected(url) as connection:
        command = [sys.executable, "-m", "benchmarks.bare.loop", url]
        await connection.execute(_TABLES)
        started = [
            await asyncio.create_subprocess_exec(*command, cwd=_ROOT, env=environment(), stdout=asyncio.subprocess.PIPE)
            for _ in range(processes)
        ]
        try:
            for process in started:
                assert process.stdout is not None
                if await process.stdout.readline() != b"ready\n":
                    raise RuntimeError("the bare loop did not start")
            yield Bare(stage, connection)
        finally:
            for process in started:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
