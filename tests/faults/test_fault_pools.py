"""Few connections and many runs that wait: no deadlock, nothing held, and memory that does not grow with them."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace

import asyncpg
import psutil
from faults.conftest import Fault
from faults.voyage import SETTINGS, note, prepare
from patience import PATIENCE
from runtime.world import World, linked

from kagzi_dsl import ActivityContext, activity
from kagzi_dsl.runtime.live import LiveRun
from kagzi_dsl.runtime.store.postgres import open_postgres

PARKED = "workflow: parked\nseq:\n  - {id: paid, activity: pay}\n  - {wait_for: go}\n  - {id: again, activity: pay}\n"
ASLEEP = "workflow: asleep\nseq:\n  - {sleep: 30d}\n  - {activity: note, with: {what: awake}}\n"
OURS = "kagzi-pools"


@activity(transactional=True)
async def pay(context: ActivityContext) -> None:
    """Holds one of the two connections for a moment."""
    await context.connection.execute("insert into public.paid values ($1, 1)", str(context.run_id))


async def connections(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        counted = "select count(*) from pg_stat_activity where application_name = $1"
        return int(await connection.fetchval(counted, OURS))
    finally:
        await connection.close()


async def parked(url: str, count: int) -> int:
    """Runs that all want one of two connections, wait, and want one again; the connections held while they wait."""
    store = await open_postgres(url, pool_size=2, application_name=OURS)
    world = World(store, {"pay": pay}, settings=SETTINGS)
    async with world.engine() as engine:
        new = [await world.client.prepare(linked(PARKED), None) for _ in range(count)]
        await world.client.save(linked(PARKED))
        await store.start(new)
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while engine.live or await waiting(url, "waiting") < count:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.05)
        held = await connections(url)
        for run in new:
            await world.client.signal(str(run.id), "go")
        ends = [(await world.client.wait(run.id, timeout=PATIENCE)).status for run in new]
    assert ends == ["completed"] * count
    await store.close()
    return held


async def waiting(url: str, status: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("select count(*) from kagzi.queue where status = $1", status))
    finally:
        await connection.close()


def test_a_pool_of_two_connections_serves_any_number_of_runs(
    fault: Fault, database_url: str, runner: asyncio.Runner
) -> None:
    runner.run(prepare(database_url))
    count = fault.size(200, 500)
    held = runner.run(parked(database_url, count))
    # Two of the pool, those for commits and claims, and one that listens.
    assert held <= 5
    paid = runner.run(paid_in(database_url))
    assert paid == 2 * count
    fault.tell(
        "connections", "With a pool of two connections, runs that each borrow one, wait, and borrow one again do not "
        "lock each other out, and hold none while they wait.",
        case="runs", held=count, of=count, connections_while_all_wait=held,
    )  # fmt: skip


async def paid_in(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("select count(*) from paid"))
    finally:
        await connection.close()


async def asleep(url: str, world: World, count: int, *, already: int = 0) -> None:
    """Starts runs and returns when they and those of before sleep."""
    for _ in range(0, count, 1_000):
        await world.store.start([await world.client.prepare(linked(ASLEEP), None) for _ in range(min(1_000, count))])
    while await waiting(url, "sleeping") < already + count:  # noqa: ASYNC110 – what the database says
        await asyncio.sleep(0.1)


def resident() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


async def grown(url: str, warm: int, count: int) -> tuple[int, int]:
    """The memory (bytes) that sleeping runs cost the process that put them down, and the runs it still holds."""
    store = await open_postgres(url)
    world = World(store, {"note": note}, settings=replace(SETTINGS, linger=0.01))
    async with world.engine() as engine:
        await world.client.save(linked(ASLEEP))
        await asleep(url, world, warm)
        before = resident()
        await asleep(url, world, count, already=warm)
        after, live = resident(), sum(isinstance(one, LiveRun) for one in gc.get_objects())
        assert not engine.live
    await store.close()
    return after - before, live


def test_sleeping_runs_cost_a_worker_no_memory(fault: Fault, database_url: str, runner: asyncio.Runner) -> None:
    warm, count = fault.size(500, 5_000), fault.size(1_000, 100_000)
    more, live = runner.run(grown(database_url, warm, count))
    assert live == 0
    # A run at hand takes some 30 kB; what a parked one leaves behind is the moment it is due.
    assert more < 16_000_000 + 300 * count
    fault.tell(
        "memory", "Runs that sleep hold nothing in a worker: its memory does not grow with them.",
        case="sleeping runs", held=count, of=count, grown_by_bytes_a_run=max(0, more) // count, runs_at_hand=live,
    )  # fmt: skip
