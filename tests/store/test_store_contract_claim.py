"""The contract of `claim`, for both stores."""

from __future__ import annotations

from uuid import UUID

from store_samples import (
    HOUR,
    a_dead_worker,
    a_worker,
    an_owned_run,
    child_of,
    claim_ids,
    claim_one,
    end,
    entry,
    new_run,
    park,
    signal,
    write,
)

from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Claimed


async def test_a_claimed_run_belongs_to_its_claimer(store: Store) -> None:
    run = new_run()
    await store.start([run])
    owner = await a_worker(store)
    before = await store.now()
    claimed = await claim_one(store, owner, run.id)
    assert (claimed.run.status, claimed.run.owner, claimed.run.fence) == ("running", owner, 1)
    assert claimed.run.started_at is not None
    assert claimed.run.started_at >= before
    assert claimed.run.available_at is None
    assert claimed.run == await store.run(run.id)


async def test_a_held_run_is_not_claimed_again(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    assert await claim_ids(store, owner) == []
    assert await claim_ids(store, await a_worker(store), run_ids=[run.id]) == []


async def test_a_claim_brings_journal_messages_and_how_many_were_sent(store: Store) -> None:
    owner = await a_worker(store)
    run, other = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await write(store, owner, run.id, entries=[entry(1), entry(0)])
    await store.send([signal(run.id, "a"), signal(other.id, "x"), signal(run.id, "b", "[1]")])
    [first, _] = await store.unread(run.id)
    await write(store, owner, run.id, entries=[entry(2)], consumed=[first.id])
    await park(store, owner, run.id, messages_seen=1)
    claimed = await claim_one(store, owner, run.id)
    assert [e.seq for e in claimed.entries] == [0, 1, 2]
    assert [(m.kind, m.name, m.payload) for m in claimed.messages] == [("signal", "b", "[1]")]
    assert claimed.messages_sent == 2


async def test_a_batch_keeps_journals_and_messages_apart(store: Store) -> None:
    owner = await a_worker(store)
    runs = [await an_owned_run(store, owner) for _ in range(3)]
    for number, run in enumerate(runs):
        await write(store, owner, run.id, entries=[entry(seq) for seq in range(number)])
        await store.send([signal(run.id, f"s{number}")])
        await park(store, owner, run.id)
    claimed = {c.run.id: c for c in await store.claim(owner, limit=10)}
    for number, run in enumerate(runs):
        assert [e.seq for e in claimed[run.id].entries] == list(range(number))
        assert [m.name for m in claimed[run.id].messages] == [f"s{number}"]


async def test_started_at_stays_that_of_the_first_claim(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    first = await store.run(run.id)
    await park(store, owner, run.id, available_at=1)
    claimed = await claim_one(store, owner, run.id)
    assert first is not None
    assert claimed.run.started_at == first.started_at
    await end(store, owner, run.id, fence=2)
    ended = await store.run(run.id)
    assert ended is not None
    assert ended.started_at == first.started_at


async def test_no_more_than_the_limit_is_claimed(store: Store) -> None:
    await store.start([new_run() for _ in range(5)])
    owner = await a_worker(store)
    assert [len(await claim_ids(store, owner, limit=2)) for _ in range(4)] == [2, 2, 1, 0]


async def test_urgent_runs_come_first_then_those_available_longest_then_by_id(store: Store) -> None:
    now = await store.now()
    low, first, urgent = new_run(priority=-1, available_at=1), new_run(available_at=now - 5), new_run(priority=9)
    second, third = new_run(available_at=now - 3), new_run(available_at=now - 3)
    await store.start([third, low, urgent, second, first])
    owner = await a_worker(store)
    expected = [urgent.id, first.id, second.id, third.id, low.id]
    assert await claim_ids(store, owner, limit=2) + await claim_ids(store, owner) == expected


async def test_a_run_that_was_put_down_for_a_while_keeps_its_priority_when_it_is_due(store: Store) -> None:
    owner = await a_worker(store)
    urgent, plain = await an_owned_run(store, owner, priority=5), new_run()
    await park(store, owner, urgent.id, status="sleeping", available_at=await store.now() - 1)
    await store.start([plain])
    assert await claim_ids(store, owner) == [urgent.id, plain.id]


async def test_a_parked_run_is_claimed_only_when_it_is_due(store: Store) -> None:
    owner = await a_worker(store)
    due, later, never = [await an_owned_run(store, owner) for _ in range(3)]
    now = await store.now()
    await park(store, owner, due.id, status="sleeping", available_at=now)
    await park(store, owner, later.id, status="sleeping", available_at=now + HOUR)
    await park(store, owner, never.id, available_at=None)
    assert await claim_ids(store, owner) == [due.id]


async def test_what_a_dead_owner_left_behind_comes_first(store: Store) -> None:
    dead, owner = await a_dead_worker(store), await a_worker(store)
    left_low = await an_owned_run(store, dead, priority=-5)
    left_high = await an_owned_run(store, dead, priority=5)
    ready = new_run(priority=9, available_at=1)
    await store.start([ready])
    assert await claim_ids(store, owner, limit=1) == [left_high.id]
    assert await claim_ids(store, owner) == [left_low.id, ready.id]


async def test_taking_over_raises_the_fence(store: Store) -> None:
    dead, owner = await a_dead_worker(store), await a_worker(store)
    run = await an_owned_run(store, dead)
    claimed = await claim_one(store, owner, run.id)
    assert (claimed.run.owner, claimed.run.fence) == (owner, 2)


async def test_an_owner_that_never_registered_has_no_lease(store: Store) -> None:
    run = await an_owned_run(store, uuid7())
    assert await claim_ids(store, await a_worker(store)) == [run.id]


async def test_a_retired_owners_runs_can_be_claimed_at_once(store: Store) -> None:
    old, owner = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, old)
    await store.retire([old])
    assert await claim_ids(store, owner) == [run.id]


async def test_runs_that_are_over_are_never_claimed(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await end(store, owner, run.id)
    assert await claim_ids(store, owner, run_ids=[run.id]) == []


async def test_a_claim_can_be_narrowed_to_runs(store: Store) -> None:
    one, two, three = new_run(), new_run(), new_run()
    await store.start([one, two, three])
    dead, owner = await a_dead_worker(store), await a_worker(store)
    left, held = await an_owned_run(store, dead), await an_owned_run(store, owner)
    wanted = [two.id, three.id, left.id, held.id, uuid7()]
    assert await claim_ids(store, owner, run_ids=wanted) == [left.id, two.id, three.id]
    assert await claim_ids(store, owner, run_ids=[]) == []


async def test_a_claim_can_be_narrowed_to_families(store: Store) -> None:
    dead, owner = await a_dead_worker(store), await a_worker(store)
    root, stranger = await an_owned_run(store, owner), new_run()
    child, grown = child_of(root), child_of(root)
    await store.start([child, stranger])
    await store.start([grown], owner=dead)
    assert await claim_ids(store, owner, root_ids=[root.id]) == [grown.id, child.id]
    assert await claim_ids(store, owner, root_ids=[]) == []
    assert await claim_ids(store, owner, root_ids=[stranger.id]) == [stranger.id]


async def test_a_claim_narrowed_both_ways_takes_what_fits_both(store: Store) -> None:
    root, stranger = new_run(), new_run()
    child = child_of(root)
    await store.start([root, child, stranger])
    owner = await a_worker(store)
    assert await claim_ids(store, owner, run_ids=[child.id, stranger.id], root_ids=[root.id]) == [child.id]


async def test_claims_without_progress_are_counted(store: Store) -> None:
    run = await an_owned_run(store, await a_dead_worker(store))
    assert [(await claim_and_die(store, run.id)).run.stalls for _ in range(3)] == [1, 2, 3]
    owner = await a_worker(store)
    await claim_one(store, owner, run.id)
    assert await write(store, owner, run.id, fence=5, entries=[entry(0)]) is None
    await store.retire([owner])
    assert (await claim_and_die(store, run.id)).run.stalls == 0
    assert (await claim_and_die(store, run.id)).run.stalls == 1


async def claim_and_die(store: Store, run_id: UUID) -> Claimed:
    """A claim by a worker whose lease ends right after it."""
    owner = await a_worker(store)
    claimed = await claim_one(store, owner, run_id)
    await store.retire([owner])
    return claimed


async def test_a_worker_whose_lease_has_ended_is_given_nothing(store: Store) -> None:
    dead = await a_dead_worker(store)
    run, waiting = await an_owned_run(store, dead), new_run()
    await store.start([waiting])
    assert await store.claim(dead, limit=10) == []
    assert await store.claim(dead, limit=10, run_ids=[run.id]) == []
    assert await store.claim(uuid7(), limit=10) == []


async def test_the_first_claim_is_no_stall(store: Store) -> None:
    run = new_run()
    await store.start([run])
    assert (await claim_one(store, await a_worker(store), run.id)).run.stalls == 0


async def test_parking_without_progress_is_a_stall_at_the_next_claim(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await park(store, owner, run.id, status="pending", available_at=1)
    assert (await claim_one(store, owner, run.id)).run.stalls == 1
    await write(store, owner, run.id, fence=2, entries=[entry(0)])
    await park(store, owner, run.id, fence=2, status="pending", available_at=1)
    assert (await claim_one(store, owner, run.id)).run.stalls == 0


async def test_stalls_show_on_the_run_until_it_is_over(store: Store) -> None:
    run = await an_owned_run(store, await a_dead_worker(store))
    owner = await a_worker(store)
    await claim_one(store, owner, run.id)
    found = await store.run(run.id)
    assert found is not None
    assert found.stalls == 1
    await end(store, owner, run.id, fence=2)
    found = await store.run(run.id)
    assert found is not None
    assert (found.stalls, found.fence, found.owner) == (0, 2, None)
