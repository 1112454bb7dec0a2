"""Dates and durations.

A date is RFC 3339 text, given in any offset and returned in UTC. A duration is a number of seconds. Seconds are what
Python, HTTP headers and Unix timestamps count in. Where a field of the language wants a duration, write it as text
(`90s`), never as a bare number.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from kagzi_dsl.dsl.budget import Evaluation
from kagzi_dsl.dsl.functions.bounds import Number
from kagzi_dsl.dsl.functions.signature import function
from kagzi_dsl.duration import parse_duration
from kagzi_dsl.errors import ExpressionError

_DATE: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)
_OFFSET: Final = re.compile(r"(?P<sign>[+-])(?P<hours>[01][0-9]|2[0-3]):(?P<minutes>[0-5][0-9])")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@function(
    "duration(text: string) -> number",
    "A duration, as `1h30m` or `PT90M`, in seconds.",
    example="duration('1h30m')",
    gives=5400,
)
def _duration(text: str) -> Number:
    return _seconds(_parsed_duration(text))


@function(
    "date_add(date: string, duration: string|number) -> string",
    "The date so much later: a duration such as `-2d`, or a number of seconds; a minus sign makes it earlier.",
    example="date_add('2024-02-28T12:00:00Z', '1d')",
    gives="2024-02-29T12:00:00Z",
)
def _date_add(date: str, duration: str | Number) -> str:
    try:
        return _written(_parsed_date(date) + _span(duration))
    except OverflowError:
        raise ExpressionError("the result is not a date between the years 1 and 9999") from None


@function(
    "date_diff(later: string, earlier: string) -> number",
    "The seconds from the second date to the first; negative when the second is the later one.",
    example="date_diff('2024-03-01T00:00:00Z', '2024-02-29T23:59:00Z')",
    gives=60,
)
def _date_diff(later: str, earlier: str) -> Number:
    return _seconds(_parsed_date(later) - _parsed_date(earlier))


@function(
    "format_date(date: string, pattern: string, offset?: string) -> string",
    "The date by a pattern of % codes, in UTC or at an offset such as +05:30; names of days and months are English.",
    example="format_date('2024-02-29T12:00:00Z', '%d %b %Y, %H:%M')",
    gives="29 Feb 2024, 12:00",
    budgeted=True,
)
def _format_date(evaluation: Evaluation, date: str, pattern: str, offset: str = "+00:00") -> str:
    moment = _parsed_date(date)
    try:
        moment = moment.astimezone(_parsed_offset(offset))
    except OverflowError:
        raise ExpressionError("at this offset it is not a date between the years 1 and 9999") from None
    evaluation.write(20 * len(pattern))
    codes = _codes(moment)
    return re.sub(r"%(.?)", lambda found: _code(codes, found[1]), pattern, flags=re.DOTALL)


def _span(duration: str | Number) -> timedelta:
    if not isinstance(duration, str):
        return timedelta(seconds=duration)
    negative = duration.startswith("-")
    span = _parsed_duration(duration.removeprefix("-"))
    return -span if negative else span


def _parsed_duration(text: str) -> timedelta:
    try:
        return timedelta(milliseconds=parse_duration(text))
    except (ValueError, OverflowError) as error:
        raise ExpressionError(str(error)) from None


def _parsed_date(text: str) -> datetime:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ExpressionError(
            f"{text[:40]!r} is not a date", hint="dates are written as 2024-02-29T12:00:00Z (RFC 3339)"
        )
    if found["time"] and not found["offset"]:
        raise ExpressionError(f"the date {text[:40]!r} has no offset", hint=f"for UTC write '{text[:40]}Z'")
    # Finer than microseconds is cut off: no clock that ends up in a workflow is that exact.
    fraction = (found["fraction"] or "").ljust(6, "0")[:6]
    try:
        local = datetime.fromisoformat(f"{found['day']}T{found['time'] or '00:00:00'}.{fraction}")
        return local.replace(tzinfo=_parsed_offset(found["offset"] or "Z")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ExpressionError(f"{text[:40]!r} is not a date: {error}") from None


def _parsed_offset(text: str) -> timezone:
    if text in ("Z", "z"):
        return UTC
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise ExpressionError(f"{text[:20]!r} is not an offset", hint="offsets are written as +05:30 or Z")
    span = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return timezone(-span if found["sign"] == "-" else span)


def _written(moment: datetime) -> str:
    text = moment.replace(tzinfo=None).isoformat(timespec="seconds")
    fraction = f".{moment.microsecond:06}".rstrip("0").rstrip(".")
    return f"{text}{fraction}Z"


def _seconds(span: timedelta) -> Number:
    microseconds = span // timedelta(microseconds=1)
    return microseconds // 1_000_000 if microseconds % 1_000_000 == 0 else microseconds / 1_000_000


def _code(codes: dict[str, str], letter: str) -> str:
    if letter not in codes:
        raise ExpressionError(f"%{letter} is not a code of format_date()", hint="the codes are %" + ", %".join(codes))
    return codes[letter]


def _codes(moment: datetime) -> dict[str, str]:
    """What each code stands for. Not strftime(), whose output changes with the locale and the platform."""
    offset = moment.strftime("%z")
    return {
        "Y": f"{moment.year:04}",
        "m": f"{moment.month:02}",
        "d": f"{moment.day:02}",
        "H": f"{moment.hour:02}",
        "I": f"{moment.hour % 12 or 12:02}",
        "M": f"{moment.minute:02}",
        "S": f"{moment.second:02}",
        "f": f"{moment.microsecond:06}",
        "p": "AM" if moment.hour < 12 else "PM",
        "j": f"{moment.timetuple().tm_yday:03}",
        "a": _DAYS[moment.weekday()][:3],
        "A": _DAYS[moment.weekday()],
        "b": _MONTHS[moment.month - 1][:3],
        "B": _MONTHS[moment.month - 1],
        "z": offset,
        "F": f"{moment.year:04}-{moment.month:02}-{moment.day:02}",
        "T": f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}",
        "%": "%",
    }
