"""What a worker takes up: runs of its namespace, in its queues, with definitions it can serve. On both stores."""

from __future__ import annotations

from uuid import UUID

from store_samples import a_dead_worker, a_worker, an_owned_run, new_run

from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Share


def share(*queues: str, namespace: str = "default", digests: tuple[str, ...] = ("d1",)) -> Share:
    return Share(namespace=namespace, queues=queues, digests=digests)


async def taken(store: Store, wanted: Share, limit: int = 10) -> list[UUID]:
    return [one.run.id for one in await store.claim(await a_worker(store), limit=limit, share=wanted)]


async def test_only_runs_of_the_share_are_claimed(store: Store) -> None:
    mine = new_run(digest="d1", queue="gpu")
    others = [
        new_run(digest="d2", queue="gpu"),
        new_run(digest="d1", queue="default"),
        new_run(digest="d1", queue="gpu", namespace="elsewhere"),
    ]
    await store.start([mine, *others])
    assert await taken(store, share("gpu")) == [mine.id]
    assert await taken(store, share("gpu", digests=("d1", "d2"))) == [others[0].id]
    assert await taken(store, share("default", "gpu", namespace="elsewhere")) == [others[2].id]


async def test_priority_counts_across_queues(store: Store) -> None:
    low, high = new_run(digest="d1", queue="a", priority=1), new_run(digest="d1", queue="b", priority=9)
    await store.start([low, high])
    assert await taken(store, share("a", "b"), limit=1) == [high.id]
    assert await taken(store, share("a", "b"), limit=5) == [low.id]


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
