"""What a document says of when runs are started by themselves. It belongs to the document, not to the workflow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from kagzi_dsl.calendar.cron import parse_cron
from kagzi_dsl.calendar.fires import Calendar, CronCalendar, IntervalCalendar
from kagzi_dsl.calendar.zone import parse_zone
from kagzi_dsl.duration import format_duration
from kagzi_dsl.payload import Json

Overlap: TypeAlias = Literal["allow", "skip", "queue", "cancel"]
OVERLAPS: tuple[Overlap, ...] = get_args(Overlap)
MAX_CATCHUP = 100
"""How many missed fires are made up for unless the schedule says otherwise."""
_MOST_CATCHUP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When runs are started, and with what. Times in ms.

    Either `cron` (with `timezone`, None for UTC) or `interval` is there. `max_catchup` is how many missed fires are
    made up for. Each run begins up to `jitter` later than its fire.
    """

    id: str
    cron: str | None = None
    interval: int | None = None
    timezone: str | None = None
    input: Json = field(default_factory=dict)
    max_catchup: int = MAX_CATCHUP
    overlap: Overlap = "allow"
    jitter: int = 0

    def calendar(self, anchor: int) -> Calendar:
        """The calendar of its fires, an interval counted from `anchor`. Raises ValueError for one that has flaws."""
        if self.cron is not None:
            return CronCalendar(parse_cron(self.cron), parse_zone(self.timezone or "UTC"))
        assert self.interval is not None, "a schedule without flaws has a cron expression or an interval"
        return IntervalCalendar(self.interval, anchor // 1000 * 1000)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a schedule cannot be kept: the option that is wrong (empty: all of it), and a sentence about it."""

    option: str
    message: str


def as_overlap(word: str) -> Overlap:
    """The word as one of `OVERLAPS`. Raises ValueError listing them."""
    for known in OVERLAPS:
        if word == known:
            return known
    raise ValueError(f"{word!r} is no way to deal with overlapping runs; there are {', '.join(OVERLAPS)}")


def flaws(schedule: Schedule) -> list[Flaw]:
    """Everything about its times that makes no sense."""
    found = [_flaw_of_cron(schedule), _flaw_of_interval(schedule), _flaw_of_zone(schedule), _flaw_of_catchup(schedule)]
    return [flaw for flaw in found if flaw is not None]


def _flaw_of_cron(schedule: Schedule) -> Flaw | None:
    if schedule.cron is None:
        if schedule.interval is None:
            return Flaw("", "a schedule needs `cron` or `interval`: when should it fire?")
        return None
    try:
        parse_cron(schedule.cron)
    except ValueError as error:
        return Flaw("cron", str(error))
    return None


def _flaw_of_interval(schedule: Schedule) -> Flaw | None:
    interval = schedule.interval
    if interval is None:
        return None
    if schedule.cron is not None:
        return Flaw("interval", "a schedule has `cron` or `interval`, not both")
    if interval < 1000 or interval % 1000:
        return Flaw("interval", f"an interval is a whole number of seconds, and {format_duration(interval)} is not")
    return None


def _flaw_of_zone(schedule: Schedule) -> Flaw | None:
    if schedule.timezone is None:
        return None
    if schedule.cron is None and schedule.interval is not None:
        return Flaw("timezone", "an interval counts seconds and goes by no clock, so a time zone says nothing")
    try:
        parse_zone(schedule.timezone)
    except ValueError as error:
        return Flaw("timezone", str(error))
    return None


def _flaw_of_catchup(schedule: Schedule) -> Flaw | None:
    if 0 <= schedule.max_catchup <= _MOST_CATCHUP:
        return None
    return Flaw("max_catchup", f"`max_catchup` is a whole number from 0 to {_MOST_CATCHUP:,}")
