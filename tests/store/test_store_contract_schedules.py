"""The contract of the part of a store that keeps schedules, for both stores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from schedule_samples import a_schedule, run_for, runs_of, starting
from store_samples import HOUR, a_worker, claim_one, end, new_run

from kagzi_dsl.dsl.schedule import Schedule, as_overlap
from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.store.limits import Concurrency
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.schedules import NOBODY, Due, Firing


async def test_every_fact_of_a_schedule_is_kept(store: Store) -> None:
    schedule = await a_schedule(
        store,
        namespace="shop",
        spec=Schedule(
            id="a.b-1", interval=90_000, input={"a": [1, None, "ü"]}, max_catchup=0, overlap="queue", jitter=30_000
        ),
        template=new_run(
            id=NOBODY, root_id=NOBODY, workflow="w", version=None, input='{"a": 1}', pins={"w": "d" * 64},
            origin={"host": "h", "activities": ["./a.py"]}, concurrency=Concurrency(limit=3, key="shop", key_limit=1),
        ),
        applied=True, paused=True, last_fire=17, left_out=3, due_at=None, problem="no such zone",
    )  # fmt: skip
    assert await store.schedules.one("shop", "a.b-1") == schedule
    cron = await a_schedule(store, "cron", spec=Schedule(id="cron", cron="0 2 * * *", timezone="Europe/Berlin"))
    assert await store.schedules.one("default", "cron") == cron


async def test_schedules_are_listed_by_id_and_namespace(store: Store) -> None:
    for name in ("b", "a-1", "a", "a_1", "a.1"):
        await a_schedule(store, name)
    await a_schedule(store, "c", namespace="shop")
    assert [one.id for one in await store.schedules.all("default")] == ["a", "a-1", "a.1", "a_1", "b"]
    assert [one.id for one in await store.schedules.all("shop")] == ["c"]
    assert await store.schedules.one("default", "c") is None


async def test_an_id_is_taken_once_in_a_namespace(store: Store) -> None:
    first = await a_schedule(store)
    assert not await store.schedules.create(replace(first, paused=True))
    assert await store.schedules.one("default", "nightly") == first
    assert await store.schedules.create(replace(first, namespace="shop"))


async def test_a_change_counts_only_from_the_revision_it_was_made_of(store: Store) -> None:
    first = await a_schedule(store)
    assert await store.schedules.change(replace(first, paused=True))
    assert not await store.schedules.change(replace(first, left_out=5))
    found = await store.schedules.one("default", "nightly")
    assert found == replace(first, paused=True, revision=2)
    assert not await store.schedules.change(replace(first, spec=replace(first.spec, id="other")))


async def test_a_deleted_schedule_is_gone_and_its_runs_stay(store: Store) -> None:
    await a_schedule(store)
    await store.schedules.fire("default", starting(), limit=10)
    assert await store.schedules.delete("default", "nightly")
    assert not await store.schedules.delete("default", "nightly")
    assert await store.schedules.one("default", "nightly") is None
    assert len(await runs_of(store, "nightly")) == 1


async def test_the_first_schedule_that_is_due_says_how_long_to_wait(store: Store) -> None:
    assert await store.schedules.due_in("default") is None
    now = await store.now()
    await a_schedule(store, "never", due_at=None)
    await a_schedule(store, "paused", paused=True)
    await a_schedule(store, "elsewhere", namespace="shop")
    assert await store.schedules.due_in("default") is None
    await a_schedule(store, "later", due_at=now + HOUR)
    wait = await store.schedules.due_in("default")
    assert wait is not None
    assert 0 < wait <= HOUR
    await a_schedule(store, "late", due_at=now - HOUR)
    wait = await store.schedules.due_in("default")
    assert wait is not None
    assert wait <= -HOUR


async def test_only_what_is_due_and_not_paused_is_looked_at_the_longest_due_first(store: Store) -> None:
    now = await store.now()
    for name, due_at in (("b", now - 5), ("a", now - 5), ("oldest", now - 90), ("later", now + HOUR), ("never", None)):
        await a_schedule(store, name, due_at=due_at)
    await a_schedule(store, "paused", paused=True)
    await a_schedule(store, "elsewhere", namespace="shop")
    asked: list[list[str]] = []

    def decide(due: Sequence[Due], _: int) -> list[Firing]:
        asked.append([one.schedule.id for one in due])
        return []

    assert await store.schedules.fire("default", decide, limit=2) == []
    assert await store.schedules.fire("default", decide, limit=10) == []
    assert asked == [["oldest", "a"], ["oldest", "a", "b"]]


async def test_a_fire_starts_its_run_and_moves_the_schedule_on(store: Store) -> None:
    schedule = await a_schedule(store)
    before = await store.now()
    [firing] = await store.schedules.fire("default", starting(), limit=10)
    found = await store.schedules.one("default", "nightly")
    assert found is not None
    assert (found.last_fire, found.revision) == (1_000, 2)
    assert before <= found.done <= await store.now()
    assert found.due_at == found.done + HOUR
    [run] = await runs_of(store, "nightly")
    assert run.id == firing.starts[0].id
    assert (run.external_id, run.status, run.queue) == ("schedule:nightly:1970-01-01T00:00:01Z", "pending", "reports")
    assert (run.labels, run.priority, run.input) == ({"team": "shop"}, 2, schedule.template.input)
    assert await store.schedules.fire("default", starting(2_000), limit=10) == []


async def test_a_run_may_begin_later_than_its_fire(store: Store) -> None:
    await a_schedule(store)
    later = await store.now() + HOUR

    def decide(due: Sequence[Due], now: int) -> list[Firing]:
        [one] = due
        return [Firing(replace(one.schedule, due_at=None), [run_for(one.schedule, 1_000, available_at=later)])]

    await store.schedules.fire("default", decide, limit=10)
    [run] = await runs_of(store, "nightly")
    assert run.available_at == later


async def test_one_fire_is_one_run_however_often_it_is_started(store: Store) -> None:
    first = await a_schedule(store)
    await store.schedules.fire("default", starting(), limit=10)
    await store.schedules.delete("default", "nightly")
    await store.schedules.create(first)
    [firing] = await store.schedules.fire("default", starting(), limit=10)
    assert firing.starts == []
    assert len(await runs_of(store, "nightly")) == 1


async def test_runs_that_are_not_over_are_told_of_where_overlap_depends_on_them(store: Store) -> None:
    owner = await a_worker(store)
    for name, overlap in (("a", "skip"), ("b", "allow"), ("c", "queue")):
        await a_schedule(store, name, spec=Schedule(id=name, cron="0 2 * * *", overlap=as_overlap(overlap)))
    for fire in (1_000, 2_000, 3_000):
        runs = [run_for(one, fire) for one in await store.schedules.all("default")]
        await store.start(runs)
    await store.start([new_run(external_id="schedule"), new_run(external_id="a"), new_run(external_id="scheduled:a:1")])
    await store.start([new_run(namespace="shop", external_id="schedule:a:1970-01-01T00:00:01Z")])
    runs = {name: [run.id for run in reversed(await runs_of(store, name))] for name in "abc"}
    await claim_one(store, owner, runs["a"][1])
    await end(store, owner, runs["a"][1])
    live: dict[str, list[Any]] = {}

    def decide(due: Sequence[Due], _: int) -> list[Firing]:
        live.update({one.schedule.id: list(one.live) for one in due})
        return []

    await store.schedules.fire("default", decide, limit=10)
    assert live == {"a": [runs["a"][0], runs["a"][2]], "b": [], "c": runs["c"]}


async def test_a_run_that_has_to_make_room_is_told_to_cancel(store: Store) -> None:
    schedule = await a_schedule(store)
    old = run_for(schedule, 1_000)
    await store.start([old])

    def decide(due: Sequence[Due], now: int) -> list[Firing]:
        [one] = due
        return [Firing(replace(one.schedule, due_at=None), [run_for(one.schedule, 2_000)], [old.id])]

    await store.schedules.fire("default", decide, limit=10)
    [message] = await store.unread(old.id)
    assert (message.kind, message.payload) == ("cancel", '"the next run of the schedule nightly is due"')


async def test_the_state_of_a_schedule_is_kept_when_nothing_is_started(store: Store) -> None:
    await a_schedule(store)
    now = await store.now()

    def decide(due: Sequence[Due], _: int) -> list[Firing]:
        [one] = due
        return [Firing(replace(one.schedule, due_at=now + HOUR, left_out=2, problem="no such zone"))]

    await store.schedules.fire("default", decide, limit=10)
    found = await store.schedules.one("default", "nightly")
    assert found is not None
    assert (found.due_at, found.left_out, found.problem) == (now + HOUR, 2, "no such zone")


async def test_the_runs_of_a_schedule_come_newest_first_and_in_pages(store: Store) -> None:
    schedule = await a_schedule(store)
    await a_schedule(store, "night")
    runs = [run_for(schedule, fire) for fire in range(1_000, 6_000, 1_000)]
    await store.start(runs)
    newest = [run.id for run in reversed(runs)]
    assert [run.id for run in await store.schedules.runs("default", "nightly", limit=2)] == newest[:2]
    page = await store.schedules.runs("default", "nightly", before=newest[1], limit=2)
    assert [run.id for run in page] == newest[2:4]
    assert await runs_of(store, "night") == []
    assert await store.schedules.runs("shop", "nightly") == []


async def test_what_goes_wrong_while_deciding_changes_nothing(store: Store) -> None:
    schedule = await a_schedule(store)

    def decide(due: Sequence[Due], now: int) -> list[Firing]:
        raise StoreError("no idea")

    with pytest.raises(StoreError, match="no idea"):
        await store.schedules.fire("default", decide, limit=10)
    assert await store.schedules.one("default", "nightly") == schedule
    assert len(await store.schedules.fire("default", starting(), limit=10)) == 1
