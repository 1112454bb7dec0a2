"""The contract of `commit` and `journal`, for both stores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from store_samples import (
    HOUR,
    a_worker,
    an_owned_run,
    child_of,
    claim_one,
    end,
    entry,
    new_run,
    park,
    signal,
    write,
)

from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.runtime.core.journal import EntryType
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Ended, Moved, Parked, Started, Write

FAILURE = Failure(
    code=Code.CONFLICT,
    message="taken – ü",
    type="Taken",
    retryable=True,
    details={"n": [1, None, 1.5, "x"]},
    path="a/b[2]",
    outcome="unknown",
    traceback="activities.py:17",
)


async def test_entries_come_back_as_they_were_written(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    plain = entry(0)
    full = entry(
        1,
        type=EntryType.ATTEMPT_FAILED,
        path="order/each[3]/pay",
        node="activity",
        status="failed",
        attempt=3,
        started_at=None,
        output='{"text":  "kept as it is", "n": 1.50}',
        failure=FAILURE,
        due=99,
        note="retry",
    )
    bare = entry(2, type=EntryType.RUN_STARTED, path="", node="", status="", attempt=0, started_at=None, output=None)
    assert await write(store, owner, run.id, entries=[plain, full, bare]) is None
    assert await store.journal(run.id) == [plain, full, bare]


@pytest.mark.parametrize("kind", list(EntryType))
async def test_every_type_of_entry_can_be_kept(store: Store, kind: EntryType) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await write(store, owner, run.id, entries=[entry(0, type=kind)])
    [found] = await store.journal(run.id)
    assert found.type is kind


async def test_the_journal_is_in_order_of_seq(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await write(store, owner, run.id, entries=[entry(2), entry(0)])
    await write(store, owner, run.id, entries=[entry(1)])
    assert [e.seq for e in await store.journal(run.id)] == [0, 1, 2]


async def test_an_unknown_run_has_an_empty_journal(store: Store) -> None:
    assert await store.journal(uuid7()) == []


async def test_an_entry_that_is_there_already_is_left_as_it_is(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await write(store, owner, run.id, entries=[entry(0, output="1")])
    assert await write(store, owner, run.id, entries=[entry(0, output="2"), entry(1)]) is None
    assert [e.output for e in await store.journal(run.id)] == ["1", '{"n": 1}']


async def test_writes_of_many_runs_are_answered_in_their_order(store: Store) -> None:
    owner, other = await a_worker(store), await a_worker(store)
    mine = [await an_owned_run(store, owner) for _ in range(3)]
    theirs, unknown = await an_owned_run(store, other), uuid7()
    runs = [mine[0].id, theirs.id, mine[1].id, unknown, mine[2].id]
    answers = await store.commit(owner, [Write(run_id=run_id, fence=1, entries=[entry(0)]) for run_id in runs])
    assert [answer and answer.reason for answer in answers] == [None, "fence", None, "fence", None]
    assert [len(await store.journal(run_id)) for run_id in runs] == [1, 0, 1, 0, 1]


async def test_a_refusal_names_its_run(store: Store) -> None:
    refused = await write(store, await a_worker(store), uuid7())
    assert refused is not None
    assert "belongs to another worker" in refused.message


@pytest.mark.parametrize("fence", [0, 2])
async def test_a_stale_fence_is_refused(store: Store, fence: int) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    refused = await write(store, owner, run.id, fence=fence, entries=[entry(0)])
    assert refused is not None
    assert refused.reason == "fence"
    assert await store.journal(run.id) == []


async def test_the_fence_counts_even_for_the_same_owner(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await park(store, owner, run.id, status="pending", available_at=1)
    await claim_one(store, owner, run.id)
    assert await write(store, owner, run.id, fence=1, entries=[entry(0)]) is not None
    assert await write(store, owner, run.id, fence=2, entries=[entry(0)]) is None


async def test_the_right_fence_of_another_owner_is_refused(store: Store) -> None:
    run = await an_owned_run(store, await a_worker(store))
    refused = await write(store, await a_worker(store), run.id, fence=1, entries=[entry(0)])
    assert refused is not None
    assert refused.reason == "fence"


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
async def test_nothing_can_be_written_to_a_run_that_is_over(store: Store, status: str) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await end(store, owner, run.id, status=status)
    assert await write(store, owner, run.id, entries=[entry(0)]) is not None
    assert await write(store, owner, run.id, leave=Parked("waiting", None, 0)) is not None
    assert await store.journal(run.id) == []


async def test_nothing_can_be_written_to_a_run_that_was_put_down(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await park(store, owner, run.id)
    refused = await write(store, owner, run.id, entries=[entry(0)])
    assert refused is not None
    assert refused.reason == "fence"


async def test_a_refused_write_leaves_nothing_of_itself(store: Store) -> None:
    owner = await a_worker(store)
    parent, target = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await store.send([signal(parent.id)])
    [message] = await store.unread(parent.id)
    child = child_of(parent)
    refused = await write(
        store,
        owner,
        parent.id,
        fence=9,
        entries=[entry(0)],
        consumed=[message.id],
        starts=[child],
        sends=[signal(target.id)],
        leave=Ended(status="completed", at=1),
    )
    assert refused is not None
    assert await store.journal(parent.id) == []
    assert await store.unread(parent.id) == [message]
    assert await store.unread(target.id) == []
    assert await store.run(child.id) is None
    found = await store.run(parent.id)
    assert found is not None
    assert found.status == "running"


async def test_an_empty_write_only_checks_the_fence(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    assert await write(store, owner, run.id) is None
    assert await write(store, owner, run.id, fence=2) is not None


async def test_committing_nothing_is_fine(store: Store) -> None:
    assert await store.commit(await a_worker(store), []) == []


async def test_two_writes_of_one_run_are_made_one_after_the_other(store: Store) -> None:
    owner = await a_worker(store)
    run, other = await an_owned_run(store, owner), await an_owned_run(store, owner)
    answers = await store.commit(
        owner,
        [
            Write(run_id=run.id, fence=1, entries=[entry(0)]),
            Write(run_id=other.id, fence=1, entries=[entry(0)]),
            Write(run_id=run.id, fence=1, entries=[entry(1)], leave=Parked("waiting", None, 0)),
            Write(run_id=run.id, fence=1, entries=[entry(2)]),
        ],
    )
    assert [answer and answer.reason for answer in answers] == [None, None, None, "fence"]
    assert [e.seq for e in await store.journal(run.id)] == [0, 1]


async def test_messages_that_were_read_are_removed_from_that_inbox_only(store: Store) -> None:
    owner = await a_worker(store)
    run, other = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await store.send([signal(run.id, "a"), signal(run.id, "b"), signal(other.id, "c")])
    first = (await store.unread(run.id))[0]
    foreign = (await store.unread(other.id))[0]
    await write(store, owner, run.id, entries=[entry(0)], consumed=[first.id, foreign.id, 10**9])
    assert [m.name for m in await store.unread(run.id)] == ["b"]
    assert [m.name for m in await store.unread(other.id)] == ["c"]


async def test_children_are_started_with_the_entries(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    later = await store.now() + HOUR
    one, two = child_of(parent, path="a"), child_of(parent, path="b", attached=False, available_at=later)
    assert await write(store, owner, parent.id, entries=[entry(0)], starts=[one, two]) is None
    found = [await store.run(run.id) for run in (one, two)]
    assert [(r.status, r.owner, r.fence, r.parent) for r in found if r] == [
        ("pending", None, 0, one.parent),
        ("pending", None, 0, two.parent),
    ]
    assert found[1] is not None
    assert found[1].available_at == later


async def test_a_child_that_is_there_already_is_left_as_it_is(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    by_id, by_name = child_of(parent), child_of(parent, external_id="p/call")
    await store.start([by_id, by_name])
    twin, namesake = child_of(parent, id=by_id.id, input="0"), child_of(parent, external_id="p/call", input="0")
    fresh = child_of(parent)
    assert await write(store, owner, parent.id, starts=[twin, namesake, fresh]) is None
    found = await store.run(by_id.id)
    assert found is not None
    assert found.input == by_id.input
    assert await store.run(namesake.id) is None
    assert await store.run(fresh.id) is not None
    assert await store.start([namesake]) == [Started(by_name.id, created=False)]


async def test_messages_are_sent_with_the_entries(store: Store) -> None:
    owner = await a_worker(store)
    sender, held, idle = [await an_owned_run(store, owner) for _ in range(3)]
    await park(store, owner, idle.id)
    sends = [signal(held.id, "a", "1"), signal(idle.id, "b"), signal(held.id, "c"), signal(uuid7(), "lost")]
    assert await write(store, owner, sender.id, entries=[entry(0)], sends=sends) is None
    assert [(m.name, m.payload) for m in await store.unread(held.id)] == [("a", "1"), ("c", "null")]
    assert (await claim_one(store, owner, idle.id)).messages_sent == 1


async def test_a_run_can_send_to_itself_and_to_a_child_of_the_same_write(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    child = child_of(run)
    await write(store, owner, run.id, starts=[child], sends=[signal(run.id, "me"), signal(child.id, "you")])
    assert [m.name for m in await store.unread(run.id)] == ["me"]
    claimed = await claim_one(store, owner, child.id)
    assert ([m.name for m in claimed.messages], claimed.messages_sent) == (["you"], 1)


async def test_a_run_that_parks_while_it_is_sent_to_in_the_same_batch_is_available(store: Store) -> None:
    owner = await a_worker(store)
    one, two = await an_owned_run(store, owner), await an_owned_run(store, owner)
    for sender, target in ((one, two), (two, one)):
        fences = [(await store.run(run.id)).fence for run in (sender, target)]  # type: ignore[union-attr]
        answers = await store.commit(
            owner,
            [
                Write(run_id=sender.id, fence=fences[0], sends=[signal(target.id)]),
                Write(run_id=target.id, fence=fences[1], leave=Parked("waiting", None, 0)),
            ],
        )
        assert answers == [None, None]
        await claim_one(store, owner, target.id)


BAD: list[dict[str, Any]] = [
    {"entries": [entry(0, output="{not json")]},
    {"entries": [entry(0, output='"a\x00b"')]},
    {"entries": [entry(0), entry(1, note="a\x00b")]},
    {"entries": [entry(0, path="\ud800")]},
    {"entries": [entry(0, failure=Failure.of(Code.INTERNAL, "a\x00b"))]},
    {"starts": [new_run(input="nope")]},
    {"starts": [new_run(queue="a\x00b")]},
    {"leave": Ended(status="completed", at=1, output="[")},
    {"leave": Ended(status="failed", at=1, failure=Failure.of(Code.INTERNAL, "\ud800"))},
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: next(iter(bad)))
async def test_a_write_that_cannot_be_stored_is_refused_alone(store: Store, bad: dict[str, Any]) -> None:
    owner = await a_worker(store)
    first, broken, last = [await an_owned_run(store, owner) for _ in range(3)]
    answers = await store.commit(
        owner,
        [
            Write(run_id=first.id, fence=1, entries=[entry(0)], sends=[signal(broken.id)]),
            Write(run_id=broken.id, fence=1, **bad),
            Write(run_id=last.id, fence=1, entries=[entry(0)], leave=Ended(status="completed", at=1)),
            Write(run_id=uuid7(), fence=1),
        ],
    )
    assert [answer and answer.reason for answer in answers] == [None, "rows", None, "fence"]
    assert [len(await store.journal(run.id)) for run in (first, broken, last)] == [1, 0, 1]
    assert len(await store.unread(broken.id)) == 1
    found = await store.run(broken.id)
    assert found is not None
    assert (found.status, found.owner) == ("running", owner)
    assert await write(store, owner, broken.id, entries=[entry(0)]) is None


async def test_a_message_that_cannot_be_stored_is_refused_with_its_write(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    refused = await write(store, owner, run.id, entries=[entry(0)], sends=[signal(run.id, payload="{")])
    assert refused is not None
    assert refused.reason == "rows"
    assert refused.message
    assert (await store.journal(run.id), await store.unread(run.id)) == ([], [])


async def test_a_write_can_move_a_run_to_another_definition(store: Store) -> None:
    owner = await a_worker(store)
    run, other = await an_owned_run(store, owner), await an_owned_run(store, owner)
    moved = Moved(digest="e" * 64, version=None, pins={"orders": "e" * 64}, input='{"n": 2}')
    assert await write(store, owner, run.id, entries=[entry(1)], moved=moved, leave=Parked("pending", 0, 0)) is None
    found, untouched = await store.run(run.id), await store.run(other.id)
    assert found is not None
    assert untouched is not None
    assert (found.digest, found.version, found.pins, found.input) == (moved.digest, None, moved.pins, moved.input)
    assert (untouched.digest, untouched.input) == (other.digest, other.input)
    assert await store.digests("default", ["default"]) == {moved.digest, other.digest}
    refused = await write(store, owner, run.id, entries=[entry(2)], moved=replace(moved, digest="f" * 64))
    assert refused is not None
    assert (await claim_one(store, owner, run.id)).run.digest == moved.digest
