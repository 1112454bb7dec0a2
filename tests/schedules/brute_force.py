"""The rule of fires said a second time, in the plainest way: look at the clock on the wall every minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Fits = Callable[[datetime], bool]
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a cron expression: its text, and the numbers it means."""

    text: str
    values: frozenset[int]


@dataclass(frozen=True, slots=True)
class Expression:
    """A cron expression of five fields. Both days named: either will do (POSIX, crontab)."""

    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field

    @property
    def text(self) -> str:
        return " ".join(one.text for one in (self.minute, self.hour, self.day, self.month, self.weekday))

    @property
    def every_hour(self) -> bool:
        return len(self.hour.values) == 24

    def fits(self, wall: datetime) -> bool:
        """Whether a time on the wall clock is one it names."""
        days = [wall.day in self.day.values, wall.isoweekday() % 7 in self.weekday.values]
        either = self.day.text != "*" and self.weekday.text != "*"
        return (
            (any(days) if either else all(days))
            and wall.month in self.month.values
            and wall.hour in self.hour.values
            and wall.minute in self.minute.values
        )


def fires_of(expression: Expression, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[int]:
    """The fires in [start, end) in ms, by looking at every minute.

    A rhythm (any hour) fires whenever the clock shows a time that fits. A time of day fires when the clock shows it for
    the first time; times the clock leaps over fire in the minute it leaps.
    """
    before = wall_at(start - MINUTE, zone)
    moment = start
    while moment < end:
        wall = wall_at(moment, zone)
        if expression.every_hour:
            due = expression.fits(wall)
        else:
            leapt = any(expression.fits(one) for one in _between(before, wall))
            due = leapt or (not wall.fold and expression.fits(wall))
        if due:
            yield round(moment.timestamp() * 1000)
        before = wall
        moment += MINUTE


def wall_at(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of a zone show."""
    return moment.astimezone(zone).replace(tzinfo=None)


def _between(before: datetime, wall: datetime) -> Iterator[datetime]:
    """The minutes the clock leapt over between two looks a minute apart."""
    one = before.replace(fold=0) + MINUTE
    while one < wall.replace(fold=0):
        yield one
        one += MINUTE


def moment(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ms(text: str) -> int:
    """A moment as `fires` counts it: with an offset, or in UTC."""
    found = datetime.fromisoformat(text)
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
