"""The moments a calendar names, its fires. Moments are milliseconds since the epoch, a fire always a whole second.

When clocks are put forward, some times of day do not exist, and when they are put back, some come twice. The rule:

- An expression that names hours means times of day. One that does not exist fires at the first moment after the gap,
  where any others that fall there coincide with it; one that comes twice fires the first time.
- An expression whose hour is `*` (or names all 24) means a rhythm. It fires at every moment whose wall-clock time
  fits: never in the gap, and again in the hour that is repeated.
- An interval knows no clocks: it counts seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TypeAlias, assert_never
from zoneinfo import ZoneInfo

from kagzi_dsl.calendar.cron import DAY_S, Cron, Wall
from kagzi_dsl.calendar.zone import Stretch, stretches_back, stretches_from


@dataclass(frozen=True, slots=True)
class CronCalendar:
    """A cron expression by the clocks of a zone."""

    cron: Cron
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class IntervalCalendar:
    """Every `interval` ms, counted from `anchor` (ms); both are whole seconds. The anchor itself is no fire."""

    interval: int
    anchor: int


Calendar: TypeAlias = CronCalendar | IntervalCalendar


def fires(calendar: Calendar, after: int) -> Iterator[int]:
    """Every fire later than `after`, in order; ends when there is none any more."""
    match calendar:
        case CronCalendar():
            return (second * 1000 for second in _cron_fires(calendar, after // 1000))
        case IntervalCalendar(interval, anchor):
            return _interval_fires(interval, anchor, after)
        case _:
            assert_never(calendar)


def next_fire(calendar: Calendar, after: int) -> int | None:
    """The first fire later than `after`; None when there is none."""
    return next(fires(calendar, after), None)


def oldest_fires(calendar: Calendar, after: int, until: int, most: int) -> list[int]:
    """The first `most` fires in (after, until], in order."""
    return list(islice(takewhile(lambda fire: fire <= until, fires(calendar, after)), most))


def newest_fires(calendar: Calendar, after: int, until: int, most: int) -> list[int]:
    """The last `most` fires in (after, until], in order; their number decides how long it takes, not the stretch."""
    match calendar:
        case CronCalendar():
            found = [second * 1000 for second in islice(_cron_fires_back(calendar, after // 1000, until // 1000), most)]
            return found[::-1]
        case IntervalCalendar(interval, anchor):
            last = (until - anchor) // interval
            first = max((after - anchor) // interval, 0, last - most)
            return [anchor + number * interval for number in range(first + 1, last + 1)]
        case _:
            assert_never(calendar)


def _interval_fires(interval: int, anchor: int, after: int) -> Iterator[int]:
    number = max((after - anchor) // interval, 0)
    while True:
        number += 1
        yield anchor + number * interval


def _cron_fires(calendar: CronCalendar, after: int) -> Iterator[int]:
    """The fires later than `after`, in seconds."""
    moment = after
    while True:
        for stretch in stretches_from(calendar.zone, moment):
            for fire in _in_stretch(calendar.cron, stretch, after):
                yield fire
                after = fire
            # Where the next fire is far, what lies between is not looked at stretch by stretch. What a clock that is
            # put back shows again is never more than a day.
            wall = calendar.cron.next(stretch.end + stretch.offset - DAY_S)
            if wall is None:
                return
            if wall > stretch.end + stretch.offset + 5 * DAY_S:
                moment = wall - stretch.offset - 2 * DAY_S
                break
        else:
            return


def _in_stretch(cron: Cron, stretch: Stretch, after: int) -> Iterator[int]:
    """The fires in a stretch that are later than `after`, in seconds."""
    if after < stretch.start and _fires_for_gap(cron, stretch):
        yield stretch.start
        after = stretch.start
    wall = cron.next(max(_first_wall(cron, stretch), after + stretch.offset + 1))
    while wall is not None and wall < stretch.end + stretch.offset:
        yield wall - stretch.offset
        wall = cron.next(wall + 1)


def _cron_fires_back(calendar: CronCalendar, after: int, until: int) -> Iterator[int]:
    """The fires in (after, until], in seconds, the last one first."""
    cron = calendar.cron
    for stretch in stretches_back(calendar.zone, until):
        floor = max(_first_wall(cron, stretch), after + stretch.offset + 1)
        for_gap = stretch.start > after and _fires_for_gap(cron, stretch)
        wall = cron.previous(min(until, stretch.end - 1) + stretch.offset, floor)
        while wall is not None:
            if not (for_gap and wall - stretch.offset == stretch.start):
                yield wall - stretch.offset
            wall = cron.previous(wall - 1, floor)
        if for_gap:
            yield stretch.start
        if stretch.start <= after:
            return


def _first_wall(cron: Cron, stretch: Stretch) -> Wall:
    """The first time on the clock that counts: of times of day, the second showing of the repeated ones does not."""
    return stretch.start + (stretch.offset if cron.every_hour else max(stretch.offset, stretch.before))


def _fires_for_gap(cron: Cron, stretch: Stretch) -> bool:
    """Whether times of day fell into the gap with which the stretch begins."""
    if cron.every_hour or stretch.before >= stretch.offset:
        return False
    wall = cron.next(stretch.start + stretch.before)
    return wall is not None and wall < stretch.start + stretch.offset
