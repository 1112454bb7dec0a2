"""The scheduler in virtual time: which runs it starts, and that it starts each once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from schedules.brute_force import Expression, Field, fires_of, moment, ms

from kagzi_dsl.dsl.link import link_text
from kagzi_dsl.dsl.schedule import OVERLAPS, Schedule
from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.firing import ON_TIME_MS
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.scheduler import Scheduler, SchedulerOptions
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.records import Ended, NewWorker, Write
from kagzi_dsl.runtime.store.schedules import scheduled_for
from kagzi_dsl.testing import VirtualLoop

DOCUMENT = "workflow: report\nset: 1\n"
MINUTE, HOUR = 60_000, 3_600_000


class World:
    """A store, a client and a scheduler on a clock that is set by hand."""

    def __init__(self, start: str = "2026-01-01T00:00:00Z", **settings: Any) -> None:
        self.now = ms(start)
        self.store = MemoryStore(now=lambda: self.now)
        self.client = Client(self.store)
        self.schedules = self.client.schedules
        self.scheduler = Scheduler(self.client, SchedulerOptions(**settings))

    async def schedule(self, schedule_id: str = "nightly", **spec: Any) -> None:
        await self.schedules.create(schedule_id, link_text(DOCUMENT), **spec)

    async def at(self, text: str) -> int:
        """Lets the scheduler look at a moment; how many runs it started."""
        self.now = ms(text)
        return await self.scheduler.tick()

    async def fires(self, schedule_id: str = "nightly") -> list[str]:
        """The moments there are runs for, in the order in which they were started."""
        runs = await self.schedules.runs(schedule_id, limit=100_000)
        return [scheduled_for(run.external_id) or "?" for run in reversed(runs)]

    async def hours(self, schedule_id: str = "nightly") -> list[str]:
        """The same, for fires of one day: hours and minutes."""
        return [fire[11:16] for fire in await self.fires(schedule_id)]

    async def end_all(self) -> None:
        """Ends every run there is."""
        worker = uuid7()
        facts = {"name": "w", "host": "h", "boot_id": "b", "pid": 1, "started": "1", "version": "1"}
        await self.store.register(NewWorker(id=worker, lease_ms=HOUR, **facts))  # type: ignore[arg-type]
        leave = Ended(status="completed", at=self.now, output="1")
        for one in await self.store.claim(worker, limit=1_000):
            await self.store.commit(worker, [Write(run_id=one.run.id, fence=one.run.fence, leave=leave)])


# -- a year of fires


def every(low: int, high: int) -> Field:
    return Field("*", frozenset(range(low, high + 1)))


def only(*values: int) -> Field:
    return Field(",".join(map(str, values)), frozenset(values))


def expression(minute: Field, hour: Field, weekday: Field | None = None) -> Expression:
    return Expression(minute, hour, every(1, 31), every(1, 12), weekday or every(0, 6))


YEARS = [
    ("Europe/Berlin", expression(only(30), only(2)), 100),
    ("Europe/Berlin", expression(only(0, 30), only(0, 1, 2, 3, 4)), 100),
    ("America/New_York", expression(only(15, 45), only(1, 2, 3), only(0, 1, 2, 3, 4, 5)), 5),
    ("Australia/Lord_Howe", expression(only(0, 20, 40), every(0, 23)), 0),
    ("Africa/Casablanca", expression(only(0), only(0, 2, 3, 12)), 1),
]


@pytest.mark.parametrize(("zone", "cron", "max_catchup"), YEARS, ids=[f"{y[0]} {y[1].text}" for y in YEARS])
async def test_a_year_with_outages_starts_the_runs_a_look_at_every_minute_says(
    zone: str, cron: Expression, max_catchup: int
) -> None:
    start, end = moment("2026-01-01T00:00"), moment("2027-01-01T00:00")
    due = list(fires_of(cron, ZoneInfo(zone), start + timedelta(minutes=1), end))
    world = World()
    await world.schedule(cron=cron.text, timezone=zone, max_catchup=max_catchup)
    looks = looks_with_outages(world.now, ms("2026-12-31T23:59:59Z"), seed=max_catchup)
    # Whoever looks: there are three schedulers, and nobody arranges who is first.
    schedulers = [world.scheduler, *(Scheduler(world.client) for _ in range(2))]
    expected: list[int] = []
    before = world.now
    for number, look in enumerate(looks):
        world.now = look
        for scheduler in (schedulers[number % 3], schedulers[(number + 1) % 3]):
            await scheduler.tick()
        expected += what_to_start(due, before, look, max_catchup)
        before = look
    assert [ms(fire) for fire in await world.fires()] == expected
    assert len(expected) > 300


def looks_with_outages(start: int, end: int, *, seed: int) -> list[int]:
    """When the schedulers look: after seconds, minutes or hours, and now and then not for days or weeks."""
    chance = random.Random(seed)
    looks, now = [], start
    while True:
        if chance.random() < 0.003:
            now += chance.randrange(HOUR, 15 * 24 * HOUR)
        else:
            now += chance.choice([1_000, 20_000, MINUTE, 25 * MINUTE, 2 * HOUR])
        if now > end:
            return looks
        looks.append(now)


def what_to_start(due: Sequence[int], before: int, now: int, max_catchup: int) -> list[int]:
    """Of the fires in (before, now] those on time, and before them the newest of the others."""
    pending = [fire for fire in due if before < fire <= now]
    missed = [fire for fire in pending if fire <= now - ON_TIME_MS]
    return [*missed[max(0, len(missed) - max_catchup) :], *pending[len(missed) :]]


# -- catching up


async def test_missed_fires_are_made_up_for_in_order() -> None:
    world = World()
    await world.schedule(cron="0 * * * *")
    assert await world.at("2026-01-01T04:30:00Z") == 4
    assert await world.hours() == ["01:00", "02:00", "03:00", "04:00"]
    assert await world.at("2026-01-01T05:00:00Z") == 1


async def test_only_the_newest_of_the_missed_fires_are_made_up_for() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", max_catchup=2)
    assert await world.at("2026-01-01T09:30:00Z") == 2
    assert await world.hours() == ["08:00", "09:00"]


async def test_without_catching_up_a_fire_on_time_still_starts_its_run() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", max_catchup=0)
    assert await world.at("2026-01-01T03:30:00Z") == 0
    assert await world.at("2026-01-01T04:00:59Z") == 1
    assert await world.at("2026-01-01T05:01:00Z") == 0
    assert await world.hours() == ["04:00"]


async def test_an_interval_goes_on_as_if_nothing_had_been_missed() -> None:
    world = World("2026-01-01T00:00:07.250Z")
    await world.schedule(interval=90)
    await world.at("2026-01-01T00:05:00Z")
    assert await world.fires() == ["2026-01-01T00:01:37Z", "2026-01-01T00:03:07Z", "2026-01-01T00:04:37Z"]


async def test_a_tick_starts_so_many_runs_and_the_next_one_goes_on() -> None:
    world = World(max_runs=3)
    await world.schedule(cron="0 * * * *")
    await world.schedule("other", cron="30 * * * *")
    assert [await world.at("2026-01-01T05:00:00Z") for _ in range(5)] == [3, 3, 3, 1, 0]
    assert await world.hours() == ["01:00", "02:00", "03:00", "04:00", "05:00"]
    assert await world.hours("other") == ["00:30", "01:30", "02:30", "03:30", "04:30"]


async def test_a_tick_takes_batch_after_batch() -> None:
    world = World(batch_size=2)
    for number in range(7):
        await world.schedule(f"s{number}", cron="0 * * * *")
    assert await world.at("2026-01-01T01:00:00Z") == 7


async def test_a_schedule_begins_with_the_first_fire_after_it_was_made() -> None:
    world = World("2026-01-01T12:00:00Z")
    await world.schedule(cron="0 * * * *")
    assert await world.at("2026-01-01T12:00:30Z") == 0
    assert await world.at("2026-01-01T13:00:00Z") == 1


# -- pausing


async def test_a_paused_schedule_starts_nothing_and_catches_up_when_it_goes_on() -> None:
    world = World()
    await world.schedule(cron="0 * * * *")
    await world.at("2026-01-01T01:00:00Z")
    await world.schedules.pause("nightly")
    assert await world.at("2026-01-01T03:30:00Z") == 0
    await world.schedules.resume("nightly")
    assert await world.at("2026-01-01T03:30:01Z") == 2
    assert await world.hours() == ["01:00", "02:00", "03:00"]


async def test_without_catching_up_a_schedule_goes_on_with_the_next_fire() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", max_catchup=0)
    await world.schedules.pause("nightly")
    world.now = ms("2026-01-01T03:00:10Z")
    await world.schedules.resume("nightly")
    assert await world.at("2026-01-01T03:00:11Z") == 0
    assert await world.at("2026-01-01T04:00:00Z") == 1


async def test_pausing_twice_and_going_on_twice_changes_nothing() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", max_catchup=0)
    for _ in range(2):
        await world.schedules.pause("nightly")
    for _ in range(2):
        await world.schedules.resume("nightly")
        world.now += 1_000
    assert await world.at("2026-01-01T01:00:00Z") == 1


# -- overlap


async def test_overlapping_runs_are_allowed_unless_told_otherwise() -> None:
    world = World()
    await world.schedule(cron="0 * * * *")
    assert await world.at("2026-01-01T02:00:00Z") == 2
    assert await world.at("2026-01-01T03:00:00Z") == 1


async def test_a_fire_is_left_out_while_a_run_is_not_over() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", overlap="skip")
    await world.at("2026-01-01T01:00:00Z")
    await world.at("2026-01-01T02:00:00Z")
    await world.end_all()
    await world.at("2026-01-01T02:30:00Z")
    await world.at("2026-01-01T03:00:00Z")
    assert await world.hours() == ["01:00", "03:00"]
    found = await world.schedules.get("nightly")
    assert (found.left_out, found.last_fire) == (1, ms("2026-01-01T03:00:00Z"))


async def test_of_missed_fires_that_must_not_overlap_the_first_is_started() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", overlap="skip")
    await world.at("2026-01-01T04:00:00Z")
    assert await world.hours() == ["01:00"]
    assert (await world.schedules.get("nightly")).left_out == 3


async def test_a_fire_waits_for_the_run_before_it_is_over() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", overlap="queue")
    for hour in (1, 2, 3):
        await world.at(f"2026-01-01T0{hour}:00:00Z")
    assert await world.hours() == ["01:00"]
    await world.end_all()
    await world.at("2026-01-01T03:10:00Z")
    assert await world.hours() == ["01:00", "02:00"]
    await world.at("2026-01-01T03:20:00Z")
    await world.end_all()
    await world.at("2026-01-01T03:30:00Z")
    assert await world.hours() == ["01:00", "02:00", "03:00"]


async def test_no_more_fires_wait_than_missed_ones_are_made_up_for() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", overlap="queue", max_catchup=2)
    for hour in range(1, 7):
        await world.at(f"2026-01-01T0{hour}:00:30Z")
    for minute in range(5):
        await world.end_all()
        await world.at(f"2026-01-01T06:3{minute}:00Z")
    assert await world.hours() == ["01:00", "05:00", "06:00"]


async def test_a_waiting_fire_holds_up_no_other_schedule() -> None:
    world = World(batch_size=1)
    await world.schedule("a", cron="0 * * * *", overlap="queue")
    await world.schedule("b", cron="0 * * * *")
    await world.at("2026-01-01T01:00:00Z")
    assert await world.at("2026-01-01T02:00:00Z") == 1
    assert await world.hours("b") == ["01:00", "02:00"]


async def test_a_run_is_cancelled_for_the_next_one() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", overlap="cancel")
    await world.at("2026-01-01T01:00:00Z")
    await world.at("2026-01-01T02:00:00Z")
    second, first = await world.schedules.runs("nightly")
    assert [message.kind for message in await world.store.unread(first.id)] == ["cancel"]
    assert await world.store.unread(second.id) == []
    await world.end_all()
    assert await world.at("2026-01-01T03:00:00Z") == 1


async def test_of_missed_fires_that_would_cancel_each_other_the_last_is_started() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", overlap="cancel")
    await world.at("2026-01-01T04:00:00Z")
    assert await world.hours() == ["04:00"]
    assert (await world.schedules.get("nightly")).left_out == 3


@pytest.mark.parametrize("overlap", OVERLAPS)
async def test_a_run_that_was_triggered_is_one_of_the_schedules(overlap: str) -> None:
    world = World("2026-01-01T00:10:00Z")
    await world.schedule(cron="0 * * * *", overlap=overlap)
    await world.schedules.pause("nightly")
    await world.schedules.trigger("nightly")
    assert await world.fires() == ["2026-01-01T00:10:00.001Z"]
    await world.schedules.resume("nightly")
    started = await world.at("2026-01-01T01:00:00Z")
    assert started == (1 if overlap in ("allow", "cancel") else 0)


# -- jitter


async def test_jitter_puts_off_a_run_by_an_amount_that_is_the_fires_own() -> None:
    delays = []
    for _ in range(2):
        world = World()
        await world.schedule(cron="* * * * *", jitter=30)
        for minute in range(1, 30):
            await world.at(f"2026-01-01T00:{minute:02}:00Z")
        runs = await world.schedules.runs("nightly")
        delays.append([(run.available_at or 0) - ms(scheduled_for(run.external_id) or "") for run in runs])
    assert delays[0] == delays[1]
    assert all(0 <= delay <= 30_000 for delay in delays[0])
    assert len(set(delays[0])) > 20


async def test_a_missed_fire_is_not_put_off_any_longer() -> None:
    world = World()
    await world.schedule(cron="0 * * * *", jitter=10)
    await world.at("2026-01-01T01:30:00Z")
    [run] = await world.schedules.runs("nightly")
    assert run.available_at == world.now


# -- what goes wrong


async def test_a_schedule_that_cannot_be_read_says_so_and_holds_up_no_other() -> None:
    world = World()
    await world.schedule("lost", cron="0 * * * *")
    await world.schedule("fine", cron="0 * * * *")
    there = await world.schedules.get("lost")
    broken = Schedule(id="lost", cron="0 * * * *", timezone="Mars/Olympus")
    await world.store.schedules.change(replace(there, spec=broken))
    assert await world.at("2026-01-01T01:00:00Z") == 1
    found = await world.schedules.get("lost")
    assert "there is no time zone 'Mars/Olympus'" in found.problem
    await world.schedules.update("lost", timezone="Europe/Berlin")
    assert (await world.schedules.get("lost")).problem == ""
    assert await world.at("2026-01-01T02:00:00Z") == 2


class Flaky:
    """A store that is away now and then, and a scheduler on a clock that jumps."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.start = ms("2026-01-01T00:00:00Z")
        self.store = MemoryStore(now=lambda: self.start + int(self.loop.time() * 1000 + 1e-3))
        self.looks: list[float] = []
        self.away: list[Exception] = []
        due_in = self.store.schedules.due_in

        async def noted(namespace: str) -> int | None:
            self.looks.append(self.loop.time())
            if self.away:
                raise self.away.pop()
            return await due_in(namespace)

        self.store.schedules.due_in = noted  # type: ignore[method-assign]

    def run(self, seconds: float, **spec: Any) -> list[str]:
        async def work() -> list[str]:
            client = Client(self.store)
            if spec:
                await client.schedules.create("s", link_text(DOCUMENT), **spec)
            running = asyncio.ensure_future(Scheduler(client).run())
            await asyncio.sleep(seconds)
            running.cancel()
            runs = await client.schedules.runs("s") if spec else []
            return [(scheduled_for(run.external_id) or "")[11:19] for run in reversed(runs)]

        try:
            return self.loop.run_until_complete(work())
        finally:
            self.loop.close()


def test_an_idle_scheduler_asks_once_every_interval() -> None:
    flaky = Flaky()
    flaky.run(60)
    assert len(flaky.looks) == 12


def test_a_fire_that_is_known_to_come_is_not_waited_for_longer_than_it_takes() -> None:
    flaky = Flaky()
    assert flaky.run(6.5, cron="* * * * * *") == [f"00:00:0{second}" for second in range(1, 7)]


def test_a_scheduler_survives_a_database_that_is_away_and_errors_nobody_foresaw() -> None:
    flaky = Flaky()
    flaky.away = [DatabaseUnavailable("gone"), ZeroDivisionError("what?")]
    assert flaky.run(120.5, cron="* * * * *") == ["00:01:00", "00:02:00"]
