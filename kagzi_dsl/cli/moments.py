"""Moments as a person types them: how long ago, or a date, by the clock of whoever types where no offset is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


def parse_date(text: str) -> int:
    """The ms of a date such as `2026-01-31`, `2026-01-31 09:00` or `2026-01-31T09:00:00Z`. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a moment; write it as 2026-01-31T09:00:00Z") from None
    return round(moment.astimezone().timestamp() * 1000)


class MomentType(click.ParamType):
    """A duration that has passed (`90m`), or a date."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        if isinstance(value, Moment):
            return value
        try:
            return Moment(ago=parse_duration(value))
        except ValueError:
            pass
        try:
            return Moment(at=parse_date(value))
        except ValueError:
            self.fail(f"{value!r} is neither a duration such as 90m nor a date such as 2026-01-31T09:00:00Z")


class DateType(click.ParamType):
    """A date, in ms."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else parse_date(value)
        except ValueError as error:
            self.fail(str(error))


class DurationType(click.ParamType):
    """A duration, in ms."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else parse_duration(value)
        except ValueError as error:
            self.fail(str(error))
