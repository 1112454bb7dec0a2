"""What `schedule` does and how schedules are shown."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast
from zoneinfo import ZoneInfo

import click

from kagzi_dsl.calendar.fires import Calendar, CronCalendar, fires
from kagzi_dsl.calendar.zone import parse_zone
from kagzi_dsl.cli.checking import Checked, check_file
from kagzi_dsl.cli.given import input_of
from kagzi_dsl.cli.output import clean, say
from kagzi_dsl.cli.sources import origin_of
from kagzi_dsl.cli.unchecked import say_unchecked, to_start
from kagzi_dsl.cli.words import columns, json_text, took
from kagzi_dsl.cli.workers import living_workers
from kagzi_dsl.dsl.link import Linked, is_file
from kagzi_dsl.dsl.moment import timestamp
from kagzi_dsl.dsl.schedule import Schedule, flaws
from kagzi_dsl.duration import format_duration
from kagzi_dsl.errors import ConfigError, DocumentError
from kagzi_dsl.payload import Json, loads
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.schedules import ScheduleOptions
from kagzi_dsl.runtime.store.schedules import StoredSchedule

_COLOURS = {"active": "green", "paused": "yellow", "over": "bright_black", "broken": "red"}
_TIMES = ("cron", "timezone", "interval")
_PLAIN = (*_TIMES, "max_catchup", "overlap", "jitter")


# -- creating and changing


@dataclass(frozen=True, slots=True)
class _Meant:
    """The workflow somebody named: of a file, with where it came from, or by name."""

    workflow: Linked | str
    origin: Mapping[str, Any] | None
    checked: Checked | None = None

    async def tell(self, client: Client) -> None:
        """Names the activities that were not checked."""
        if self.checked is not None:
            await say_unchecked(client, self.checked.unchecked, self.checked.spared)

    async def input_schema(self, client: Client) -> Mapping[str, Any] | None:
        """What its runs take."""
        if isinstance(self.workflow, Linked):
            return self.workflow.root.input_schema
        found = await client.store.latest_definition(self.workflow)
        return (await client.library.workflow(found.digest)).input_schema if found else None


def meant_by(word: str) -> _Meant:
    """The workflow of a file that can be run, or of a name. Raises DocumentError."""
    if not (is_file(word) or os.path.exists(word)):
        return _Meant(word, None)
    checked = runnable(word)
    return _Meant(checked.linked, origin_of(word, checked.sets), checked)


def runnable(file: str) -> Checked:
    """A file, checked. Raises DocumentError for one that cannot be run."""
    checked = check_file(file, needed=to_start)
    if checked.fails:
        raise DocumentError(checked.diagnostics)
    return checked


async def create_schedule(
    client: Client, schedule_id: str, workflow: str, options: Mapping[str, Any], *, paused: bool
) -> StoredSchedule:
    """Keeps a new schedule by what was typed."""
    meant = meant_by(workflow)
    await meant.tell(client)
    given = input_of(await meant.input_schema(client), options["whole"], options["assignments"])
    created = await client.schedules.create(
        schedule_id, meant.workflow, paused=paused, origin=meant.origin, **{**_typed(options), "input": given}
    )
    await say_who_starts(client)
    return created


async def update_schedule(
    client: Client, schedule_id: str, workflow: str | None, options: Mapping[str, Any]
) -> StoredSchedule:
    """Changes what was typed."""
    there = await client.schedules.get(schedule_id)
    changes = _typed(options)
    meant = meant_by(workflow) if workflow is not None else None
    if options["whole"] is not None or options["assignments"]:
        if meant is not None:
            schema = await meant.input_schema(client)
        else:
            schema = (await client.library.workflow(there.template.digest)).input_schema
        changes["input"] = input_of(schema, options["whole"], options["assignments"])
    if not changes and meant is None:
        raise click.UsageError("say what is to be different; `kagzi-dsl schedule update --help` lists what can be")
    if meant is None:
        return await client.schedules.update(schedule_id, **changes)
    await meant.tell(client)
    return await client.schedules.update(schedule_id, workflow=meant.workflow, origin=meant.origin, **changes)


def _typed(options: Mapping[str, Any]) -> ScheduleOptions:
    """What was typed, as the client takes it: seconds, where commands take durations."""
    typed = {name: options[name] for name in _PLAIN if options.get(name) is not None}
    seconds = {name: typed[name] / 1000 for name in ("interval", "jitter") if name in typed}
    return cast("ScheduleOptions", typed | seconds)


async def say_who_starts(client: Client) -> None:
    """Tells a person who keeps a schedule that nobody is there to start its runs."""
    if not any(one.namespace == client.namespace and one.queues for one in await living_workers(client.store)):
        say("no worker is about to start its runs; `kagzi-dsl worker` does", fg="yellow")


def say_when(schedule: StoredSchedule) -> str:
    """When it fires next, as the end of a sentence."""
    if schedule.paused:
        return "; it is paused"
    coming = _next(schedule)
    return f"; next at {coming.shown()}" if coming else ""


# -- fires


@dataclass(frozen=True, slots=True)
class Coming:
    """A fire (ms) that is to come, in its zone (None: of an interval), and how long it is till then."""

    at: int
    zone: ZoneInfo | None
    wait: int

    def shown(self) -> str:
        """By the clocks of the zone, with the zone; without one by the clock of whoever looks."""
        moment = datetime.fromtimestamp(self.at / 1000, self.zone).astimezone(self.zone)
        offset = moment.isoformat()[-6:]
        return f"{moment:%Y-%m-%d %H:%M:%S} {offset}" + (f" ({self.zone.key})" if self.zone else "")

    def line(self) -> str:
        """As one of a list."""
        return f"{self.shown()}  in {took(self.wait)}"

    def as_json(self) -> Json:
        """For programs: in UTC, and as the clocks of the zone show it."""
        moment = datetime.fromtimestamp(self.at / 1000, self.zone or ZoneInfo("UTC"))
        return {"at": timestamp(self.at), "local": moment.isoformat(), "timezone": self.zone.key if self.zone else None}


async def coming(client: Client, schedule_id: str, count: int) -> list[Coming]:
    """The coming fires of a schedule."""
    schedule = await client.schedules.get(schedule_id)
    return _coming(schedule.calendar(), await client.store.now(), count)


def tried_out(times: Mapping[str, Any], count: int) -> list[Coming]:
    """The coming fires of times that belong to no schedule yet. Raises ConfigError."""
    spec = Schedule(id="tried-out", **times)
    if found := flaws(spec):
        raise ConfigError("; ".join(flaw.message for flaw in found))
    now = time.time_ns() // 1_000_000
    return _coming(spec.calendar(now), now, count)


def _coming(calendar: Calendar, now: int, count: int) -> list[Coming]:
    zone = calendar.zone if isinstance(calendar, CronCalendar) else None
    return [Coming(fire, zone, fire - now) for fire in islice(fires(calendar, now), count)]


def _next(schedule: StoredSchedule) -> Coming | None:
    """The next fire as far as this machine's clock can tell, which is good enough to look at."""
    if schedule.due_at is None:
        return None
    try:
        return next(iter(_coming(schedule.calendar(), time.time_ns() // 1_000_000, 1)), None)
    except ValueError:
        return None


# -- looking


def state_of(schedule: StoredSchedule) -> str:
    """`active`, `paused`, `over` (it fires never again) or `broken` (this machine cannot read it)."""
    if schedule.problem:
        return "broken"
    if schedule.paused:
        return "paused"
    return "over" if schedule.due_at is None else "active"


def table(schedules: Sequence[StoredSchedule], *, colour: bool) -> list[str]:
    """Schedules as lines, under a line of headings."""
    rows = [["SCHEDULE", "WORKFLOW", "WHEN", "STATE", "NEXT", "LAST"], *(_cells(one) for one in schedules)]
    lines = columns([[clean(cell) for cell in row] for row in rows])
    if not colour:
        return lines
    return [click.style(lines[0], bold=True), *map(_coloured, lines[1:], schedules)]


def _cells(schedule: StoredSchedule) -> list[str]:
    upcoming = None if schedule.paused else _next(schedule)
    return [
        schedule.id,
        schedule.template.workflow,
        when(schedule.spec),
        state_of(schedule),
        upcoming.shown().partition(" (")[0] if upcoming else "",
        _moment(schedule, schedule.last_fire),
    ]


def _coloured(line: str, schedule: StoredSchedule) -> str:
    state = state_of(schedule)
    before, word, after = line.partition(f"  {state}")
    return f"{before}  {click.style(state, fg=_COLOURS[state])}{after}" if word else line


def when(spec: Schedule) -> str:
    """`0 2 * * * Europe/Berlin` or `every 15m`."""
    if spec.cron is not None:
        return f"{spec.cron} {spec.timezone or 'UTC'}"
    return f"every {format_duration(spec.interval or 0)}"


def _moment(schedule: StoredSchedule, at: int | None) -> str:
    if at is None:
        return ""
    return Coming(at, _zone(schedule), 0).shown().partition(" (")[0]


def _zone(schedule: StoredSchedule) -> ZoneInfo | None:
    try:
        return parse_zone(schedule.spec.timezone or "UTC") if schedule.spec.cron is not None else None
    except ValueError:
        return None


def picture(schedule: StoredSchedule, *, colour: bool) -> list[str]:
    """All there is to know of a schedule, for a person."""
    spec, template = schedule.spec, schedule.template
    state = state_of(schedule)
    upcoming = _next(schedule)
    version = f" {template.version}" if template.version else ""
    rows = [
        ("schedule", schedule.id),
        ("starts", f"{template.workflow}{version} ({template.digest[:12]}) in the queue {template.queue}"),
        ("when", when(spec)),
        ("state", click.style(state, fg=_COLOURS[state]) if colour else state),
        ("problem", schedule.problem),
        ("next", upcoming.line() if upcoming and not schedule.paused else ""),
        ("last", _moment(schedule, schedule.last_fire)),
        ("input", json_text(spec.input)),
        ("overlap", spec.overlap + (f" ({schedule.left_out:,} fires left out)" if schedule.left_out else "")),
        ("max catchup", str(spec.max_catchup)),
        ("jitter", format_duration(spec.jitter) if spec.jitter else ""),
        ("kept by", "its document, with `kagzi-dsl apply`" if schedule.applied else "`kagzi-dsl schedule`"),
    ]
    return [f"{name:<12} {value}" for name, value in rows if value]


def record_of(schedule: StoredSchedule) -> dict[str, Json]:
    """A schedule as `--json` prints it."""
    spec, template = schedule.spec, schedule.template
    upcoming = _next(schedule)
    return {
        "id": schedule.id,
        "namespace": schedule.namespace,
        "workflow": template.workflow,
        "version": template.version,
        "digest": template.digest,
        "queue": template.queue,
        "cron": spec.cron,
        "timezone": (spec.timezone or "UTC") if spec.cron is not None else None,
        "interval": format_duration(spec.interval) if spec.interval is not None else None,
        "input": loads(template.input),
        "max_catchup": spec.max_catchup,
        "overlap": spec.overlap,
        "jitter": format_duration(spec.jitter),
        "state": state_of(schedule),
        "problem": schedule.problem or None,
        "document": schedule.applied,
        "next": timestamp(upcoming.at) if upcoming and not schedule.paused else None,
        "last": timestamp(schedule.last_fire) if schedule.last_fire is not None else None,
        "left_out": schedule.left_out,
        "created_at": timestamp(schedule.created_at),
        "updated_at": timestamp(schedule.updated_at),
    }
