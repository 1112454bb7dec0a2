"""Schedules for the tests of stores, and decisions about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from store_samples import HOUR, new_run

from kagzi_dsl.dsl.schedule import Schedule
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import NewRun, Run
from kagzi_dsl.runtime.store.schedules import NOBODY, Due, Firing, StoredSchedule, external_id_of


async def a_schedule(store: Store, schedule_id: str = "nightly", **changes: Any) -> StoredSchedule:
    """A schedule that is due, unless `changes` say otherwise."""
    now = await store.now()
    facts: dict[str, Any] = {
        "namespace": "default",
        "spec": Schedule(id=schedule_id, cron="0 2 * * *"),
        "template": new_run(id=NOBODY, root_id=NOBODY, queue="reports", labels={"team": "shop"}, priority=2),
        "applied": False,
        "anchor": now - HOUR,
        "created_at": now - HOUR,
        "updated_at": now - HOUR,
        "done": now - HOUR,
        "due_at": now - 1_000,
    }
    schedule = StoredSchedule(**(facts | changes))
    assert await store.schedules.create(schedule)
    return schedule


def run_for(schedule: StoredSchedule, fire: int, **changes: Any) -> NewRun:
    fresh = new_run()
    external_id = external_id_of(schedule.id, fire)
    return replace(schedule.template, id=fresh.id, root_id=fresh.id, external_id=external_id, **changes)


def starting(fire: int = 1_000) -> Callable[[Sequence[Due], int], list[Firing]]:
    """Starts a run for each schedule, and looks at it again in an hour."""

    def decide(due: Sequence[Due], now: int) -> list[Firing]:
        return [
            Firing(replace(one.schedule, done=now, due_at=now + HOUR, last_fire=fire), [run_for(one.schedule, fire)])
            for one in due
        ]

    return decide


async def runs_of(store: Store, schedule_id: str) -> list[Run]:
    return await store.schedules.runs("default", schedule_id)
