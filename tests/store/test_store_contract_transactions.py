"""The contract of `transaction`, for both stores."""

from __future__ import annotations

import pytest
from store_samples import a_dead_worker, a_worker, an_owned_run, child_of, claim_one, entry, signal

from kagzi_dsl.errors import FenceLost, StoreError
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Ended, Write


async def test_a_transaction_commits_its_write(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await store.send([signal(run.id)])
    [message] = await store.unread(run.id)
    child = child_of(run)
    async with store.transaction(owner, run.id, 1) as transaction:
        await transaction.commit(
            Write(
                run_id=run.id,
                fence=1,
                entries=[entry(0)],
                consumed=[message.id],
                starts=[child],
                leave=Ended(status="completed", at=1, output="1"),
            )
        )
    assert await store.journal(run.id) == [entry(0)]
    assert await store.run(child.id) is not None
    found = await store.run(run.id)
    assert found is not None
    assert found.status == "completed"


async def test_leaving_without_commit_writes_nothing(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    async with store.transaction(owner, run.id, 1):
        pass
    with pytest.raises(ZeroDivisionError):
        async with store.transaction(owner, run.id, 1):
            raise ZeroDivisionError
    assert await store.journal(run.id) == []
    [refused] = await store.commit(owner, [Write(run_id=run.id, fence=1, entries=[entry(0)])])
    assert refused is None


@pytest.mark.parametrize("fence", [0, 2])
async def test_a_transaction_is_not_lent_to_a_stale_owner(store: Store, fence: int) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    with pytest.raises(FenceLost):
        async with store.transaction(owner, run.id, fence):
            pass
    with pytest.raises(FenceLost):
        async with store.transaction(uuid7(), run.id, 1):
            pass


async def test_a_fence_lost_meanwhile_stops_the_commit(store: Store) -> None:
    dead, owner = await a_dead_worker(store), await a_worker(store)
    run = await an_owned_run(store, dead)
    async with store.transaction(dead, run.id, 1) as transaction:
        await claim_one(store, owner, run.id)
        with pytest.raises(FenceLost, match=str(run.id)):
            await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0)]))
    assert await store.journal(run.id) == []


async def test_a_write_that_cannot_be_stored_commits_nothing(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    async with store.transaction(owner, run.id, 1) as transaction:
        with pytest.raises(StoreError):
            await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0), entry(1, output="{")]))
    assert await store.journal(run.id) == []


async def test_a_transaction_does_not_block_the_runs_other_writes(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    async with store.transaction(owner, run.id, 1) as transaction:
        assert await store.commit(owner, [Write(run_id=run.id, fence=1, entries=[entry(0)])]) == [None]
        assert await store.send([signal(run.id)]) == [True]
        await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(1)]))
    assert [e.seq for e in await store.journal(run.id)] == [0, 1]
