"""Three schedulers on a database whose clock jumps, over changes of summer time: no fire is missed or doubled."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from faults.conftest import Fault
from faults.test_fault_clocks import jumping_url, looked_at  # noqa: F401 – a fixture
from faults.voyage import opened
from schedules.brute_force import fires_of, moment, ms
from schedules.test_scheduler import every, expression, only

from kagzi_dsl.dsl.link import link_text
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.scheduler import Scheduler
from kagzi_dsl.runtime.store.schedules import scheduled_for

HOUR = 3_600_000
SPRING, AUTUMN = "2026-03-28T20:00", "2026-10-24T20:00"
CRONS = {
    "half past two": expression(only(30), only(2)),
    "every half hour": expression(only(0, 30), every(0, 23)),
}
DOCUMENT = "workflow: report\nset: 1\n"


async def set_clock(url: str, to: int) -> None:
    await looked_at(
        url, "update public.jump set ms = $1 - floor(extract(epoch from statement_timestamp()) * 1000)::bigint", to
    )


async def fired(url: str, start: str, name: str, looks: list[int]) -> tuple[list[int], int]:
    """The fires there are runs for, when three schedulers look at these moments all at once; and the last look."""
    await set_clock(url, ms(start))
    stores = [await opened(url) for _ in range(3)]
    schedulers = [Scheduler(Client(store)) for store in stores]
    client = Client(stores[0])
    schedule_id = f"{name} {start}"
    await client.schedules.create(
        schedule_id.replace(" ", "-").replace(":", "").lower(), link_text(DOCUMENT), cron=CRONS[name].text,
        timezone="Europe/Berlin", max_catchup=1_000,
    )  # fmt: skip
    for look in looks:
        await set_clock(url, look)
        await asyncio.gather(*(scheduler.tick() for scheduler in schedulers))
    runs = await client.schedules.runs(schedule_id.replace(" ", "-").replace(":", "").lower(), limit=10_000)
    for store in stores:
        await store.close()
    return sorted(ms(scheduled_for(run.external_id) or "?") for run in runs), max(looks)


@pytest.mark.parametrize("name", CRONS)
def test_no_fire_is_missed_or_doubled_though_the_clock_jumps(
    name: str,
    fault: Fault,
    jumping_url: str,  # noqa: F811
    runner: asyncio.Runner,
) -> None:
    held = looked = 0
    for start in (SPRING, AUTUMN):
        chance, looks, now = fault.chance(name, start), [], ms(start)
        for _ in range(fault.size(12, 150)):
            now += chance.choice((60_000, HOUR // 2, HOUR, 3 * HOUR))
            # Now and then the clock is put back, by up to two hours, and stands there for a while.
            looks += [now, now - chance.randint(1, 2 * HOUR)] if chance.random() < 0.3 else [now]
        looks.append(max(now, ms(start) + 24 * HOUR))
        found, last = runner.run(fired(jumping_url, start, name, looks))
        end = datetime.fromtimestamp(last / 1000, UTC) + timedelta(milliseconds=1)
        due = [*fires_of(CRONS[name], ZoneInfo("Europe/Berlin"), moment(start) + timedelta(minutes=1), end)]
        assert found == due
        held, looked = held + len(found), looked + len(looks)
    fault.tell(
        name.replace(" ", "_"), "Three schedulers at once, on a clock that jumps to and fro over a change of summer "
        "time, start one run for each fire: none is missed, none doubled.",
        case="fires", held=held, of=held, looks=3 * looked,
    )  # fmt: skip
