"""Cron expressions, on a wall clock that knows no time zones.

Five fields (minute, hour, day of month, month, day of week), six with the seconds first, seven with a year at the end.
croniter reads the fields and knows which days they mean; the time of day is looked up here, which is a hundred times
as fast. A moment on the wall clock is a whole number: the seconds since 1970-01-01T00:00 as that clock shows them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

Wall: TypeAlias = int
"""A moment on a wall clock, in seconds."""

DAY_S = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_LAST_YEAR = 2099
_LONGEST_TEXT = 500
_YEARS = _LAST_YEAR - 1970
_RANDOM = re.compile(r"[hr](?:$|[(/])", re.IGNORECASE)
_ONE_LONG = re.compile(r"(?<![\w-])(\w+)-\1(?:/\d+)?(?=,|$)", re.IGNORECASE)
"""A range from a value to itself, which croniter takes for all values there are."""
_MANNER = "`*`, lists (1,2), ranges (1-5) and steps (*/2)"


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    takes: str


_SECOND = _Field("second", f"0–59, {_MANNER}")
_MINUTE = _Field("minute", f"0–59, {_MANNER}")
_HOUR = _Field("hour", f"0–23, {_MANNER}")
_DAY = _Field("day of month", f"1–31, `L` for the last, `15W` for the weekday nearest to the 15th, {_MANNER}")
_MONTH = _Field("month", f"1–12 or jan–dec, {_MANNER}")
_WEEKDAY = _Field(
    "day of week",
    f"0–7 (0 and 7 are Sunday) or sun–sat, `fri#2` for the second Friday, `L5` for the last one, {_MANNER}",
)
_YEAR = _Field("year", f"1970–{_LAST_YEAR}, {_MANNER}")

_FIVE = (_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY)
_LAYOUTS = {5: _FIVE, 6: (_SECOND, *_FIVE), 7: (_SECOND, *_FIVE, _YEAR)}
_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A cron expression, read. `days` is the part of it that names days, None when every day is meant.

    `every_hour` says that the hour is left open: then the expression means a rhythm rather than times of day.
    """

    text: str
    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: str | None
    every_hour: bool

    def next(self, wall: Wall) -> Wall | None:
        """The first moment it names from `wall` on; None when there is none any more."""
        day, second = divmod(wall, DAY_S)
        found = self._next_day(day)
        if found == day:
            time = self._time_from(second)
            if time is not None:
                return day * DAY_S + time
            found = self._next_day(day + 1)
        return None if found is None else found * DAY_S + self._first()

    def previous(self, wall: Wall, floor: Wall) -> Wall | None:
        """The last moment it names up to `wall`; None when there is none from `floor` on."""
        day, second = divmod(wall, DAY_S)
        found = self._previous_day(day, floor // DAY_S)
        if found == day:
            time = self._time_up_to(second)
            if time is not None:
                return _not_below(day * DAY_S + time, floor)
            found = self._previous_day(day - 1, floor // DAY_S)
        return None if found is None else _not_below(found * DAY_S + self._last(), floor)

    def _next_day(self, day: int) -> int | None:
        return day if self.days is None else _next_day(self.days, day)

    def _previous_day(self, day: int, floor: int) -> int | None:
        if self.days is None:
            return day if day >= floor else None
        return _previous_day(self.days, day, floor)

    def _first(self) -> int:
        return self.hours[0] * 3600 + self.minutes[0] * 60 + self.seconds[0]

    def _last(self) -> int:
        return self.hours[-1] * 3600 + self.minutes[-1] * 60 + self.seconds[-1]

    def _time_from(self, second: int) -> int | None:
        hour, minute, second = second // 3600, second // 60 % 60, second % 60
        if _has(self.hours, hour):
            if _has(self.minutes, minute) and second <= self.seconds[-1]:
                return hour * 3600 + minute * 60 + self.seconds[bisect_left(self.seconds, second)]
            if minute < self.minutes[-1]:
                return hour * 3600 + self.minutes[bisect_right(self.minutes, minute)] * 60 + self.seconds[0]
        if hour >= self.hours[-1]:
            return None
        return self.hours[bisect_right(self.hours, hour)] * 3600 + self.minutes[0] * 60 + self.seconds[0]

    def _time_up_to(self, second: int) -> int | None:
        hour, minute, second = second // 3600, second // 60 % 60, second % 60
        if _has(self.hours, hour):
            if _has(self.minutes, minute) and second >= self.seconds[0]:
                return hour * 3600 + minute * 60 + self.seconds[bisect_right(self.seconds, second) - 1]
            if minute > self.minutes[0]:
                return hour * 3600 + self.minutes[bisect_left(self.minutes, minute) - 1] * 60 + self.seconds[-1]
        if hour <= self.hours[0]:
            return None
        return self.hours[bisect_left(self.hours, hour) - 1] * 3600 + self.minutes[-1] * 60 + self.seconds[-1]


def _has(values: Sequence[int], value: int) -> bool:
    place = bisect_left(values, value)
    return place < len(values) and values[place] == value


def _not_below(wall: Wall, floor: Wall) -> Wall | None:
    return wall if wall >= floor else None


@lru_cache(maxsize=1_000)
def parse_cron(text: str) -> Cron:
    """Reads a cron expression. Raises ValueError with a sentence that names the field and what it takes."""
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"a cron expression of {len(text):,} characters is too long")
    shown = " ".join(text.split())
    words = _words(shown)
    layout = _LAYOUTS.get(len(words))
    if layout is None:
        raise ValueError(_miscounted(shown, len(words)))
    read = {field: _read(field, layout.index(field), words, shown) for field in layout}
    days = [word for field, word in zip(layout, words, strict=True) if field in (_DAY, _MONTH, _WEEKDAY)]
    year = words[6] if len(words) == 7 else None
    cron = Cron(
        text=shown,
        seconds=read.get(_SECOND, (0,)) or tuple(range(60)),
        minutes=read[_MINUTE] or tuple(range(60)),
        hours=read[_HOUR] or tuple(range(24)),
        days=None if set(days) <= {"*", "?"} and year in (None, "*") else _days_text(days, year),
        every_hour=not read[_HOUR],
    )
    _refuse_never(cron, read.get(_YEAR))
    return cron


def _words(text: str) -> list[str]:
    return [_ONE_LONG.sub(r"\1", word) for word in _ALIASES.get(text.lower(), text).split()]


def _miscounted(text: str, count: int) -> str:
    if text.startswith("@"):
        return f"{text!r} is no name of a rhythm; there are {', '.join(sorted(_ALIASES))}"
    fields = "1 field" if count == 1 else f"{count} fields"
    return (
        f"{text!r} has {fields}; a cron expression has five (minute hour day-of-month month day-of-week), six with the "
        "second first, or seven with the year last"
    )


def _read(field: _Field, index: int, words: Sequence[str], text: str) -> tuple[int, ...]:
    """The numbers a field means, sorted; empty when it means all of them, or days that depend on the month."""
    word = words[index]
    alone = ["*"] * len(words)
    alone[index] = word
    try:
        if _RANDOM.match(word):
            raise ValueError
        expanded = _expanded(" ".join(alone))[_place_in_croniter(field)]
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise ValueError(f"the {field.name} `{word}` in {text!r} is not right; it takes {field.takes}") from error
    return tuple(sorted({value for value in expanded if isinstance(value, int)}))


def _place_in_croniter(field: _Field) -> int:
    """Where croniter puts a field: the second comes after the five."""
    return (*_FIVE, _SECOND, _YEAR).index(field)


def _expanded(text: str) -> Sequence[Sequence[object]]:
    from croniter import croniter  # with dateutil, which only those who have a schedule need

    fields: Sequence[Sequence[object]] = croniter.expand(text, second_at_beginning=len(text.split()) > 5)[0]
    return fields


def _days_text(days: Sequence[str], year: str | None) -> str:
    """The expression that names midnight of each day, as croniter reads it."""
    return " ".join(["0", "0", *days] if year is None else ["0", "0", "0", *days, year])


def _refuse_never(cron: Cron, years: tuple[int, ...] | None) -> None:
    start = date(years[0] if years else 1970, 1, 1).toordinal() - _EPOCH
    if cron.days is not None and _next_day(cron.days, start) is None:
        raise ValueError(f"{cron.text!r} names no day there is, so it never fires")


def _next_day(days: str, day: int) -> int | None:
    """The first day from `day` on (both counted from 1970-01-01) that an expression of days names."""
    return min((found for one in _either(days) if (found := _next_of(one, day)) is not None), default=None)


@lru_cache
def _either(days: str) -> Sequence[str]:
    """An expression for each way to name a day: croniter takes no two of which one depends on the month, as in 15W."""
    words = days.split()
    day, weekday = (3, 5) if len(words) > 5 else (2, 4)
    if {words[day], words[weekday]} & {"*", "?"}:
        return (days,)
    return tuple(" ".join([*words[:other], "*", *words[other + 1 :]]) for other in (weekday, day))


@lru_cache(maxsize=20_000)
def _next_of(days: str, day: int) -> int | None:
    from croniter import CroniterBadDateError, croniter  # as above

    if not 1 <= day + _EPOCH < date.max.toordinal() - 366:
        return None
    start = datetime.fromordinal(day + _EPOCH) - timedelta(seconds=1)
    try:
        # No day is farther from the next than the years there are; beyond that croniter gives up.
        found: datetime = croniter(
            days, start, second_at_beginning=len(days.split()) > 5, max_years_between_matches=_YEARS
        ).get_next(datetime)
    except CroniterBadDateError:
        return None
    return found.toordinal() - _EPOCH


def _previous_day(days: str, day: int, floor: int) -> int | None:
    """The last day up to `day`, and from `floor` on: looked for a month at a time, going forward in each."""
    end = day
    while end >= floor:
        start = max(floor, date.fromordinal(end + _EPOCH).replace(day=1).toordinal() - _EPOCH)
        last, found = None, _next_day(days, start)
        while found is not None and found <= end:
            last, found = found, _next_day(days, found + 1)
        if last is not None:
            return last
        end = start - 1
    return None
