"""What a client does with schedules, on both stores."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import kagzi_dsl
from kagzi_dsl.dsl.link import Linked, link_text
from kagzi_dsl.dsl.moment import parse_moment
from kagzi_dsl.errors import ConfigError, InputError, RunConflict, ScheduleConflict, ScheduleNotFound
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.scheduler import Scheduler
from kagzi_dsl.runtime.schedules import Applied
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.schedules import scheduled_for

REPORT = """
workflow: report
version: "1"
queue: reports
run: {priority: 3, labels: {team: shop}}
input:
  type: object
  required: [region]
  properties: {region: {type: string}, days: {type: integer, default: 1}}
set: 1
"""
NIGHTLY = 'schedule: {cron: "30 2 * * *", timezone: Europe/Berlin, input: {region: eu}}\n'
HOUR = 3_600_000


def linked(text: str = REPORT) -> Linked:
    found = link_text(text)
    assert found.document is not None
    return found


def told(applied: Applied) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(change.schedule.id, change.what, change.fields) for change in applied.changes]


# -- creating


async def test_a_schedule_is_made_for_a_document_a_file_or_a_stored_workflow(store: Store, tmp_path: Path) -> None:
    client = Client(store)
    (tmp_path / "other.yaml").write_text("workflow: other\nset: 1\n")
    await client.schedules.create("a", linked(), cron="@daily", input={"region": "eu"})
    await client.schedules.create("b", tmp_path / "other.yaml", interval=90)
    await client.schedules.create("c", "report", cron="0 9 * * *", timezone="Asia/Kathmandu", input={"region": "np"})
    found = await client.schedules.all()
    assert [(one.id, one.template.workflow) for one in found] == [("a", "report"), ("b", "other"), ("c", "report")]
    assert loads(found[2].template.input) == {"region": "np", "days": 1}
    assert (found[0].template.queue, found[0].template.priority) == ("reports", 3)


async def test_what_makes_no_sense_is_refused(store: Store) -> None:
    client = Client(store)
    given: dict[str, Any] = {"input": {"region": "eu"}}
    wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"cron": "61 * * * *"}, ConfigError, "the minute `61`"),
        ({"cron": "@daily", "timezone": "Mars"}, ConfigError, "there is no time zone 'Mars'"),
        ({"cron": "@daily", "interval": 60}, ConfigError, "not both"),
        ({}, ConfigError, "when should it fire"),
        ({"interval": 0.5}, ConfigError, "a whole number of seconds, and 500ms is not"),
        ({"interval": 60, "max_catchup": 10_001}, ConfigError, "from 0 to 10,000"),
        ({"interval": 60, "overlap": "both"}, ConfigError, "allow, skip, queue, cancel"),
        ({"interval": 60, "jitter": -1}, ConfigError, "jitter"),
        ({"interval": 60, "input": {}}, InputError, "region"),
        ({"cron": "0 0 0 1 1 * 2020"}, ScheduleConflict, "names no moment that is still to come"),
    ]
    for options, error, message in wrong:
        with pytest.raises(error, match=message):
            await client.schedules.create("a", linked(), **(given | options))
    for name in ("A", "a b", "", "a:b", "-a", "a" * 201):
        with pytest.raises(ConfigError, match="cannot be a schedule's id"):
            await client.schedules.create(name, linked(), interval=60, **given)
    with pytest.raises(RunConflict, match="no workflow 'nothing'"):
        await client.schedules.create("a", "nothing", interval=60)
    assert await client.schedules.all() == []


async def test_an_id_that_is_taken_is_refused_in_its_namespace_alone(store: Store) -> None:
    client = Client(store)
    await client.schedules.create("a", linked(), interval=60, input={"region": "eu"})
    with pytest.raises(ScheduleConflict, match="there is a schedule 'a' already"):
        await client.schedules.create("a", linked(), interval=60, input={"region": "us"})
    await Client(store, namespace="shop").schedules.create("a", linked(), interval=60, input={"region": "us"})


async def test_a_schedule_there_is_not_is_told_with_the_one_that_was_meant(store: Store) -> None:
    client = Client(store)
    await client.schedules.create("nightly", linked(), interval=60, input={"region": "eu"})
    for action in ("get", "pause", "resume", "delete", "trigger", "next", "runs"):
        with pytest.raises(ScheduleNotFound, match="did you mean `nightly`"):
            await getattr(client.schedules, action)("nightli")


# -- changing


async def test_a_schedule_starts_the_definition_it_was_given(store: Store) -> None:
    client = Client(store)
    await client.schedules.create("a", linked(), interval=60, input={"region": "eu"})
    edited = linked(REPORT.replace("set: 1", "set: 2").replace('"1"', '"2"'))
    await client.start(edited, {"region": "eu"})
    first = await store.run(await client.schedules.trigger("a"))
    assert first is not None
    assert (first.version, first.labels, first.queue) == ("1", {"team": "shop"}, "reports")
    await client.schedules.update("a", workflow="report")
    second = await store.run(await client.schedules.trigger("a"))
    assert second is not None
    assert second.version == "2"
    assert second.digest == edited.digests["report"]


async def test_an_input_of_its_own_is_checked_against_what_it_starts(store: Store) -> None:
    client = Client(store)
    await client.schedules.create("a", linked(), interval=60, input={"region": "eu"})
    with pytest.raises(InputError, match="days"):
        await client.schedules.update("a", input={"region": "eu", "days": "two"})
    await client.schedules.update("a", input={"region": "us"})
    run = await store.run(await client.schedules.trigger("a"))
    assert run is not None
    assert loads(run.input) == {"region": "us", "days": 1}
    with pytest.raises(InputError, match="kind is missing"):
        await client.schedules.update("a", workflow=linked(REPORT.replace("[region]", "[region, kind]")))


async def test_with_other_times_it_fires_by_them_from_then_on(store: Store) -> None:
    client = Client(store)
    scheduler = Scheduler(client)
    await client.schedules.create("a", linked(), cron="0 0 1 1 *", input={"region": "eu"})
    await _let_be_done_until(store, "a", await store.now() - 3 * HOUR)
    await client.schedules.update("a", cron="* * * * *")
    assert await scheduler.tick() == 0
    changed = await client.schedules.update("a", interval=30)
    assert (changed.spec.cron, changed.spec.interval, changed.anchor) == (None, 30_000, changed.done)
    back = await client.schedules.update("a", cron="* * * * *", timezone="Europe/Berlin")
    assert (back.spec.cron, back.spec.interval, back.spec.timezone) == ("* * * * *", None, "Europe/Berlin")
    with pytest.raises(ScheduleConflict, match="still to come"):
        await client.schedules.update("a", cron="0 0 0 1 1 * 2020")


async def test_with_the_same_times_what_was_missed_is_still_made_up_for(store: Store) -> None:
    client = Client(store)
    scheduler = Scheduler(client)
    await client.schedules.create("a", linked(), cron="0 * * * *", input={"region": "eu"})
    await _let_be_done_until(store, "a", await store.now() - 3 * HOUR)
    await client.schedules.update("a", max_catchup=2, overlap="allow")
    await client.schedules.update("a", cron="0 * * * *", timezone="UTC")
    assert await scheduler.tick() in (2, 3)  # the third is this very minute's, at the full hour


async def _let_be_done_until(store: Store, schedule_id: str, moment: int) -> None:
    """As if nobody had looked since then."""
    there = await store.schedules.one("default", schedule_id)
    assert there is not None
    assert await store.schedules.change(replace(there, done=moment, due_at=moment + 1))


async def test_a_run_that_was_triggered_never_takes_the_place_of_a_fire(store: Store) -> None:
    client = Client(store)
    await client.schedules.create("a", linked(), interval=60, jitter=3600, input={"region": "eu"})
    before = await client.schedules.get("a")
    run = await store.run(await client.schedules.trigger("a"))
    assert run is not None
    assert parse_moment(scheduled_for(run.external_id) or "") % 1000
    assert run.available_at is not None
    assert run.available_at <= await store.now()
    assert await client.schedules.get("a") == before


async def test_the_coming_fires_are_told_of_a_paused_schedule_too(store: Store) -> None:
    client = Client(store)
    await client.schedules.create("a", linked(), interval=60, paused=True, input={"region": "eu"})
    fires = await client.schedules.next("a", 3)
    assert [later - fires[0] for later in fires] == [0, 60_000, 120_000]


# -- documents


async def test_applying_a_document_makes_its_schedule_and_again_changes_nothing(store: Store) -> None:
    client = Client(store)
    first = await client.schedules.apply(linked(REPORT + NIGHTLY))
    assert (first.workflow, first.stored, told(first)) == ("report", True, [("report", "created", ())])
    found = await client.schedules.get("report")
    assert (found.applied, found.spec.timezone) == (True, "Europe/Berlin")
    second = await client.schedules.apply(linked(REPORT + NIGHTLY), origin={"host": "another"})
    assert (second.stored, told(second)) == (False, [("report", "unchanged", ())])
    assert await client.schedules.get("report") == found


async def test_applying_says_what_it_changed(store: Store) -> None:
    client = Client(store)
    await client.schedules.apply(linked(REPORT + NIGHTLY))
    later = NIGHTLY.replace("30 2", "45 3").replace("eu}", "us}")
    assert told(await client.schedules.apply(linked(REPORT + later))) == [("report", "updated", ("cron", "input"))]
    newer = REPORT.replace("set: 1", "set: 2") + later
    assert told(await client.schedules.apply(linked(newer))) == [("report", "updated", ("definition",))]
    found = await client.schedules.get("report")
    assert (found.spec.cron, found.template.digest) == ("45 3 * * *", linked(newer).digests["report"])


async def test_a_schedule_that_is_in_its_document_no_more_is_deleted(store: Store) -> None:
    client = Client(store)
    await client.schedules.create("by-hand", linked(), interval=60, input={"region": "eu"})
    await client.schedules.apply(linked("workflow: other\nset: 1\nschedule: {interval: 1h}\n"))
    await client.schedules.apply(linked(REPORT + NIGHTLY))
    renamed = NIGHTLY.replace("{cron", "{id: nightly, cron")
    assert told(await client.schedules.apply(linked(REPORT + renamed))) == [
        ("nightly", "created", ()),
        ("report", "deleted", ()),
    ]
    assert told(await client.schedules.apply(linked())) == [("nightly", "deleted", ())]
    assert [one.id for one in await client.schedules.all()] == ["by-hand", "other"]


async def test_a_document_takes_over_a_schedule_of_its_workflow_but_no_other(store: Store) -> None:
    client = Client(store)
    await client.schedules.create("report", linked(), interval=60, input={"region": "eu"})
    await client.schedules.create("other", linked("workflow: other\nset: 1\n"), interval=60)
    changed = await client.schedules.apply(linked(REPORT + "schedule: {interval: 1m, input: {region: eu}}\n"))
    assert told(changed) == [("report", "updated", ("document",))]
    assert (await client.schedules.get("report")).applied
    with pytest.raises(ScheduleConflict, match="there is a schedule 'other' already, which starts other"):
        await client.schedules.apply(linked(REPORT + NIGHTLY.replace("{cron", "{id: other, cron")))


async def test_applying_leaves_a_paused_schedule_paused(store: Store) -> None:
    client = Client(store)
    await client.schedules.apply(linked(REPORT + NIGHTLY))
    await client.schedules.pause("report")
    await client.schedules.apply(linked(REPORT + NIGHTLY.replace("30 2", "45 3")))
    found = await client.schedules.get("report")
    assert (found.paused, found.spec.cron) == (True, "45 3 * * *")


async def test_a_schedule_is_no_part_of_the_definition(store: Store) -> None:
    assert linked(REPORT).digests == linked(REPORT + NIGHTLY).digests


async def test_a_document_whose_schedule_makes_no_sense_is_not_applied(store: Store) -> None:
    client = Client(store)
    with pytest.raises(ConfigError, match="the hour `25`"):
        await client.schedules.apply(linked(REPORT + NIGHTLY.replace("30 2", "30 25")))
    with pytest.raises(InputError, match="region"):
        await client.schedules.apply(linked(REPORT + "schedule: {interval: 1h}\n"))
    assert await client.schedules.all() == []


# -- by the promised names alone


async def test_a_program_keeps_a_schedule_and_starts_its_runs_without_a_worker(database_url: str) -> None:
    async with kagzi_dsl.connect(database_url) as client:
        await client.schedules.apply(linked("workflow: tick\nset: 1\nschedule: {interval: 1s}\n"))
        scheduler = kagzi_dsl.Scheduler(client, kagzi_dsl.SchedulerOptions(interval=0.2))
        told = asyncio.Event()
        client.store.subscribe(lambda topic, _: told.set() if topic == "ready" else None)
        working = asyncio.ensure_future(scheduler.run())
        await told.wait()
        working.cancel()
        [run, *_] = await client.schedules.runs("tick")
    assert run.status == "pending"
