"""The contract of slots: how many runs are at work under the limits of queues and workflows, and who is next."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from patience import PATIENCE
from store_samples import (
    HOUR,
    a_dead_worker,
    a_worker,
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

from kagzi_dsl.runtime.core.journal import EntryType
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.limits import Concurrency, Full, QueueLimits, Rate
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import NewMessage, NewRun, Share


async def limit(store: Store, concurrency: int | None, queue: str = "default", namespace: str = "default") -> None:
    await store.set_limits(QueueLimits(namespace=namespace, queue=queue, concurrency=concurrency))


async def started(store: Store, count: int = 1, **changes: Any) -> list[UUID]:
    """Runs in the order of their age."""
    now = await store.now()
    runs = [new_run(**({"available_at": now - 100 + n} | changes)) for n in range(count)]
    await store.start(runs)
    return [run.id for run in runs]


def tenant(key: str, key_limit: int | None = None, **changes: Any) -> dict[str, Any]:
    return {"concurrency": Concurrency(key=key, key_limit=key_limit, **changes)}


def whole(count: int) -> dict[str, Any]:
    return {"concurrency": Concurrency(limit=count)}


async def test_no_more_runs_of_a_queue_are_at_work_than_its_limit_says(store: Store) -> None:
    await limit(store, 2)
    one, two, three, four = await started(store, 4)
    other = new_run(queue="free")
    await store.start([other])
    first, second = await a_worker(store), await a_worker(store)
    assert set(await claim_ids(store, first)) == {one, two, other.id}
    assert await claim_ids(store, second) == []
    await end(store, first, one)
    assert await claim_ids(store, second) == [three]
    assert await claim_ids(store, first, run_ids=[four]) == []
    await end(store, second, three)
    assert await claim_ids(store, first, run_ids=[four]) == [four]


async def test_the_limit_of_a_queue_is_for_its_namespace_alone(store: Store) -> None:
    await limit(store, 1)
    runs = [new_run(), new_run(), new_run(namespace="elsewhere"), new_run(namespace="elsewhere")]
    await store.start(runs)
    assert len(await claim_ids(store, await a_worker(store))) == 3


async def test_a_limit_holds_for_a_share_a_family_and_a_run(store: Store) -> None:
    await limit(store, 1)
    [run] = await started(store)
    owner = await a_worker(store)
    share = Share(namespace="default", queues=("default",), digests=("d" * 64,))
    assert await claim_ids(store, owner, share=share) == [run]
    other = new_run()
    await store.start([other])
    for narrow in ({"share": share}, {"root_ids": [other.id]}, {"run_ids": [other.id]}):
        assert await claim_ids(store, owner, **narrow) == []
    await end(store, owner, run)
    assert await claim_ids(store, owner, root_ids=[other.id]) == [other.id]


async def test_a_run_keeps_its_slot_while_it_is_put_down_and_needs_none_to_go_on(store: Store) -> None:
    await limit(store, 1)
    one, two = await started(store, 2)
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [one]
    await park(store, owner, one, status="sleeping", available_at=await store.now() + HOUR)
    assert await claim_ids(store, owner) == []
    await store.send([signal(one)])
    assert await claim_ids(store, owner) == [one]
    await park(store, owner, one, fence=2, status="sleeping", available_at=1, messages_seen=1)
    assert await claim_ids(store, owner, limit=1) == [one]
    await end(store, owner, one, fence=3)
    assert await claim_ids(store, owner) == [two]


async def test_what_a_dead_worker_left_keeps_its_slot_until_it_ends(store: Store) -> None:
    await limit(store, 1)
    one, two = await started(store, 2)
    old, owner = await a_worker(store), await a_worker(store)
    assert await claim_ids(store, old) == [one]
    await store.retire([old])
    assert await claim_ids(store, owner) == [one]
    assert await claim_ids(store, owner) == []
    await end(store, owner, one, fence=2)
    assert await claim_ids(store, owner) == [two]


async def test_a_run_that_is_opened_again_needs_a_slot_again(store: Store) -> None:
    await limit(store, 1)
    one, two = await started(store, 2)
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [one]
    await write(store, owner, one, entries=[entry(0)])
    await end(store, owner, one, status="failed", output=None)
    assert await claim_ids(store, owner) == [two]
    assert await store.reopen(one)
    assert await claim_ids(store, owner) == []
    await end(store, owner, two)
    assert (await claim_one(store, owner, one)).run.fence == 2


async def test_a_start_claims_nothing_that_needs_a_slot(store: Store) -> None:
    await limit(store, 1, queue="limited")
    owner = await a_worker(store)
    runs = [new_run(queue="limited"), new_run(**whole(3)), new_run()]
    answers = await store.start(runs, owner=owner)
    assert [(answer.created, answer.fence) for answer in answers] == [(True, None), (True, None), (True, 1)]
    assert set(await claim_ids(store, owner)) == {runs[0].id, runs[1].id}


async def test_runs_that_have_begun_count_when_a_limit_is_set(store: Store) -> None:
    await started(store, 3)
    owner = await a_worker(store)
    begun = await claim_ids(store, owner)
    assert len(begun) == 3
    [waiting] = await started(store)
    await limit(store, 3)
    assert await claim_ids(store, owner) == []
    await limit(store, 1)
    await end(store, owner, begun[0])
    await end(store, owner, begun[1])
    assert await claim_ids(store, owner) == []
    await limit(store, 2)
    assert await claim_ids(store, owner) == [waiting]


async def test_a_limit_that_is_taken_away_holds_nobody_up(store: Store) -> None:
    await limit(store, 1)
    runs = await started(store, 3)
    owner = await a_worker(store)
    assert len(await claim_ids(store, owner)) == 1
    await limit(store, None)
    assert await claim_ids(store, owner) == runs[1:]


async def test_the_most_urgent_and_then_the_oldest_begins(store: Store) -> None:
    await limit(store, 1)
    plain, _, urgent = await started(store, 1), await started(store, 1), await started(store, 1, priority=3)
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == urgent
    await end(store, owner, urgent[0])
    assert await claim_ids(store, owner) == plain


async def test_a_run_for_later_needs_a_slot_when_its_time_has_come(store: Store) -> None:
    await limit(store, 1)
    now = await store.now()
    later = [new_run(available_at=now + HOUR), new_run(available_at=now + HOUR, **whole(1))]
    await store.start(later)
    [run] = await started(store)
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [run]
    await store.send([signal(one.id) for one in later])
    assert await claim_ids(store, owner) == []
    await end(store, owner, run)
    assert await claim_ids(store, owner) == [later[0].id]


async def test_an_urgent_run_does_not_wait_behind_others_that_find_no_slot(store: Store) -> None:
    await limit(store, 1, queue="full")
    await started(store, 5, queue="full", priority=9)
    owner = await a_worker(store)
    assert len(await claim_ids(store, owner)) == 1
    runs = await started(store, 2)
    assert await claim_ids(store, owner) == runs


async def test_no_more_runs_of_a_workflow_are_at_work_than_it_says(store: Store) -> None:
    runs = await started(store, 3, **whole(2))
    [other] = await started(store, 1, workflow="another", **whole(1))
    [elsewhere] = await started(store, 1, namespace="elsewhere", **whole(1))
    owner = await a_worker(store)
    assert set(await claim_ids(store, owner)) == {*runs[:2], other, elsewhere}
    await end(store, owner, runs[1])
    assert await claim_ids(store, await a_worker(store)) == [runs[2]]


async def test_a_workflows_limit_holds_over_queues_and_versions(store: Store) -> None:
    [one] = await started(store, 1, digest="1" * 64, queue="a", **whole(1))
    [two] = await started(store, 1, digest="2" * 64, queue="b", **whole(2))
    [three] = await started(store, 1, digest="1" * 64, queue="b", **whole(1))
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [one, two]
    await end(store, owner, one)
    assert await claim_ids(store, owner) == []
    await end(store, owner, two)
    assert await claim_ids(store, owner) == [three]


async def test_no_more_runs_of_a_key_are_at_work_than_its_limit_says(store: Store) -> None:
    ada = await started(store, 3, **tenant("ada", 2))
    ben = await started(store, 1, **tenant("ben", 2))
    owner = await a_worker(store)
    assert set(await claim_ids(store, owner)) == {*ada[:2], *ben}
    assert await claim_ids(store, owner) == []
    await end(store, owner, ada[0])
    assert await claim_ids(store, owner) == [ada[2]]


async def test_one_key_in_two_workflows_is_two_keys(store: Store) -> None:
    await started(store, 1, **tenant("ada", 1))
    await started(store, 1, workflow="another", **tenant("ada", 1))
    assert len(await claim_ids(store, await a_worker(store))) == 2


async def test_limits_of_queue_workflow_and_key_all_hold(store: Store) -> None:
    await limit(store, 4)
    for key in ("ada", "ben", "cyd"):
        await started(store, 3, **tenant(key, 2, limit=3))
    await started(store, 3)
    owner = await a_worker(store)
    keyed = [one.run.concurrency.key for one in await store.claim(owner, limit=10)]
    assert len(keyed) == 4
    assert keyed.count(None) >= 1
    assert len(keyed) - keyed.count(None) <= 3
    assert max(keyed.count(key) for key in ("ada", "ben", "cyd")) <= 2


async def test_claims_go_round_the_keys(store: Store) -> None:
    ada = await started(store, 4, **tenant("ada"))
    ben = await started(store, 2, **tenant("ben"))
    cyd = await started(store, 1, **tenant("cyd"))
    owner = await a_worker(store)
    assert await claim_ids(store, owner, limit=4) == [ada[0], ben[0], cyd[0], ada[1]]
    dan = await started(store, 2, **tenant("dan"))
    # Those at work count: the one of ben comes before the third of ada.
    assert await claim_ids(store, owner, limit=4) == [dan[0], ben[1], dan[1], ada[2]]


async def test_priority_counts_more_than_going_round(store: Store) -> None:
    ada = await started(store, 2, priority=5, **tenant("ada"))
    ben = await started(store, 1, **tenant("ben"))
    assert await claim_ids(store, await a_worker(store)) == [*ada, *ben]


async def test_runs_with_a_key_and_runs_without_take_turns(store: Store) -> None:
    plain = await started(store, 3)
    ada = await started(store, 3, **tenant("ada"))
    order = await claim_ids(store, await a_worker(store))
    assert order == [plain[0], ada[0], plain[1], ada[1], plain[2], ada[2]] or order == [
        ada[0], plain[0], ada[1], plain[1], ada[2], plain[2]
    ]  # fmt: skip


async def test_many_of_one_key_are_claimed_at_once_when_there_is_room(store: Store) -> None:
    runs = await started(store, 30, **tenant("ada"))
    few = [(await started(store, 1, **tenant(f"k{n}")))[0] for n in range(30)]
    claimed = await claim_ids(store, await a_worker(store), limit=50)
    assert len(claimed) == 50
    assert set(claimed) == {*runs[:20], *few}


async def test_many_keys_hide_no_urgent_run_behind_others_of_its_key(store: Store) -> None:
    few = [(await started(store, 1, **tenant(f"k{n}")))[0] for n in range(120)]
    urgent = await started(store, 30, priority=1, **tenant("ada"))
    claimed = await claim_ids(store, await a_worker(store), limit=40)
    assert claimed == [*urgent, *few[:10]]


async def test_a_called_run_needs_no_slot_that_its_caller_holds(store: Store) -> None:
    await limit(store, 1)
    parent = new_run()
    await store.start([parent])
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [parent.id]
    await started(store, 2)
    child = child_of(parent, concurrency=Concurrency(held=frozenset({"queue default"})))
    await write(store, owner, parent.id, starts=[child])
    assert await claim_ids(store, owner) == [child.id]
    [state] = await store.queues("default")
    assert (state.running, state.slots, state.depth) == (2, 1, 2)
    await end(store, owner, child.id, status="failed", output=None)
    assert await store.reopen(child.id)
    assert await claim_ids(store, owner, run_ids=[child.id]) == []


async def test_a_called_run_needs_no_slot_of_its_workflow_or_key_that_is_held_for_it(store: Store) -> None:
    owner = await a_worker(store)
    held = frozenset({"queue default", "workflow orders", "key orders ada"})
    parent = new_run(concurrency=Concurrency(limit=1, key="ada", key_limit=1))
    await store.start([parent])
    assert await claim_ids(store, owner) == [parent.id]
    same = child_of(parent, path="a", concurrency=Concurrency(limit=1, key="ada", key_limit=1, held=held))
    others = [
        child_of(parent, path=path, concurrency=Concurrency(limit=1, key="ben", key_limit=1, held=held))
        for path in ("b", "c")
    ]
    await write(store, owner, parent.id, starts=[same, *others])
    assert set(await claim_ids(store, owner)) == {same.id, others[0].id}
    await end(store, owner, others[0].id)
    assert await claim_ids(store, owner) == [others[1].id]


async def test_no_more_runs_begin_in_a_while_than_the_rate_of_their_queue_says(store: Store) -> None:
    await store.set_limits(QueueLimits(namespace="default", queue="default", rate=Rate(3, 400)))
    await started(store, 10)
    owner, told = await a_worker(store), asyncio.Event()
    store.subscribe(lambda topic, key: told.set() if (topic, key) == ("ready", "") else None)
    begun: list[int] = []
    while len(begun) < 10:
        for one in await store.claim(owner, limit=5):
            assert one.run.started_at is not None
            begun.append(one.run.started_at)
            await end(store, owner, one.run.id)
        if len(begun) < 10:
            # Whoever used the rate up is told when there is room again.
            await asyncio.wait_for(told.wait(), timeout=PATIENCE)
            told.clear()
    assert all(later - earlier >= 400 for earlier, later in zip(begun, begun[3:], strict=False))


async def test_a_rate_counts_starts_and_not_what_goes_on(store: Store) -> None:
    await store.set_limits(QueueLimits(namespace="default", queue="default", concurrency=2, rate=Rate(3, HOUR)))
    one, two, three, _ = await started(store, 4)
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [one, two]
    await park(store, owner, one, status="sleeping", available_at=1)
    assert await claim_ids(store, owner) == [one]
    await end(store, owner, one, fence=2)
    await end(store, owner, two)
    assert await claim_ids(store, owner) == [three]
    [state] = await store.queues("default")
    assert (state.starts, state.slots, state.limits.rate) == (3, 1, Rate(3, HOUR))
    await store.set_limits(QueueLimits(namespace="default", queue="default", rate=Rate(4, HOUR)))
    assert len(await claim_ids(store, owner)) == 1


async def test_a_run_claimed_aside_takes_no_slot_and_has_not_begun(store: Store) -> None:
    await limit(store, 1)
    one, two = await started(store, 2)
    [gated] = await started(store, 1, queue="other", **whole(1))
    owner, steward = await a_worker(store), await a_worker(store)
    assert await claim_ids(store, owner, run_ids=[one]) == [one]
    aside = await store.claim(steward, limit=5, run_ids=[one, two, gated], aside=True)
    assert [(c.run.id, c.run.owner, c.run.started_at, c.run.stalls) for c in aside] == [
        (two, steward, None, 0), (gated, steward, None, 0)
    ]  # fmt: skip
    [state, _] = await store.queues("default")
    assert (state.running, state.slots) == (2, 1)
    for run_id in (two, gated):
        await park(store, steward, run_id, status="pending", available_at=1)
    assert await claim_ids(store, owner) == [gated]
    await end(store, owner, one)
    assert await claim_ids(store, owner) == [two]


async def test_a_run_left_behind_by_who_claimed_it_aside_is_still_in_line(store: Store) -> None:
    await limit(store, 1)
    one, two = await started(store, 2)
    owner, steward = await a_worker(store), await a_worker(store)
    assert await claim_ids(store, owner, run_ids=[one]) == [one]
    assert await claim_ids(store, steward, run_ids=[two], aside=True) == [two]
    await store.retire([steward])
    assert await claim_ids(store, owner) == []
    assert await claim_ids(store, owner, run_ids=[two]) == []
    await end(store, owner, one)
    assert await claim_ids(store, owner) == [two]


async def test_what_is_ended_tells_those_who_wait_for_its_slot(store: Store) -> None:
    await limit(store, 1, queue="limited")
    owner = await a_worker(store)
    runs = [new_run(queue="limited"), new_run(**whole(1)), new_run()]
    await store.start(runs)
    for one in await store.claim(owner, limit=5):
        heard: list[tuple[str, str]] = []
        stop = store.subscribe(lambda topic, key, heard=heard: heard.append((topic, key)))
        await end(store, owner, one.run.id)
        for _ in range(3):
            await asyncio.sleep(0)
        stop()
        limited = [("ready", "limited"), ("task", "limited")]
        freed = {runs[0].id: limited, runs[1].id: [("ready", "")], runs[2].id: []}[one.run.id]
        assert sorted(heard) == sorted([("ended", str(one.run.id)), *freed])


async def test_the_end_of_a_run_under_limits_of_its_queue_and_its_workflow_tells_those_who_wait_for_either(
    store: Store,
) -> None:
    await limit(store, 1)
    [run_id] = await started(store, **whole(1))
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [run_id]
    heard: set[tuple[str, str]] = set()
    store.subscribe(lambda topic, key: heard.add((topic, key)))
    await end(store, owner, run_id, status="failed", output=None, messages_seen=0)
    for _ in range(3):
        await asyncio.sleep(0)
    assert heard == {("ended", str(run_id)), ("ready", ""), ("ready", "default"), ("task", "default")}


async def test_the_state_of_queues(store: Store) -> None:
    await limit(store, 2, queue="busy")
    await limit(store, 5, queue="empty")
    now = await store.now()
    runs = [new_run(queue="busy", available_at=now - 5_000 + n) for n in range(4)]
    later = new_run(queue="busy", available_at=now + HOUR)
    await store.start([*runs, later, new_run(queue="busy", namespace="elsewhere")])
    owner = await a_worker(store)
    assert await claim_ids(store, owner, run_ids=[run.id for run in runs]) == [runs[0].id, runs[1].id]
    await park(store, owner, runs[1].id)
    busy, empty = await store.queues("default")
    assert (busy.queue, busy.depth, busy.later, busy.running, busy.parked, busy.slots) == ("busy", 2, 1, 1, 1, 2)
    assert busy.oldest_wait_ms is not None
    assert 4_990 <= busy.oldest_wait_ms < 60_000
    assert busy.limits == QueueLimits(namespace="default", queue="busy", concurrency=2)
    assert (empty.queue, empty.depth, empty.oldest_wait_ms, empty.limits.concurrency) == ("empty", 0, None, 5)
    everywhere = await store.queues(None)
    assert [(state.namespace, state.queue) for state in everywhere] == [
        ("default", "busy"), ("default", "empty"), ("elsewhere", "busy")
    ]  # fmt: skip


async def test_what_a_run_is_under_can_be_read(store: Store) -> None:
    concurrency = Concurrency(limit=3, key='a "key"', key_limit=1, held=frozenset({"queue x", "workflow y"}))
    run: NewRun = new_run(concurrency=concurrency)
    await store.start([run])
    found = await store.run(run.id)
    assert found is not None
    assert found.concurrency == concurrency
    assert (await claim_one(store, await a_worker(store), run.id)).run.concurrency == concurrency


async def test_a_worker_without_a_lease_is_given_no_slot(store: Store) -> None:
    await limit(store, 1)
    await started(store, 1)
    assert await claim_ids(store, await a_dead_worker(store)) == []
    assert await claim_ids(store, uuid7()) == []


async def test_the_limits_that_leave_no_room_are_named_for_each_run_in_line(store: Store) -> None:
    await store.set_limits(QueueLimits(namespace="default", queue="default", concurrency=2, rate=Rate(1, HOUR)))
    [first] = await started(store, concurrency=Concurrency(limit=1, key="ada", key_limit=1))
    owner = await a_worker(store)
    began = await store.now()
    assert await claim_ids(store, owner) == [first]
    [same] = await started(store, concurrency=Concurrency(limit=1, key="ada", key_limit=1))
    [wider] = await started(store, concurrency=Concurrency(limit=2, key="ben", key_limit=1))
    [plain, later] = [*await started(store), *await started(store, available_at=began + HOUR)]
    [elsewhere] = await started(store, queue="free", concurrency=Concurrency(key="ada", key_limit=1))
    found = await store.full_limits([first, same, wider, plain, later, elsewhere, uuid7()])
    rate, *rest = found[same]
    assert (rate.kind, rate.name, rate.limit, rate.in_use, rate.window_ms) == ("rate", "default", 1, 1, HOUR)
    assert rate.opens_at is not None
    assert began + HOUR <= rate.opens_at <= await store.now() + HOUR + 2 * HOUR // 100
    key = Full(kind="key", name="orders", key="ada", limit=1, in_use=1)
    assert rest == [Full(kind="workflow", name="orders", limit=1, in_use=1), key]
    assert {run: [one.kind for one in full] for run, full in found.items()} == {
        same: ["rate", "workflow", "key"],
        wider: ["rate"],
        plain: ["rate"],
        elsewhere: ["key"],
    }
    await store.set_limits(QueueLimits(namespace="default", queue="default", concurrency=1))
    assert await store.full_limits([plain]) == {plain: [Full(kind="queue", name="default", limit=1, in_use=1)]}
    await end(store, owner, first)
    assert await store.full_limits([same, wider, plain, later, elsewhere]) == {}


async def test_a_paused_and_a_called_run_wait_for_no_slot_that_is_not_theirs_to_wait_for(store: Store) -> None:
    await limit(store, 1)
    parent = new_run()
    await store.start([parent])
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [parent.id]
    held = Concurrency(held=frozenset({"queue default"}))
    child = child_of(parent, concurrency=held)
    [waiting] = await started(store)
    await store.start([child])
    assert set(await store.full_limits([child.id, waiting])) == {waiting}


@pytest.mark.parametrize("kind", ["cancel", "terminate"])
async def test_a_run_in_line_that_is_to_end_is_claimed_without_a_slot_and_holds_none(store: Store, kind: Any) -> None:
    await limit(store, 1)
    first, ended, other = await started(store, 3, concurrency=Concurrency(limit=1, key="ada", key_limit=1))
    [late] = await started(store, available_at=await store.now() + HOUR, concurrency=Concurrency(limit=1))
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [first]
    await store.send([NewMessage(run_id=run, kind=kind, payload="null") for run in (ended, late)])
    assert set(await store.full_limits([ended, late, other])) == {other}
    assert set(await claim_ids(store, owner)) == {ended, late}
    [state] = await store.queues("default")
    assert (state.slots, state.running) == (1, 3)
    # While it ends, what it waited for may be had by others.
    await end(store, owner, first)
    assert await claim_ids(store, owner) == [other]
    await end(store, owner, ended, status="cancelled")
    await end(store, owner, late, status="cancelled")
    assert await store.reopen(ended)
    assert await claim_ids(store, owner) == []
    await end(store, owner, other)
    assert await claim_ids(store, owner) == [ended]


async def test_a_run_that_has_begun_or_has_a_journal_to_undo_is_not_let_by_when_it_is_cancelled(store: Store) -> None:
    await limit(store, 1)
    [first] = await started(store)
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == [first]
    forked = new_run(journal=[entry(1, type=EntryType.RUN_STARTED, path="", node="", output=None)])
    await store.start([forked])
    await store.send([NewMessage(run_id=run, kind="cancel", payload="null") for run in (first, forked.id)])
    assert await claim_ids(store, owner) == []
    await park(store, owner, first, messages_seen=1)
    [state] = await store.queues("default")
    assert (state.slots, state.parked) == (1, 1)
    assert await claim_ids(store, owner) == []
