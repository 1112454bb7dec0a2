"""What a worker takes up: runs of its namespace, in its queues, with definitions it can serve. On both stores."""

from __future__ import annotations

from uuid import UUID

import pytest
from store_samples import a_dead_worker, a_worker, an_owned_run, entry, new_run, park, write

from kagzi_dsl.runtime.store.limits import Concurrency, QueueLimits
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Share


def share(*queues: str, namespace: str = "default", digests: tuple[str, ...] = ("d1",)) -> Share:
    return Share(namespace=namespace, queues=queues, digests=digests)


@pytest.fixture(params=[False, True], ids=["asked at a poll", "asked for a hint"])
def hinted(request: pytest.FixtureRequest) -> bool:
    """Whether a hint led to a claim: what is ready is found all the same."""
    return bool(request.param)


async def taken(store: Store, wanted: Share, limit: int = 10, *, hinted: bool = False) -> list[UUID]:
    owner = await a_worker(store)
    return [one.run.id for one in await store.claim(owner, limit=limit, share=wanted, hinted=hinted)]


async def test_only_runs_of_the_share_are_claimed(store: Store, hinted: bool) -> None:
    mine = new_run(digest="d1", queue="gpu")
    others = [
        new_run(digest="d2", queue="gpu"),
        new_run(digest="d1", queue="default"),
        new_run(digest="d1", queue="gpu", namespace="elsewhere"),
    ]
    await store.start([mine, *others])
    assert await taken(store, share("gpu"), hinted=hinted) == [mine.id]
    assert await taken(store, share("gpu", digests=("d1", "d2")), hinted=hinted) == [others[0].id]
    assert await taken(store, share("default", "gpu", namespace="elsewhere"), hinted=hinted) == [others[2].id]


async def test_priority_counts_across_queues(store: Store, hinted: bool) -> None:
    low, high = new_run(digest="d1", queue="a", priority=1), new_run(digest="d1", queue="b", priority=9)
    await store.start([low, high])
    assert await taken(store, share("a", "b"), limit=1, hinted=hinted) == [high.id]
    assert await taken(store, share("a", "b"), limit=5, hinted=hinted) == [low.id]


async def test_whatever_led_to_a_claim_limits_hold(store: Store, hinted: bool) -> None:
    await store.set_limits(QueueLimits(namespace="default", queue="limited", concurrency=2))
    runs = [new_run(digest="d1", queue="limited") for _ in range(3)]
    one_at_a_time = [new_run(digest="d1", queue="a", concurrency=Concurrency(limit=1)) for _ in range(2)]
    await store.start([*runs, *one_at_a_time])
    assert await taken(store, share("limited"), hinted=hinted) == [run.id for run in runs[:2]]
    assert await taken(store, share("a", "limited"), hinted=hinted) == [one_at_a_time[0].id]
    assert await taken(store, share("a", "limited"), hinted=hinted) == []


async def test_a_run_that_is_claimed_again_brings_its_journal_and_its_stalls(store: Store, hinted: bool) -> None:
    owner, run = await a_worker(store), new_run(digest="d1", queue="a")
    await store.start([run])
    for stalls in range(3):
        [claimed] = await store.claim(owner, limit=1, share=share("a"), hinted=hinted)
        assert (claimed.run.fence, claimed.run.stalls, claimed.entries) == (stalls + 1, stalls, [])
        assert claimed.run == await store.run(run.id)
        await park(store, owner, run.id, fence=stalls + 1, status="pending", available_at=await store.now())
    [claimed] = await store.claim(owner, limit=1, share=share("a"), hinted=hinted)
    await write(store, owner, run.id, fence=4, entries=[entry(1)])
    await park(store, owner, run.id, fence=4, status="pending", available_at=await store.now())
    [claimed] = await store.claim(owner, limit=1, share=share("a"), hinted=hinted)
    assert (claimed.run.stalls, [entry.seq for entry in claimed.entries]) == (0, [1])


async def test_what_a_dead_worker_left_is_taken_over_within_the_share_only(store: Store) -> None:
    dead = await a_dead_worker(store)
    run = await an_owned_run(store, dead)
    assert await taken(store, share(run.queue, digests=("another",))) == []
    assert await taken(store, share(run.queue, digests=(run.digest,))) == [run.id]


async def test_a_run_that_is_not_due_yet_is_left_alone(store: Store) -> None:
    later = new_run(digest="d1", queue="a", available_at=await store.now() + 3_600_000)
    await store.start([later])
    assert await taken(store, share("a")) == []


async def test_the_definitions_in_a_queue_are_told(store: Store) -> None:
    runs = [
        new_run(digest="d1", queue="a"),
        new_run(digest="d2", queue="a"),
        new_run(digest="d2", queue="b"),
        new_run(digest="d3", queue="b"),
        new_run(digest="d4", queue="c"),
        new_run(digest="d5", queue="a", namespace="elsewhere"),
    ]
    await store.start(runs)
    assert await store.digests("default", ["a", "b"]) == {"d1", "d2", "d3"}
    assert await store.digests("elsewhere", ["a"]) == {"d5"}
    assert await store.digests("default", ["nowhere"]) == set()
