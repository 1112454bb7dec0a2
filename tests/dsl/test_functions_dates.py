"""Dates and durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError


def value(text: str, **roots: Any) -> Any:
    return compile_expression(text).evaluate(MappingScope(roots))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("duration('1h30m')", 5400),
        ("duration('250ms')", 0.25),
        ("duration('PT30M')", 1800),
        ("date_add('2024-02-28T23:59:59Z', '1s')", "2024-02-29T00:00:00Z"),
        ("date_add('2024-02-29', '-1d')", "2024-02-28T00:00:00Z"),
        ("date_add('2024-01-01T02:00:00+02:00', '0s')", "2024-01-01T00:00:00Z"),
        ("date_add('2024-01-01t00:00:00z', `90`)", "2024-01-01T00:01:30Z"),
        ("date_add('2024-01-01 00:00:00Z', `-0.25`)", "2023-12-31T23:59:59.75Z"),
        ("date_add('2024-01-01T00:00:00.123456789Z', '0s')", "2024-01-01T00:00:00.123456Z"),
        ("date_add('0099-01-01T00:00:00Z', '0s')", "0099-01-01T00:00:00Z"),
        ("date_diff('2024-01-01T00:00:01.5Z', '2024-01-01T00:00:00Z')", 1.5),
        ("date_diff('2024-01-01T00:00:00Z', '2024-01-01T01:00:00+01:00')", 0),
        ("date_diff('2024-01-01', '2024-01-02')", -86400),
        ("format_date('2024-03-05T06:07:08.009Z', '%Y-%m-%d %H:%M:%S.%f %z %%')", "2024-03-05 06:07:08.009000 +0000 %"),
        (
            "format_date('2024-03-05T18:07:08Z', '%A %a %B %b %d, %I %p, day %j')",
            "Tuesday Tue March Mar 05, 06 PM, day 065",
        ),
        ("format_date('2024-03-05T20:00:00Z', '%F %T %z', '+05:30')", "2024-03-06 01:30:00 +0530"),
        ("format_date('2024-03-05T00:30:00Z', '%I %p')", "12 AM"),
        ("format_date('2024-03-05', 'no codes')", "no codes"),
    ],
)
def test_dates_by_example(text: str, expected: Any) -> None:
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("duration('5')", "duration(): 5 has no unit", None),
        ("duration('')", "duration", None),
        ("date_add('tomorrow', '1d')", "'tomorrow' is not a date", "2024-02-29T12:00:00Z (RFC 3339)"),
        ("date_add('2024-02-30', '1d')", "'2024-02-30' is not a date: day", None),
        ("date_add('2024-02-29T12:00:00', '1d')", "has no offset", "for UTC write '2024-02-29T12:00:00Z'"),
        ("date_add('2024-02-29T12:00:00+25:00', '1d')", "'+25:00' is not an offset", "+05:30 or Z"),
        ("date_add('2024-02-29T23:59:60Z', '1d')", "is not a date: second", None),
        ("date_add('0001-01-01T00:00:00+01:00', '1d')", "is not a date", None),
        ("date_add('9999-12-31T00:00:00Z', '2d')", "not a date between the years 1 and 9999", None),
        ("date_add('2024-01-01', `1e300`)", "not a date between the years 1 and 9999", None),
        ("date_add('2024-01-01', '1')", "date_add(): 1 has no unit", None),
        ("date_diff('2024-01-01', '٢٠٢٤-01-01')", "is not a date", None),
        ("format_date('2024-01-01', '%Q')", "%Q is not a code of format_date()", "the codes are %Y, %m,"),
        ("format_date('2024-01-01', '100%')", "% is not a code", "the codes are"),
        ("format_date('2024-01-01', '%Y', 'CET')", "'CET' is not an offset", "+05:30 or Z"),
        ("format_date('9999-12-31T23:00:00Z', '%Y', '+05:00')", "not a date between", None),
    ],
)
def test_what_is_not_a_date_is_said(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")


MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moment=MOMENTS, offset=OFFSETS, seconds=st.integers(-(10**9), 10**9))
def test_what_is_added_is_the_difference(moment: datetime, offset: timezone, seconds: int) -> None:
    date = moment.replace(tzinfo=offset).isoformat()
    roots = {"input": {"date": date, "s": seconds}}
    later = value("date_add(input.date, input.s)", **roots)
    assert later.endswith("Z")
    assert value("date_diff(date_add(input.date, input.s), input.date)", **roots) == seconds
    assert datetime.fromisoformat(later) == moment.replace(tzinfo=offset).astimezone(UTC) + timedelta(seconds=seconds)


@given(moment=MOMENTS)
def test_the_codes_mean_what_they_mean_to_python(moment: datetime) -> None:
    pattern = "%Y-%m-%d %H:%M:%S.%f %I %p %j %a %A %b %B %z %F %T"
    found = value("format_date(input[0], input[1])", input=[moment.isoformat() + "Z", pattern])
    assert found == moment.replace(tzinfo=UTC).strftime(pattern.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S"))
