"""The contract of leaving a run, by parking or by its end, for both stores."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from store_samples import (
    HOUR,
    a_worker,
    an_owned_run,
    child_of,
    claim_ids,
    claim_one,
    end,
    entry,
    park,
    signal,
    write,
)

from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Ended, Parked, Run, Write

FAILURE = Failure.of(Code.TIMEOUT, "too late", path="wait", details=[1])


@pytest.mark.parametrize("status", ["pending", "sleeping", "waiting", "paused"])
async def test_a_parked_run_belongs_to_nobody(store: Store, status: str) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    later = await store.now() + HOUR
    parked: Any = Parked(status, later, 0)  # type: ignore[arg-type]
    assert await write(store, owner, run.id, entries=[entry(0)], leave=parked) is None
    found = await store.run(run.id)
    assert found is not None
    assert (found.status, found.owner, found.available_at, found.fence) == (status, None, later, 1)
    assert len(await store.journal(run.id)) == 1


async def test_a_run_parked_for_a_message_alone_has_no_time(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await park(store, owner, run.id)
    found = await store.run(run.id)
    assert found is not None
    assert found.available_at is None
    assert await claim_ids(store, owner) == []


@pytest.mark.parametrize("distance", [None, HOUR, -HOUR])
async def test_parking_after_an_unseen_message_makes_the_run_available_at_once(
    store: Store, distance: int | None
) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await store.send([signal(run.id), signal(run.id)])
    now = await store.now()
    due = None if distance is None else now + distance
    await park(store, owner, run.id, available_at=due, messages_seen=1)
    found = await store.run(run.id)
    assert found is not None
    assert found.status == "waiting"
    assert found.available_at is not None
    assert found.available_at == due if distance == -HOUR else found.available_at >= now
    assert await claim_ids(store, owner) == [run.id]


async def test_parking_after_seeing_every_message_waits(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await store.send([signal(run.id), signal(run.id)])
    await park(store, owner, run.id, messages_seen=2)
    assert await claim_ids(store, owner) == []
    assert len(await store.unread(run.id)) == 2


async def test_messages_seen_counts_those_consumed_long_ago(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await store.send([signal(run.id)])
    [message] = await store.unread(run.id)
    await write(store, owner, run.id, entries=[entry(0)], consumed=[message.id])
    await park(store, owner, run.id, messages_seen=1)
    assert await claim_ids(store, owner) == []
    await store.send([signal(run.id)])
    claimed = await claim_one(store, owner, run.id)
    assert (claimed.messages_sent, len(claimed.messages)) == (2, 1)


@pytest.mark.parametrize(
    "ended",
    [
        Ended(status="completed", at=77, output='{"a":  1}'),
        Ended(status="completed", at=77, output=None),
        Ended(status="failed", at=77, failure=FAILURE, compensation="failed"),
        Ended(status="cancelled", at=77, failure=FAILURE, compensation="completed"),
    ],
    ids=lambda ended: ended.status,
)
async def test_an_ended_run_keeps_how_it_ended(store: Store, ended: Ended) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    assert await write(store, owner, run.id, entries=[entry(0)], leave=ended) is None
    found = await store.run(run.id)
    assert found is not None
    assert (found.status, found.finished_at, found.output) == (ended.status, 77, ended.output)
    assert (found.failure, found.compensation) == (ended.failure, ended.compensation)
    assert (found.owner, found.available_at, found.fence) == (None, None, 1)
    assert len(await store.journal(run.id)) == 1


@pytest.mark.parametrize("messages_seen", [None, 0, 1], ids=["who knows", "too few", "all"])
async def test_the_unread_messages_of_an_ended_run_are_removed(store: Store, messages_seen: int | None) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await store.send([signal(run.id)])
    [message] = await store.unread(run.id)
    over = Ended(status="completed", at=7, messages_seen=messages_seen)
    consumed = [message.id] if messages_seen == 1 else []
    assert await write(store, owner, run.id, entries=[entry(0)], consumed=consumed, leave=over) is None
    assert await store.unread(run.id) == []
    assert await store.messages(owner) == []
    found = await store.run(run.id)
    assert found is not None
    assert (found.status, found.finished_at, found.owner) == ("completed", 7, None)


async def test_runs_may_go_on_wait_and_end_in_one_batch(store: Store) -> None:
    owner = await a_worker(store)
    runs = [await an_owned_run(store, owner) for _ in range(5)]
    going, waiting, ending, surprised, lost = (run.id for run in runs)
    await store.send([signal(surprised)])
    writes = [
        Write(run_id=lost, fence=7, entries=[entry(0)], leave=Ended(status="failed", at=8, messages_seen=0)),
        Write(run_id=surprised, fence=1, entries=[entry(0)], leave=Ended(status="failed", at=8, messages_seen=0)),
        Write(run_id=ending, fence=1, entries=[entry(0)], leave=Ended(status="completed", at=9, messages_seen=0)),
        Write(run_id=waiting, fence=1, leave=Parked("waiting", None, 0)),
        Write(run_id=going, fence=1, entries=[entry(0), entry(1)]),
    ]
    answers = await store.commit(owner, writes)
    assert [answer and answer.reason for answer in answers] == ["fence", None, None, None, None]
    statuses = {run_id: (await _run(store, run_id)).status for run_id in (lost, surprised, ending, waiting, going)}
    assert list(statuses.values()) == ["running", "failed", "completed", "waiting", "running"]
    lengths = [len(await store.journal(run_id)) for run_id in (lost, surprised, ending, waiting, going)]
    assert lengths == [0, 1, 1, 0, 2]
    assert await store.unread(surprised) == []


async def _run(store: Store, run_id: UUID) -> Run:
    run = await store.run(run_id)
    assert run is not None
    return run


async def test_the_end_of_an_attached_child_reaches_its_parents_inbox(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    good, bad = child_of(parent, path="order/call"), child_of(parent, path="order/call_2")
    await store.start([good, bad], owner=owner)
    await end(store, owner, good.id, output='{"n": 1}')
    await end(store, owner, bad.id, status="failed", output=None, failure=FAILURE)
    first, second = await store.unread(parent.id)
    assert (first.kind, first.name, first.run_id) == ("child", "order/call", parent.id)
    assert loads(first.payload) == {
        "run_id": str(good.id),
        "attempt": 1,
        "status": "completed",
        "output": {"n": 1},
        "error": None,
    }
    assert (second.kind, second.name) == ("child", "order/call_2")
    assert loads(second.payload)["output"] is None
    assert Failure.from_record(loads(second.payload)["error"]) == FAILURE


async def test_the_end_of_an_attached_child_wakes_its_parked_parent(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    child = child_of(parent)
    await write(store, owner, parent.id, entries=[entry(0)], starts=[child], leave=Parked("waiting", None, 0))
    await claim_one(store, owner, child.id)
    assert await claim_ids(store, owner) == []
    await end(store, owner, child.id)
    claimed = await claim_one(store, owner, parent.id)
    assert ([m.kind for m in claimed.messages], claimed.messages_sent) == (["child"], 1)


async def test_a_parent_that_parks_in_the_batch_its_child_ends_in_is_available(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    child = child_of(parent)
    await store.start([child], owner=owner)
    answers = await store.commit(
        owner,
        [
            Write(run_id=parent.id, fence=1, leave=Parked("waiting", None, 0)),
            Write(run_id=child.id, fence=1, leave=Ended(status="completed", at=1, output="1")),
        ],
    )
    assert answers == [None, None]
    assert await claim_ids(store, owner) == [parent.id]


async def test_a_detached_child_tells_nobody(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    child = child_of(parent, attached=False)
    await store.start([child], owner=owner)
    await end(store, owner, child.id)
    assert await store.unread(parent.id) == []


async def test_a_child_may_outlive_its_parent(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    child = child_of(parent)
    await store.start([child], owner=owner)
    await end(store, owner, parent.id)
    await end(store, owner, child.id)
    assert await store.unread(parent.id) == []


async def test_parent_and_child_may_end_in_one_batch(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    child = child_of(parent)
    await store.start([child], owner=owner)
    over = Ended(status="completed", at=1)
    writes = [Write(run_id=run.id, fence=1, leave=over) for run in (child, parent)]
    assert await store.commit(owner, writes) == [None, None]
    assert await store.unread(parent.id) == []
