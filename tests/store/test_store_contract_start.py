"""The contract of `start`, `run` and `reopen`, for both stores."""

from __future__ import annotations

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
    new_run,
    signal,
    write,
)

from kagzi_dsl.errors import Code, Failure, StoreError
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Ended, Started


async def test_a_started_run_is_pending_and_available_at_once(store: Store) -> None:
    before = await store.now()
    run = new_run()
    assert await store.start([run]) == [Started(run.id, created=True)]
    found = await store.run(run.id)
    assert found is not None
    assert (found.status, found.owner, found.fence, found.stalls) == ("pending", None, 0, 0)
    assert before <= found.created_at == found.available_at
    assert (found.started_at, found.finished_at, found.output, found.failure) == (None, None, None, None)


async def test_every_fact_of_a_start_is_kept(store: Store) -> None:
    parent = new_run()
    run = child_of(
        parent,
        attached=False,
        path="order/call_2[3]",
        namespace="shop",
        workflow="shipping",
        version=None,
        digest="ab" * 32,
        input='{"text": "ü ✓ \\" \\\\", "list": [1, null, 1.5]}',
        external_id="order 7 – ü",
        queue="slow",
        priority=-3,
        labels={"team": "shop"},
        pins={"shipping": "ab" * 32},
        origin={"host": "h", "activities": ["./activities.py"]},
    )
    await store.start([run])
    found = await store.run(run.id)
    assert found is not None
    for name in ("id", "root_id", "namespace", "workflow", "version", "digest", "input", "external_id", "queue"):
        assert getattr(found, name) == getattr(run, name), name
    for name in ("priority", "labels", "pins", "parent", "origin"):
        assert getattr(found, name) == getattr(run, name), name


async def test_a_run_can_be_started_for_later(store: Store) -> None:
    later = await store.now() + HOUR
    run = new_run(available_at=later)
    await store.start([run])
    found = await store.run(run.id)
    assert found is not None
    assert (found.status, found.available_at) == ("pending", later)
    assert await claim_ids(store, await a_worker(store)) == []


async def test_a_run_started_by_its_owner_is_claimed_already(store: Store) -> None:
    owner = await a_worker(store)
    run = new_run(available_at=await store.now() + HOUR)
    assert await store.start([run], owner=owner) == [Started(run.id, created=True, fence=1)]
    found = await store.run(run.id)
    assert found is not None
    assert (found.status, found.owner, found.fence, found.available_at) == ("running", owner, 1, None)
    assert found.started_at is not None
    assert await write(store, owner, run.id, entries=[entry(0)]) is None


async def test_a_taken_external_id_answers_with_the_run_that_has_it(store: Store) -> None:
    first = new_run(external_id="A-1")
    await store.start([first])
    owner = await a_worker(store)
    again = new_run(external_id="A-1", input="[]")
    assert await store.start([again], owner=owner) == [Started(first.id, created=False)]
    assert await store.run(again.id) is None
    found = await store.run(first.id)
    assert found is not None
    assert (found.input, found.status) == (first.input, "pending")


async def test_an_external_id_stays_taken_when_its_run_is_over(store: Store) -> None:
    owner = await a_worker(store)
    first = await an_owned_run(store, owner, external_id="A-1")
    await end(store, owner, first.id)
    assert await store.start([new_run(external_id="A-1")]) == [Started(first.id, created=False)]


@pytest.mark.parametrize("other", [{"namespace": "other"}, {"workflow": "other"}, {"external_id": "A-2"}])
async def test_an_external_id_counts_per_namespace_and_workflow(store: Store, other: dict[str, str]) -> None:
    await store.start([new_run(external_id="A-1")])
    run = new_run(**({"external_id": "A-1"} | other))
    assert await store.start([run]) == [Started(run.id, created=True)]


async def test_runs_without_external_id_never_clash(store: Store) -> None:
    started = await store.start([new_run(), new_run()])
    assert [answer.created for answer in started] == [True, True]


async def test_starting_the_same_id_again_changes_nothing(store: Store) -> None:
    run = new_run()
    await store.start([run])
    assert await store.start([new_run(id=run.id, input="[]")]) == [Started(run.id, created=False)]
    found = await store.run(run.id)
    assert found is not None
    assert found.input == run.input


async def test_several_runs_are_answered_in_their_order(store: Store) -> None:
    there = new_run(external_id="A-1")
    await store.start([there])
    one, two = new_run(), new_run()
    taken, twice = new_run(external_id="A-1"), new_run(id=one.id)
    answers = await store.start([one, taken, two, twice])
    assert answers == [
        Started(one.id, created=True),
        Started(there.id, created=False),
        Started(two.id, created=True),
        Started(one.id, created=False),
    ]


async def test_an_external_id_twice_in_one_call_starts_one_run(store: Store) -> None:
    first, second = new_run(external_id="A-1"), new_run(external_id="A-1")
    assert await store.start([first, second]) == [Started(first.id, created=True), Started(first.id, created=False)]


async def test_starting_nothing_is_fine(store: Store) -> None:
    assert await store.start([]) == []


@pytest.mark.parametrize("bad", [{"input": "{not json"}, {"workflow": "a\x00b"}, {"external_id": "\ud800"}])
async def test_what_cannot_be_stored_starts_nothing(store: Store, bad: dict[str, str]) -> None:
    good = new_run()
    with pytest.raises(StoreError):
        await store.start([good, new_run(**bad)])
    assert await store.run(good.id) is None


async def test_an_unknown_run_is_none(store: Store) -> None:
    assert await store.run(uuid7()) is None


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_reopening_clears_the_result_and_lets_the_fence_rise(store: Store, status: str) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    failure = Failure.of(Code.INTERNAL, "broken", path="step_1")
    await end(store, owner, run.id, status=status, output=None, failure=failure, compensation="failed")
    ended = await store.run(run.id)
    assert await store.reopen(run.id)
    found = await store.run(run.id)
    assert found is not None
    assert ended is not None
    assert (found.status, found.finished_at, found.failure, found.compensation) == ("pending", None, None, "")
    assert (found.started_at, found.stalls, found.fence) == (ended.started_at, 0, 1)
    claimed = await claim_one(store, owner, run.id)
    assert (claimed.run.fence, claimed.run.stalls, claimed.messages_sent) == (2, 0, 0)


async def test_a_late_write_from_before_the_reopening_is_refused(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await end(store, owner, run.id, status="failed", output=None)
    await store.reopen(run.id)
    await claim_one(store, owner, run.id)
    refused = await write(store, owner, run.id, fence=1, entries=[entry(7)])
    assert refused is not None
    assert refused.reason == "fence"


async def test_a_reopened_child_tells_its_parent_again(store: Store) -> None:
    owner = await a_worker(store)
    parent = await an_owned_run(store, owner)
    child = child_of(parent)
    await store.start([child], owner=owner)
    await end(store, owner, child.id, status="failed", output=None)
    await store.reopen(child.id)
    await claim_one(store, owner, child.id)
    await end(store, owner, child.id, fence=2)
    assert [message.kind for message in await store.unread(parent.id)] == ["child", "child"]


async def test_only_failed_and_cancelled_runs_can_be_reopened(store: Store) -> None:
    owner = await a_worker(store)
    completed, running = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await end(store, owner, completed.id)
    assert not await store.reopen(completed.id)
    assert not await store.reopen(running.id)
    assert not await store.reopen(uuid7())
    found = await store.run(completed.id)
    assert found is not None
    assert found.output == '"done"'


async def test_a_reopened_run_can_end_otherwise(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await end(store, owner, run.id, status="failed", output=None, failure=Failure.of(Code.TIMEOUT, "late"))
    await store.reopen(run.id)
    assert await store.send([signal(run.id)]) == [True]
    await claim_one(store, owner, run.id)
    assert await write(store, owner, run.id, 2, leave=Ended(status="completed", at=9, output="1")) is None
    found = await store.run(run.id)
    assert found is not None
    assert (found.status, found.finished_at, found.output, found.failure) == ("completed", 9, "1", None)


async def test_a_start_keeps_its_retry_policy_and_the_moment_it_waits_for(store: Store) -> None:
    later = await store.now() + HOUR
    policy = Retry(max_attempts=5, initial_interval=10, backoff_coefficient=1.5, non_retryable_errors=("Conflict",))
    run, plain = new_run(available_at=later, retry=policy), new_run(available_at=1, retry=None)
    await store.start([run, plain])
    found, other = await store.run(run.id), await store.run(plain.id)
    assert found is not None
    assert other is not None
    assert (found.retry, found.start_at) == (policy, later)
    assert (other.retry, other.start_at) == (None, None)


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_an_external_id_can_be_taken_from_a_run_that_did_not_complete(store: Store, status: str) -> None:
    owner = await a_worker(store)
    old = await an_owned_run(store, owner, external_id="A-1")
    await end(store, owner, old.id, status=status, output=None)
    new, late = new_run(external_id="A-1"), new_run(external_id="A-1")
    assert await store.start([new_run(external_id="A-1")]) == [Started(old.id, created=False)]
    assert await store.start([new], restart_failed=True) == [Started(new.id, created=True)]
    assert await store.start([late], restart_failed=True) == [Started(new.id, created=False)]
    found = await store.run(old.id)
    assert found is not None
    assert found.external_id == f"A-1~{old.id}"
    assert await store.find("A-1", namespace=None) == [new.id]


async def test_an_external_id_is_not_taken_from_a_run_that_completed_or_is_not_over(store: Store) -> None:
    owner = await a_worker(store)
    completed, live = new_run(external_id="A-1"), new_run(external_id="A-2")
    await store.start([completed, live], owner=owner)
    await end(store, owner, completed.id)
    again = [new_run(external_id="A-1"), new_run(external_id="A-2"), new_run(external_id=None)]
    started = await store.start(again, restart_failed=True)
    assert [(one.run_id, one.already_exists) for one in started] == [
        (completed.id, True),
        (live.id, True),
        (again[2].id, False),
    ]


async def test_a_run_may_bring_a_journal_along(store: Store) -> None:
    entries = [entry(seq) for seq in (1, 2)]
    run, plain = new_run(journal=entries), new_run()
    await store.start([run, plain])
    assert await store.journal(run.id) == entries
    assert await store.start([new_run(id=run.id, journal=[entry(9)])]) == [Started(run.id, created=False)]
    owner = await a_worker(store)
    claimed = {one.run.id: one for one in await store.claim(owner, limit=2)}
    assert list(claimed[run.id].entries) == entries
    assert (claimed[run.id].run.fence, claimed[run.id].run.stalls) == (2, 0)
    assert list(claimed[plain.id].entries) == []
    assert await write(store, owner, run.id, 2, entries=[entry(3)]) is None
