"""The contract of `send`, `messages` and `unread`, for both stores."""

from __future__ import annotations

from typing import Any

import pytest
from store_samples import HOUR, a_worker, an_owned_run, claim_ids, claim_one, end, new_run, park, signal

from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import NewMessage


async def test_a_message_waits_in_the_inbox_as_it_was_sent(store: Store) -> None:
    run = new_run()
    await store.start([run])
    before = await store.now()
    sent = NewMessage(run_id=run.id, kind="cancel", name="why – ü", payload='{"reason":  "x"}')
    assert await store.send([sent]) == [True]
    [message] = await store.unread(run.id)
    assert (message.run_id, message.kind, message.name, message.payload) == (run.id, "cancel", sent.name, sent.payload)
    assert message.at >= before


async def test_messages_stay_in_order_of_arrival(store: Store) -> None:
    one, two = new_run(), new_run()
    await store.start([one, two])
    await store.send([signal(one.id, "a"), signal(two.id, "b"), signal(one.id, "c")])
    await store.send([signal(one.id, "d")])
    found = await store.unread(one.id)
    assert [message.name for message in found] == ["a", "c", "d"]
    assert [message.id for message in found] == sorted({message.id for message in found})


async def test_sending_answers_for_each_message(store: Store) -> None:
    owner = await a_worker(store)
    there, over = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await end(store, owner, over.id)
    answers = await store.send([signal(over.id), signal(there.id), signal(uuid7()), signal(there.id)])
    assert answers == [False, True, False, True]
    assert await store.unread(over.id) == []
    assert await store.send([]) == []


async def test_a_message_makes_a_parked_run_available(store: Store) -> None:
    owner = await a_worker(store)
    waiting, sleeping = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await park(store, owner, waiting.id)
    await park(store, owner, sleeping.id, status="sleeping", available_at=await store.now() + HOUR)
    now = await store.now()
    await store.send([signal(waiting.id), signal(sleeping.id)])
    for run in (waiting, sleeping):
        found = await store.run(run.id)
        assert found is not None
        assert found.available_at is not None
        assert now <= found.available_at <= await store.now()
        assert found.owner is None
    assert sorted(await claim_ids(store, owner)) == sorted([waiting.id, sleeping.id])


async def test_a_message_does_not_put_off_what_is_due_already(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await park(store, owner, run.id, available_at=5)
    await store.send([signal(run.id)])
    found = await store.run(run.id)
    assert found is not None
    assert found.available_at == 5


async def test_a_message_to_a_held_run_leaves_it_with_its_owner(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await store.send([signal(run.id)])
    found = await store.run(run.id)
    assert found is not None
    assert (found.owner, found.available_at, found.fence) == (owner, None, 1)


async def test_an_owner_finds_the_messages_of_all_its_runs(store: Store) -> None:
    owner, other = await a_worker(store), await a_worker(store)
    one, two = await an_owned_run(store, owner), await an_owned_run(store, owner)
    parked, foreign = await an_owned_run(store, owner), await an_owned_run(store, other)
    await park(store, owner, parked.id)
    await store.send([signal(run.id, name) for run, name in ((two, "a"), (foreign, "b"), (parked, "c"), (one, "d"))])
    await store.send([signal(two.id, "e")])
    found = await store.messages(owner)
    assert [(m.run_id, m.name) for m in found] == [(two.id, "a"), (one.id, "d"), (two.id, "e")]
    assert await store.messages(uuid7()) == []


async def test_messages_of_a_claim_are_those_the_owner_finds(store: Store) -> None:
    owner = await a_worker(store)
    run = new_run()
    await store.start([run])
    await store.send([signal(run.id, "a")])
    claimed = await claim_one(store, owner, run.id)
    assert list(claimed.messages) == await store.messages(owner) == await store.unread(run.id)


async def test_an_unknown_run_has_an_empty_inbox(store: Store) -> None:
    assert await store.unread(uuid7()) == []


@pytest.mark.parametrize("bad", [{"payload": "{"}, {"payload": '"\x00"'}, {"name": "\x00"}])
async def test_a_message_that_cannot_be_stored_stops_all_of_them(store: Store, bad: dict[str, str]) -> None:
    run = new_run()
    await store.start([run])
    with pytest.raises(StoreError):
        await store.send([signal(run.id), NewMessage(**({"run_id": run.id, "kind": "signal"} | bad))])
    assert await store.unread(run.id) == []


@pytest.mark.parametrize("kind", ["signal", "child", "pause", "task"])
async def test_a_paused_run_is_not_woken_by_what_can_wait(store: Store, kind: Any) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await park(store, owner, run.id, status="paused")
    assert await store.send([NewMessage(run_id=run.id, kind=kind)]) == [True]
    found = await store.run(run.id)
    assert found is not None
    assert (found.status, found.available_at) == ("paused", None)
    assert await claim_ids(store, owner) == []
    assert [message.kind for message in await store.unread(run.id)] == [kind]


@pytest.mark.parametrize("kind", ["unpause", "cancel", "terminate"])
async def test_a_paused_run_is_woken_by_what_ends_its_pause(store: Store, kind: Any) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await park(store, owner, run.id, status="paused")
    assert await store.send([NewMessage(run_id=run.id, kind="signal"), NewMessage(run_id=run.id, kind=kind)])
    claimed = await claim_one(store, owner, run.id)
    assert [message.kind for message in claimed.messages] == ["signal", kind]
