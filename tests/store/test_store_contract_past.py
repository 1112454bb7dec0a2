"""The contract of forgetting runs, for both stores."""

from __future__ import annotations

from uuid import UUID

from store_samples import a_worker, an_owned_run, child_of, end, entry, new_run, write

from kagzi_dsl.runtime.ids import time_of, uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Ended, NewRun, Old, Write

FIRST = UUID(int=0)
NOW = time_of(uuid7())
LATER = 10_000_000_000_000
"""A moment (ms) no clock of these tests has come to."""


async def an_ended_run(store: Store, owner: UUID, *, at: int = NOW, **changes: object) -> NewRun:
    run = await an_owned_run(store, owner, **changes)
    ending = Ended(status="completed", at=at, output="1")
    await write(store, owner, run.id, entries=[entry(0)], leave=ending)
    return run


async def test_runs_that_ended_before_a_moment_are_forgotten_with_their_journals(store: Store) -> None:
    owner = await a_worker(store)
    old, young = await an_ended_run(store, owner, at=NOW - 1), await an_ended_run(store, owner, at=NOW)
    live = await an_owned_run(store, owner)
    pending = new_run()
    await store.start([pending])
    wanted = Old(before=NOW)
    assert await store.prunable(wanted) == 1
    assert await store.prune(wanted, after=FIRST, limit=10) == [old.id]
    assert await store.prunable(wanted) == 0
    assert await store.run(old.id) is None
    assert await store.journal(old.id) == []
    for kept in (young, live, pending):
        assert await store.run(kept.id) is not None
    assert len(await store.journal(young.id)) == 1


async def test_they_are_forgotten_batch_by_batch_in_order_of_their_ids(store: Store) -> None:
    owner = await a_worker(store)
    ids = sorted([(await an_ended_run(store, owner)).id for _ in range(5)])
    wanted = Old(before=LATER)
    assert await store.prune(wanted, after=ids[0], limit=2) == ids[1:3]
    assert await store.prune(wanted, after=ids[2], limit=2) == ids[3:]
    assert await store.prune(wanted, after=ids[4], limit=2) == []
    assert await store.prune(wanted, after=FIRST, limit=2) == ids[:1]


async def test_only_runs_of_the_namespace_are_forgotten(store: Store) -> None:
    owner = await a_worker(store)
    mine = await an_ended_run(store, owner, namespace="mine")
    await an_ended_run(store, owner, namespace="yours")
    wanted = Old(before=LATER, namespace="mine")
    assert await store.prunable(wanted) == 1
    assert await store.prune(wanted, after=FIRST, limit=10) == [mine.id]


async def test_a_child_is_kept_as_long_as_the_root_of_its_family(store: Store) -> None:
    owner = await a_worker(store)
    root = await an_owned_run(store, owner)
    child = child_of(root)
    await write(store, owner, root.id, entries=[entry(0)], starts=[child])
    [claimed] = await store.claim(owner, limit=1, run_ids=[child.id])
    await store.commit(owner, [ended_write(claimed.run.id, claimed.run.fence)])
    wanted = Old(before=LATER)
    assert await store.prunable(wanted) == 0
    assert await store.prune(wanted, after=FIRST, limit=10) == []
    await end(store, owner, root.id)
    assert await store.prunable(wanted) == 2
    assert sorted(await store.prune(wanted, after=FIRST, limit=10)) == sorted([root.id, child.id])


def ended_write(run_id: UUID, fence: int) -> Write:
    return Write(run_id=run_id, fence=fence, leave=Ended(status="completed", at=NOW, output="1"))


async def test_the_external_id_of_a_forgotten_run_is_free_again(store: Store) -> None:
    owner = await a_worker(store)
    old = await an_ended_run(store, owner, external_id="order-1")
    again = new_run(external_id="order-1")
    assert (await store.start([again]))[0].run_id == old.id
    await store.prune(Old(before=LATER), after=FIRST, limit=10)
    assert (await store.start([again]))[0].created
    assert await store.find("order-1", namespace=None) == [again.id]
