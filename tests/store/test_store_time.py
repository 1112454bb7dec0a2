"""What passing time does: leases that end, timers that come due, workers that are forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from uuid import UUID

import asyncpg
import pytest
from store_samples import HOUR, a_worker, an_owned_run, claim_ids, new_run, new_worker, park

from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres
from kagzi_dsl.runtime.store.protocol import Store

DAY = 24 * HOUR
Passing = Callable[[int], Awaitable[None]]


class Clock:
    """A clock that stands until it is set forward."""

    def __init__(self) -> None:
        self.now = 1_000_000

    async def forward(self, milliseconds: int) -> None:
        self.now += milliseconds


@pytest.fixture(params=["memory", "postgres"])
def store_and_time(
    request: pytest.FixtureRequest, runner: asyncio.Runner
) -> Iterator[tuple[MemoryStore | PostgresStore, Passing]]:
    """A store, and a way to let time pass for what is in it."""
    if request.param == "memory":
        clock = Clock()
        yield MemoryStore(now=lambda: clock.now), clock.forward
        return
    url = request.getfixturevalue("database_url")
    store = runner.run(open_postgres(url))

    async def forward(milliseconds: int) -> None:
        # The server's clock cannot be set, so everything it is compared with moves the other way.
        connection = await asyncpg.connect(url)
        await connection.execute("update kagzi.workers set expires_at = expires_at - $1", milliseconds)
        await connection.execute("update kagzi.queue set available_at = available_at - $1", milliseconds)
        await connection.close()

    yield store, forward
    runner.run(store.close())


Both = tuple[Store, Passing]


async def test_a_run_can_be_taken_over_when_its_owners_lease_ends(store_and_time: Both) -> None:
    store, forward = store_and_time
    old = await a_worker(store, lease_ms=30_000)
    run = await an_owned_run(store, old)
    heir = await a_worker(store, lease_ms=DAY)
    await forward(20_000)
    assert await claim_ids(store, heir) == []
    await forward(15_000)
    assert await claim_ids(store, heir) == [run.id]


async def test_a_renewed_lease_keeps_its_runs(store_and_time: Both) -> None:
    store, forward = store_and_time
    owner, heir = await a_worker(store, lease_ms=30_000), await a_worker(store, lease_ms=DAY)
    await an_owned_run(store, owner)
    for _ in range(3):
        await forward(20_000)
        assert await store.renew(owner) is not None
    assert await claim_ids(store, heir) == []


async def test_a_timer_comes_due(store_and_time: Both) -> None:
    store, forward = store_and_time
    owner = await a_worker(store, lease_ms=DAY)
    run, later = await an_owned_run(store, owner), new_run(available_at=await store.now() + 2 * HOUR)
    await park(store, owner, run.id, status="sleeping", available_at=await store.now() + HOUR)
    await store.start([later])
    assert await claim_ids(store, owner) == []
    await forward(HOUR + 1)
    assert await claim_ids(store, owner) == [run.id]
    await forward(HOUR)
    assert await claim_ids(store, owner) == [later.id]


async def known(store: Store) -> set[UUID]:
    return {worker.id for worker in await store.workers()}


async def test_a_worker_that_is_long_gone_and_owns_nothing_is_forgotten(store_and_time: Both) -> None:
    store, forward = store_and_time
    idle, owner = await a_worker(store, lease_ms=30_000), await a_worker(store, lease_ms=30_000)
    await an_owned_run(store, owner)
    await forward(DAY)
    late = await a_worker(store)
    assert await known(store) == {idle, owner, late}
    await forward(60_000)
    fresh = new_worker()
    await store.register(fresh)
    assert await known(store) == {owner, late, fresh.id}
    assert await store.renew(idle) is None
    assert await store.renew(owner) is not None
