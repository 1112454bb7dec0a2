"""The contract of workers and their leases, and of the clock, for both stores."""

from __future__ import annotations

import time
from dataclasses import asdict

from store_samples import a_dead_worker, a_worker, an_owned_run, claim_ids, claim_one, end, new_worker, park

from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store


async def test_the_clock_is_in_milliseconds_since_the_epoch(store: Store) -> None:
    before, now, after = time.time_ns() // 1_000_000, await store.now(), time.time_ns() // 1_000_000
    assert before - 1_000 <= now <= after + 1_000


async def test_a_registered_worker_is_known_with_its_lease(store: Store) -> None:
    new = new_worker(labels={"zone": "eu"}, lease_ms=30_000)
    before = await store.now()
    await store.register(new)
    [worker] = await store.workers()
    facts = asdict(new)
    del facts["lease_ms"]
    assert {name: getattr(worker, name) for name in facts} == facts
    assert before <= worker.registered_at == worker.renewed_at
    assert worker.expires_at == worker.renewed_at + 30_000


async def test_renewing_prolongs_the_lease_and_says_until_when(store: Store) -> None:
    owner = await a_worker(store, lease_ms=5_000)
    [before] = await store.workers()
    expires_at = await store.renew(owner)
    [after] = await store.workers()
    assert expires_at == after.expires_at == after.renewed_at + 5_000
    assert after.expires_at >= before.expires_at
    assert after.registered_at == before.registered_at


async def test_an_unknown_worker_cannot_renew(store: Store) -> None:
    assert await store.renew(uuid7()) is None


async def test_a_lease_that_ended_can_be_renewed_until_the_worker_is_retired(store: Store) -> None:
    owner = await a_dead_worker(store)
    assert await store.renew(owner) is not None
    await store.retire([owner])
    assert await store.renew(owner) is None


async def test_a_retired_worker_that_owns_nothing_is_gone(store: Store) -> None:
    one, two = await a_worker(store), await a_worker(store)
    await store.retire([one, uuid7()])
    assert [worker.id for worker in await store.workers()] == [two]
    await store.retire([])


async def test_a_worker_is_shown_as_long_as_it_owns_a_run(store: Store) -> None:
    old = await a_worker(store)
    one, two = await an_owned_run(store, old), await an_owned_run(store, old)
    await store.retire([old])
    [worker] = await store.workers()
    assert worker.id == old
    assert worker.expires_at <= await store.now()
    owner = await a_worker(store)
    await claim_one(store, owner, one.id)
    assert len(await store.workers()) == 2
    await end(store, old, two.id)
    assert [worker.id for worker in await store.workers()] == [owner]


async def test_registering_again_begins_a_new_lease(store: Store) -> None:
    worker = new_worker(name="first")
    await store.register(worker)
    run = await an_owned_run(store, worker.id)
    await store.retire([worker.id])
    await store.register(new_worker(id=worker.id, name="second"))
    [found] = await store.workers()
    assert found.name == "second"
    assert await store.renew(worker.id) is not None
    assert await claim_ids(store, await a_worker(store), run_ids=[run.id]) == []


async def test_workers_are_listed_in_order_of_registration(store: Store) -> None:
    ids = [await a_worker(store) for _ in range(3)]
    assert [worker.id for worker in await store.workers()] == ids


async def test_what_a_worker_takes_up_is_known(store: Store) -> None:
    await store.register(new_worker(namespace="shop", queues=("orders", "mail"), activities=("charge", "uuid")))
    [worker] = await store.workers()
    assert (worker.namespace, worker.queues, worker.activities) == ("shop", ("orders", "mail"), ("charge", "uuid"))


async def test_the_runs_each_worker_owns_are_counted(store: Store) -> None:
    busy, idle = await a_worker(store), await a_worker(store)
    runs = [await an_owned_run(store, busy) for _ in range(3)]
    assert await store.held() == {busy: 3}
    await end(store, busy, runs[0].id)
    other = await an_owned_run(store, idle)
    assert await store.held() == {busy: 2, idle: 1}
    await end(store, idle, other.id)
    assert await store.held() == {busy: 2}


async def test_a_worker_knows_what_it_owns_and_by_which_fence(store: Store) -> None:
    owner, other = await a_worker(store), await a_worker(store)
    first, second = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await an_owned_run(store, other)
    assert await store.fences(owner) == {first.id: 1, second.id: 1}
    await park(store, owner, first.id, available_at=1)
    assert await claim_ids(store, owner, run_ids=[first.id]) == [first.id]
    await end(store, owner, second.id)
    assert await store.fences(owner) == {first.id: 2}
