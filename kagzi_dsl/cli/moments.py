"""Moments as a person types them: how long ago, or a date, by the clock of whoever types where no offset is given."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime

import click

from kagzi_dsl.duration import parse_duration


@dataclass(frozen=True, slots=True)
class Moment:
    """`at` (ms since the epoch), or else `ago` (ms) before the time it is when somebody asks."""

    at: int | None = None
    ago: int = 0

    def by(self, now: int) -> int:
        """The moment in ms, `now` being the time it is."""
        return now - self.ago if self.at is None else self.at


@dataclass(frozen=True, slots=True)
class Then:
    """A point in a run's past: after an entry of its journal, or at a moment."""

    seq: int | None = None
    moment: Moment | None = None


def parse_date(text: str) -> int:
    """The ms of a date such as `2026-01-31`, `2026-01-31 09:00` or `2026-01-31T09:00:00Z`. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a moment; write it as 2026-01-31T09:00:00Z") from None
    return round(moment.astimezone().timestamp() * 1000)


def moment(context: click.Context, parameter: click.Parameter, value: str | None) -> Moment | None:
    """The callback of an option that takes a duration (`90m`, kept as `ago`), or a date."""
    if value is None:
        return None
    with contextlib.suppress(ValueError):
        return Moment(ago=parse_duration(value))
    with contextlib.suppress(ValueError):
        return Moment(at=parse_date(value))
    raise click.BadParameter(f"{value!r} is neither a duration such as 90m nor a date such as 2026-01-31T09:00:00Z")


def then(context: click.Context, parameter: click.Parameter, value: str | None) -> Then | None:
    """The callback of an option that takes the number of an entry, a duration that has passed, or a date."""
    if value is not None and value.isdecimal():
        return Then(seq=int(value))
    found = moment(context, parameter, value)
    return None if found is None else Then(moment=found)


def date(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """The callback of an option that takes a date; gives ms."""
    try:
        return None if value is None else parse_date(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def duration(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """The callback of an option that takes a duration; gives ms."""
    try:
        return None if value is None else parse_duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
