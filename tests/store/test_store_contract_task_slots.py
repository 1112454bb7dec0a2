"""The contract of slots that tasks hold: how many attempts a queue's limits allow, and who is told when one is free."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from patience import PATIENCE
from store_samples import HOUR, a_worker, an_owned_run, claim_ids, end, new_run
from task_samples import ANY, GPU, answer, ids, put

from kagzi_dsl.runtime.store.limits import QueueLimits, Rate
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.tasks import TaskShare


async def limited(store: Store, **limits: Any) -> None:
    await store.set_limits(QueueLimits(namespace="default", queue="gpu", **limits))


async def slots(store: Store) -> tuple[int, int]:
    [state] = [one for one in await store.queues("default") if one.queue == "gpu"]
    return state.slots, state.starts


async def test_no_more_attempts_of_a_queue_are_made_at_once_than_its_limit_says(store: Store) -> None:
    await limited(store, concurrency=2)
    owner, first, second = [await a_worker(store) for _ in range(3)]
    run = await an_owned_run(store, owner)
    one, two, three, four = [await put(store, owner, run, path=f"p{n}") for n in range(4)]
    urgent = await put(store, owner, run, path="urgent", priority=1)
    assert await ids(store, first, GPU, limit=1) == [urgent.id]
    [taken] = await store.tasks.claim(second, limit=5, share=GPU)
    assert taken.id == one.id
    assert await ids(store, first, GPU, held=[urgent.id]) == await ids(store, second, ANY, held=[one.id]) == []
    assert await slots(store) == (2, 0)
    assert await store.tasks.finish(second, [answer(taken)]) == [True]
    assert await slots(store) == (1, 0)
    assert await ids(store, second, TaskShare(activities=["render"], root_ids=[run.id])) == [two.id]
    await limited(store)
    assert await ids(store, first, GPU, held=[urgent.id]) == [three.id, four.id]


async def test_runs_and_attempts_of_a_queue_share_its_slots(store: Store) -> None:
    await limited(store, concurrency=1)
    owner, maker = await a_worker(store), await a_worker(store)
    run, other = await an_owned_run(store, owner), new_run(queue="gpu")
    task = await put(store, owner, run)
    await store.start([other])
    assert await ids(store, maker, GPU) == [task.id]
    assert await claim_ids(store, owner) == []
    [full] = (await store.full_limits([other.id]))[other.id]
    assert (full.kind, full.in_use) == ("queue", 1)
    await end(store, owner, run.id)
    assert await claim_ids(store, owner) == [other.id]
    another = await an_owned_run(store, owner)
    await put(store, owner, another)
    assert await ids(store, maker, GPU) == []
    await end(store, owner, other.id)
    assert len(await ids(store, maker, GPU)) == 1


async def test_an_attempt_whose_run_holds_a_slot_of_its_queue_needs_none(store: Store) -> None:
    await limited(store, concurrency=1)
    owner, maker = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    await put(store, owner, run)
    sheltered = await put(store, owner, run, path="own", sheltered=True)
    assert len(await ids(store, maker, GPU)) == 2
    assert await slots(store) == (1, 0)
    assert sheltered.sheltered


async def test_an_attempt_that_is_taken_over_keeps_its_slot_and_counts_once_for_the_rate(store: Store) -> None:
    await limited(store, concurrency=1, rate=Rate(2, HOUR))
    owner, maker, heir = [await a_worker(store) for _ in range(3)]
    run = await an_owned_run(store, owner)
    first, second, third = [await put(store, owner, run, path=f"p{n}") for n in range(3)]
    assert await ids(store, maker, GPU) == [first.id]
    await store.retire([maker])
    [taken] = await store.tasks.claim(heir, limit=5, share=GPU)
    assert (taken.id, taken.claims) == (first.id, 2)
    assert await slots(store) == (1, 1)
    await store.tasks.finish(heir, [answer(taken)])
    [taken] = await store.tasks.claim(heir, limit=5, share=GPU)
    await store.tasks.finish(heir, [answer(taken)])
    assert (taken.id, await slots(store)) == (second.id, (0, 2))
    assert await ids(store, heir, GPU) == []
    assert [task.id for task in await store.tasks.of(run.id)] == [third.id]


async def test_workers_that_claim_at_once_take_no_more_than_there_are_slots(store: Store) -> None:
    await limited(store, concurrency=3)
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    for n in range(12):
        await put(store, owner, run, path=f"p{n}")
    makers = [await a_worker(store) for _ in range(6)]
    for _ in range(3):  # whoever finds somebody counting leaves it to the next look
        await asyncio.gather(*(store.tasks.claim(maker, limit=2, share=GPU, held=[]) for maker in makers))
        assert (await slots(store))[0] <= 3
    assert (await slots(store))[0] == 3


async def test_attempts_under_way_count_when_their_queue_gets_its_first_limit(store: Store) -> None:
    owner, maker = await a_worker(store), await a_worker(store)
    run, other = await an_owned_run(store, owner), new_run(queue="gpu")
    sheltered = await put(store, owner, run, path="own", sheltered=True, priority=1)
    tasks = [await put(store, owner, run, path=f"p{n}") for n in range(4)]
    taken = await store.tasks.claim(maker, limit=3, share=GPU)
    held = [task.id for task in taken]
    assert held == [sheltered.id, tasks[0].id, tasks[1].id]
    await limited(store, concurrency=2)
    assert await slots(store) == (2, 0)
    await store.start([other])
    assert await ids(store, maker, GPU, held=held) == await claim_ids(store, owner) == []
    assert await store.tasks.finish(maker, [answer(taken[0]), answer(taken[1])]) == [True, True]
    assert await ids(store, maker, GPU, held=held) == [tasks[2].id]
    assert await claim_ids(store, owner) == []
    assert await store.tasks.finish(maker, [answer(taken[2])]) == [True]
    assert await claim_ids(store, owner) == [other.id]
    assert await ids(store, maker, GPU, held=[tasks[2].id]) == []
    # Taken away and set again, it finds those who begin meanwhile.
    await limited(store)
    assert await ids(store, maker, GPU, held=[tasks[2].id]) == [tasks[3].id]
    await limited(store, concurrency=5)
    assert await slots(store) == (3, 0)


async def test_slots_held_in_a_queue_without_limits_are_told_too(store: Store) -> None:
    owner, maker = await a_worker(store), await a_worker(store)
    await put(store, owner, await an_owned_run(store, owner, queue="gpu"))
    assert await slots(store) == (1, 0)
    await ids(store, maker, GPU)
    assert await slots(store) == (2, 0)


FREED = {("task", "gpu"), ("ready", "gpu")}


async def heard_by(store: Store, work: Awaitable[Any]) -> set[tuple[str, str]]:
    """The hints that a call gives, but for those to owners and to who waits for an end."""
    heard: set[tuple[str, str]] = set()
    stop = store.subscribe(lambda topic, key: heard.add((topic, key)))
    await work
    for _ in range(3):
        await asyncio.sleep(0)
    stop()
    return {hint for hint in heard if hint[0] in ("task", "ready")}


async def test_whoever_waits_is_told_when_an_attempt_gives_its_slot_back(store: Store) -> None:
    owner, maker, dead = [await a_worker(store) for _ in range(3)]
    run = await an_owned_run(store, owner)
    for n in range(5):
        await put(store, owner, run, path=f"p{n}")
    mine = await store.tasks.claim(maker, limit=3, share=GPU)
    [left] = await store.tasks.claim(dead, limit=1, share=GPU)
    assert await heard_by(store, store.tasks.finish(maker, [answer(mine[0])])) == set()
    await limited(store, concurrency=2)
    assert await heard_by(store, store.tasks.finish(maker, [answer(mine[1])])) == FREED
    await store.retire([dead])
    assert await heard_by(store, store.tasks.stop(run.id, left.id, "no need")) == FREED
    [waiting] = [task for task in await store.tasks.of(run.id) if task.claims == 0]
    assert await heard_by(store, store.tasks.stop(run.id, waiting.id, "no need")) == set()
    # What is still being made when its run ends is nobody's any more.
    assert await heard_by(store, end(store, owner, run.id, status="cancelled", output=None)) == FREED
    assert await slots(store) == (0, 0)


async def test_the_end_of_a_run_tells_of_the_slots_its_attempts_held_and_of_no_others(store: Store) -> None:
    await limited(store, concurrency=2)
    owner, maker = await a_worker(store), await a_worker(store)
    runs = [await an_owned_run(store, owner) for _ in range(3)]
    held = await put(store, owner, runs[0])
    assert await ids(store, maker, GPU) == [held.id]
    await put(store, owner, runs[1])
    await put(store, owner, runs[2], sheltered=True)
    assert len(await ids(store, maker, TaskShare(activities=["render"], root_ids=[runs[2].id]), held=[held.id])) == 1
    over: dict[str, Any] = {"status": "failed", "output": None, "messages_seen": 0}
    assert await heard_by(store, end(store, owner, runs[1].id, **over)) == set()
    assert await heard_by(store, end(store, owner, runs[2].id, **over)) == set()
    assert await heard_by(store, end(store, owner, runs[0].id, **over)) == FREED


async def test_who_waits_for_a_rate_is_told_when_it_has_room_again(store: Store) -> None:
    await limited(store, rate=Rate(2, 200))
    owner, maker = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    made = {(await put(store, owner, run, path=f"p{n}")).id for n in range(6)}
    told = asyncio.Event()
    store.subscribe(lambda topic, key: told.set() if (topic, key) == ("task", "gpu") else None)
    took: set[UUID] = set()
    async with asyncio.timeout(PATIENCE):
        while took != made:
            told.clear()
            took |= set(await ids(store, maker, GPU, held=took))
            if took != made:
                await told.wait()
