"""Workers whose clocks are hours off, and a database whose clock jumps: nothing wakes early, nothing happens twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from unittest.mock import patch
from uuid import UUID

import asyncpg
import pytest
from faults.conftest import Fault
from faults.forked import fork
from faults.voyage import ACTIVITIES, SETTINGS, opened
from patience import PATIENCE
from runtime.world import World

from kagzi_dsl.runtime.background import end_all

HOUR_S = 3_600.0
OFF = {"an hour slow": -HOUR_S, "an hour fast": HOUR_S, "a day slow": -24 * HOUR_S, "ten years fast": 87_660 * HOUR_S}
SLEEPS_MS = (150, 300)
NAPS = """
workflow: naps
seq:
  - {id: before, activity: note, with: {what: before}}
  - {id: short, sleep: 150ms}
  - {id: between, activity: note, with: {what: between}}
  - {id: long, sleep: 300ms}
  - {id: after, activity: note, with: {what: after}}
"""
JUMPING = """
create table public.jump (ms bigint); insert into public.jump values (0);
create or replace function kagzi.clock() returns bigint language sql stable as $$
    select floor(extract(epoch from statement_timestamp()) * 1000)::bigint + (select ms from public.jump) $$;
"""


def work(url: str, run_ids: Sequence[UUID], seconds: float) -> None:
    """A worker whose wall clock is so many seconds off."""
    now, now_ns = time.time, time.time_ns
    with (
        patch.object(time, "time", lambda: now() + seconds),
        patch.object(time, "time_ns", lambda: now_ns() + int(seconds * 1e9)),
    ):
        asyncio.run(_work(url, run_ids))


async def _work(url: str, run_ids: Sequence[UUID]) -> None:
    store = await opened(url)
    world = World(store, ACTIVITIES, settings=SETTINGS)
    async with world.engine(roots=set(run_ids)):
        await asyncio.gather(*(world.client.wait(run_id) for run_id in run_ids))
    await store.close()


async def given(url: str, count: int) -> list[UUID]:
    store = await opened(url)
    world = World(store, ACTIVITIES)
    runs = [await world.start(NAPS) for _ in range(count)]
    await store.close()
    return runs


async def looked_at(url: str, statement: str, *arguments: object) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(statement, *arguments))
    finally:
        await connection.close()


async def naps_of(url: str, run_id: UUID) -> list[int]:
    """How long a run has slept each time, by its journal; which has each node once, and times that never go back."""
    journal = await looked_at(url, "select * from kagzi.journal where run_id = $1 order by seq", run_id)
    times = [entry["at"] for entry in journal]
    assert times == sorted(times)
    done = [entry["path"] for entry in journal if entry["type"] == "node_completed"]
    assert done == ["before", "between", "after"]
    assert journal[-1]["type"] == "run_ended"
    assert journal[-1]["status"] == "completed"
    return [one["at"] - journal[i - 1]["at"] for i, one in enumerate(journal) if one["type"] == "timer_fired"]


def test_a_worker_whose_clock_is_wrong_wakes_runs_in_time(
    fault: Fault, database_url: str, runner: asyncio.Runner
) -> None:
    count = fault.size(5, 100)
    batches = {name: runner.run(given(database_url, count)) for name in OFF}
    [[began]] = runner.run(looked_at(database_url, "select kagzi.clock()"))
    workers = [fork(work, database_url, runs, OFF[name]) for name, runs in batches.items()]
    for worker in workers:
        worker.join(PATIENCE)
        assert worker.exitcode == 0
    [[ended]] = runner.run(looked_at(database_url, "select kagzi.clock()"))
    naps = [runner.run(naps_of(database_url, run_id)) for runs in batches.values() for run_id in runs]
    for slept in naps:
        assert all(asked <= took for asked, took in zip(SLEEPS_MS, slept, strict=True)), slept
    [[first, last]] = runner.run(looked_at(database_url, "select min(at), max(at) from kagzi.journal"))
    # Every moment in the journal is the database's.
    assert began - 60_000 < first <= last < ended + 60_000
    fault.tell(
        "workers", "However wrong the clock of a worker, no run wakes early, and every time in the journal is the "
        "database's.",
        case="sleeps", held=sum(map(len, naps)), of=len(naps) * len(SLEEPS_MS), clocks=len(OFF),
    )  # fmt: skip


async def jumped(url: str, runs: list[UUID], jumps: list[int], already: int) -> None:
    """Two engines work while the database's clock is set to and fro; at last it stands at the latest time there was.

    What is due by a later time than the clock shows has to wait until it does: `already` is what it was set by before.
    """
    store = await opened(url)
    # With each renewal of its lease an engine sets its clock by the database's.
    world = World(store, ACTIVITIES, settings=replace(SETTINGS, lease_ms=3_000))
    crew = asyncio.ensure_future(two_engines(world))
    over = asyncio.gather(*(world.client.wait(run_id, timeout=PATIENCE) for run_id in runs))
    for jump in [*jumps, max(already, *jumps)]:
        await looked_at(url, "update public.jump set ms = $1", jump)
        await asyncio.wait({over}, timeout=0.15)
    await over
    await end_all([crew])
    await store.close()


async def two_engines(world: World) -> None:
    """Works for ever; when this machine is so busy that an engine loses its lease, two others take its place."""
    while True:
        async with world.engine() as one, world.engine() as other:
            await asyncio.wait({one.failed, other.failed}, return_when=asyncio.FIRST_COMPLETED)


@pytest.fixture
def jumping_url(new_database_url: str, runner: asyncio.Runner) -> str:
    """The URL of a database whose clock can be set."""

    async def prepare() -> None:
        connection = await asyncpg.connect(new_database_url)
        await connection.execute(JUMPING)
        await connection.close()

    runner.run(prepare())
    return new_database_url


def test_a_database_whose_clock_jumps_ends_every_run_once(
    fault: Fault, jumping_url: str, runner: asyncio.Runner
) -> None:
    hour = 3_600_000
    jumps = runs = 0
    for number in range(fault.size(2, 30)):
        ids = runner.run(given(jumping_url, 10))
        [[already]] = runner.run(looked_at(jumping_url, "select ms from public.jump"))
        chance = fault.chance(number)
        chosen = [already + chance.choice((-hour, hour, 2 * hour, 60_000, -60_000)) for _ in range(5)]
        runner.run(jumped(jumping_url, ids, chosen, already))
        for run_id in ids:
            slept = runner.run(naps_of(jumping_url, run_id))
            assert all(asked <= took for asked, took in zip(SLEEPS_MS, slept, strict=True)), slept
        jumps, runs = jumps + len(chosen) + 1, runs + len(ids)
    fault.tell(
        "database", "When the database's clock jumps, by hours and in both directions, every run ends once, and none "
        "wakes before the time it was told.",
        case="runs", held=runs, of=runs, jumps=jumps,
    )  # fmt: skip
