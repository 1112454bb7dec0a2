"""What a document says of when runs are started by themselves. It belongs to the document, not to the workflow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from kagzi_dsl.duration import MAX_DURATION, format_duration
from kagzi_dsl.payload import Json

if TYPE_CHECKING:
    from kagzi_dsl.calendar.fires import Calendar

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
        # The calendar is imported here and below: a store knows schedules, and most commands look at none.
        from kagzi_dsl.calendar.cron import parse_cron
        from kagzi_dsl.calendar.fires import CronCalendar, IntervalCalendar
        from kagzi_dsl.calendar.zone import parse_zone

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
    judges = (_flaw_of_cron, _flaw_of_interval, _flaw_of_zone, _flaw_of_catchup, _flaw_of_overlap, _flaw_of_jitter)
    found = [judge(schedule) for judge in judges]
    return [flaw for flaw in found if flaw is not None]


def _flaw_of_cron(schedule: Schedule) -> Flaw | None:
    if schedule.cron is None:
        if schedule.interval is None:
            return Flaw("", "a schedule needs `cron` or `interval`: when should it fire?")
        return None
    from kagzi_dsl.calendar.cron import parse_cron

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
    if not 1000 <= interval <= MAX_DURATION or interval % 1000:
        return Flaw("interval", f"an interval is a whole number of seconds, and {_shown(interval)} is not")
    return None


def _shown(milliseconds: int) -> str:
    return format_duration(milliseconds) if 0 <= milliseconds <= MAX_DURATION else f"{milliseconds} ms"


def _flaw_of_zone(schedule: Schedule) -> Flaw | None:
    if schedule.timezone is None:
        return None
    if schedule.cron is None and schedule.interval is not None:
        return Flaw("timezone", "an interval counts seconds and goes by no clock, so a time zone says nothing")
    from kagzi_dsl.calendar.zone import parse_zone

    try:
        parse_zone(schedule.timezone)
    except ValueError as error:
        return Flaw("timezone", str(error))
    return None


def _flaw_of_catchup(schedule: Schedule) -> Flaw | None:
    if 0 <= schedule.max_catchup <= _MOST_CATCHUP:
        return None
    return Flaw("max_catchup", f"`max_catchup` is a whole number from 0 to {_MOST_CATCHUP:,}")


def _flaw_of_overlap(schedule: Schedule) -> Flaw | None:
    # From a program it may be any text, whatever the types say.
    if schedule.overlap in OVERLAPS:
        return None
    return Flaw("overlap", f"`overlap` is one of {', '.join(OVERLAPS)}, and not {schedule.overlap!r}")


def _flaw_of_jitter(schedule: Schedule) -> Flaw | None:
    if 0 <= schedule.jitter <= MAX_DURATION:
        return None
    return Flaw("jitter", "`jitter` is a duration from 0 up")
