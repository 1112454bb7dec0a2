"""The contract of hints, for both stores: what is heard in the process where it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from store_samples import HOUR, a_dead_worker, a_worker, an_owned_run, child_of, end, new_run, park, signal, write

from kagzi_dsl.runtime.store.protocol import Store, Topic

Heard = list[tuple[Topic, str]]


def listen(store: Store) -> tuple[Heard, Callable[[], None]]:
    heard: Heard = []
    return heard, store.subscribe(lambda topic, subject: heard.append((topic, subject)))


async def settled(heard: Heard) -> Heard:
    """What was heard since, once the loop has come round."""
    for _ in range(3):
        await asyncio.sleep(0)
    found = list(dict.fromkeys(heard))
    heard.clear()
    return found


async def test_a_run_that_can_be_claimed_is_announced_by_its_queue(store: Store) -> None:
    heard, _ = listen(store)
    await store.start([new_run(queue="slow"), new_run(), new_run(queue="slow"), new_run(queue="due", available_at=1)])
    assert await settled(heard) == [("ready", "slow"), ("ready", "default"), ("ready", "due")]


async def test_a_run_that_nobody_can_claim_yet_is_not_announced(store: Store) -> None:
    owner = await a_worker(store)
    heard, _ = listen(store)
    await store.start([new_run(available_at=await store.now() + HOUR)])
    run = await an_owned_run(store, owner)
    await park(store, owner, run.id)
    await write(store, owner, (await an_owned_run(store, owner)).id)
    assert await settled(heard) == []


async def test_a_child_is_announced(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    heard, _ = listen(store)
    await write(store, owner, parent.id, starts=[child_of(parent, queue="slow")])
    assert await settled(heard) == [("ready", "slow")]


async def test_a_message_is_announced_to_the_owner_or_makes_the_run_ready(store: Store) -> None:
    owner = await a_worker(store)
    held, parked = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await park(store, owner, parked.id)
    heard, _ = listen(store)
    await store.send([signal(held.id)])
    assert await settled(heard) == [("inbox", str(owner))]
    await store.send([signal(parked.id)])
    assert await settled(heard) == [("ready", "default")]


async def test_a_run_put_down_for_now_or_with_an_unseen_message_is_ready(store: Store) -> None:
    owner = await a_worker(store)
    released, woken = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await store.send([signal(woken.id)])
    heard, _ = listen(store)
    await park(store, owner, released.id, status="pending", available_at=await store.now())
    assert await settled(heard) == [("ready", "default")]
    await park(store, owner, woken.id)
    assert await settled(heard) == [("ready", "default")]


async def test_an_end_is_announced_to_those_who_wait_and_to_the_parent(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    child = child_of(parent)
    await store.start([child], owner=owner)
    heard, _ = listen(store)
    await end(store, owner, child.id)
    assert sorted(await settled(heard)) == [("ended", str(child.id)), ("inbox", str(owner))]


async def test_what_a_worker_leaves_behind_and_what_is_reopened_is_ready(store: Store) -> None:
    old = await a_dead_worker(store)
    await an_owned_run(store, old, queue="slow")
    failed = await an_owned_run(store, old)
    await end(store, old, failed.id, status="failed", output=None)
    heard, _ = listen(store)
    await store.retire([old])
    assert await settled(heard) == [("ready", "")]
    await store.reopen(failed.id)
    assert await settled(heard) == [("ready", "default")]


async def test_every_listener_hears_until_it_has_enough(store: Store) -> None:
    one, end_one = listen(store)
    two, end_two = listen(store)
    await store.start([new_run()])
    assert await settled(one) == await settled(two) == [("ready", "default")]
    end_one()
    end_one()
    await store.start([new_run()])
    assert (await settled(one), await settled(two)) == ([], [("ready", "default")])
    end_two()
