"""When schedules are due: cron expressions in time zones, against a look at the clock every minute."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from schedules.brute_force import Expression, Field, fires_of, ms

from kagzi_dsl.calendar.cron import parse_cron
from kagzi_dsl.calendar.fires import CronCalendar, IntervalCalendar, fires, newest_fires, next_fire, oldest_fires
from kagzi_dsl.calendar.zone import parse_zone

SAMPLE_ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca",
    "Africa/Cairo", "Asia/Kathmandu", "Pacific/Apia", "America/Santiago", "Asia/Beirut", "Pacific/Chatham",
)  # fmt: skip


def calendar(text: str, zone: str = "UTC") -> CronCalendar:
    return CronCalendar(parse_cron(text), parse_zone(zone))


def fires_at_all(expression: Expression) -> bool:
    """Whether there is such a day: not the 30th of February."""
    try:
        parse_cron(expression.text)
    except ValueError:
        return False
    return True


def shown(text: str, zone: str, after: str, count: int = 4) -> list[str]:
    """The fires after a moment, as the clocks of the zone show them."""
    found = islice(fires(calendar(text, zone), ms(after)), count)
    return [datetime.fromtimestamp(fire / 1000, ZoneInfo(zone)).strftime("%m-%d %H:%M %z") for fire in found]


def fields(low: int, high: int) -> st.SearchStrategy[Field]:
    """Fields as people write them, with the numbers they mean; whoever means all of them writes `*`."""
    number = st.integers(low, high)
    every = frozenset(range(low, high + 1))
    shapes = [
        st.lists(number, min_size=1, max_size=3, unique=True).map(
            lambda found: Field(",".join(map(str, found)), frozenset(found))
        ),
        st.tuples(number, number).map(lambda pair: _range(*sorted(pair))),
        st.integers(2, high).map(lambda step: Field(f"*/{step}", frozenset(range(low, high + 1, step)))),
    ]
    return st.one_of(st.just(Field("*", every)), *shapes).filter(lambda one: one.text == "*" or one.values != every)


def _range(low: int, high: int) -> Field:
    return Field(f"{low}-{high}", frozenset(range(low, high + 1)))


expressions = st.builds(
    Expression, minute=fields(0, 59), hour=fields(0, 23), day=fields(1, 31), month=fields(1, 12), weekday=fields(0, 6)
)
moments = st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)).map(
    lambda one: one.replace(second=0, microsecond=0, tzinfo=UTC)
)
"""Before them and after them the rules of the sample zones have changed more than once."""


@settings(deadline=None, max_examples=60)
@given(expression=expressions, zone=st.sampled_from(SAMPLE_ZONES), start=moments)
def test_the_fires_of_four_days_are_those_a_look_at_every_minute_finds(
    expression: Expression, zone: str, start: datetime
) -> None:
    _compare(expression, zone, start, start + timedelta(days=4))


CHANGES = (
    ("Europe/Berlin", "2026-03-29T01:00"), ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"), ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"), ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Africa/Casablanca", "2026-02-15T02:00"), ("Africa/Casablanca", "2026-03-22T02:00"),
    ("Africa/Cairo", "2026-04-23T22:00"), ("America/Santiago", "2026-04-05T03:00"),
    ("America/Santiago", "2026-09-06T04:00"), ("Pacific/Apia", "2011-12-30T10:00"),
    ("America/St_Johns", "2006-10-29T02:31"), ("Asia/Beirut", "2026-03-28T22:00"),
)  # fmt: skip
"""When clocks were put forward or back: by an hour, by half of one, at midnight, and once by a whole day."""


@settings(deadline=None, max_examples=150)
@given(expression=expressions, change=st.sampled_from(CHANGES), hours=st.integers(0, 30))
def test_the_fires_around_a_change_of_clocks_are_those_a_look_at_every_minute_finds(
    expression: Expression, change: tuple[str, str], hours: int
) -> None:
    around = datetime.fromisoformat(change[1]).replace(tzinfo=UTC)
    start = around - timedelta(hours=hours)
    _compare(expression, change[0], start, start + timedelta(hours=60))


def _compare(expression: Expression, zone: str, start: datetime, end: datetime) -> None:
    after, until = round(start.timestamp() * 1000) - 1, round(end.timestamp() * 1000) - 1
    expected = list(fires_of(expression, ZoneInfo(zone), start, end))
    if not fires_at_all(expression):
        assert expected == []
        return
    tested = calendar(expression.text, zone)
    assert list(takewhile(lambda fire: fire <= until, fires(tested, after))) == expected
    assert newest_fires(tested, after, until, 10_000) == expected
    assert newest_fires(tested, after, until, 3) == expected[-3:]
    assert oldest_fires(tested, after, until, 3) == expected[:3]
    for before, fire in zip([after, *expected], expected, strict=False):
        assert next_fire(tested, before) == fire


@settings(deadline=None, max_examples=40)
@given(
    expression=expressions, seconds=fields(0, 59), zone=st.sampled_from(SAMPLE_ZONES), start=moments,
    length=st.integers(1, 20_000),
)  # fmt: skip
def test_looking_back_finds_what_looking_forward_finds(
    expression: Expression, seconds: Field, zone: str, start: datetime, length: int
) -> None:
    assume(fires_at_all(expression))
    tested = calendar(f"{seconds.text} {expression.text}", zone)
    after = round(start.timestamp() * 1000)
    forward = list(takewhile(lambda fire: fire <= after + length * 1000, fires(tested, after)))
    assert newest_fires(tested, after, after + length * 1000, 50_000) == forward


# -- the hour that does not exist, and the hour that comes twice


def test_a_time_of_day_that_does_not_exist_fires_at_the_first_moment_after_the_gap() -> None:
    assert shown("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00", 3) == [
        "03-28 02:30 +0100",
        "03-29 03:00 +0200",
        "03-30 02:30 +0200",
    ]


def test_several_times_of_day_in_the_gap_are_one_fire() -> None:
    assert shown("*/10 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00", 3) == [
        "03-29 03:00 +0200",
        "03-29 03:10 +0200",
        "03-29 03:20 +0200",
    ]


def test_a_time_of_day_that_comes_twice_fires_the_first_time() -> None:
    assert shown("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", 2) == ["10-25 02:30 +0200", "10-26 02:30 +0100"]
    assert shown("*/30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", 3) == [
        "10-25 02:00 +0200",
        "10-25 02:30 +0200",
        "10-26 02:00 +0100",
    ]


def test_a_rhythm_goes_on_through_both_changes() -> None:
    assert shown("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:00", 3) == [
        "03-29 01:30 +0100",
        "03-29 03:00 +0200",
        "03-29 03:30 +0200",
    ]
    assert shown("0 * * * *", "Europe/Berlin", "2026-10-24T23:00", 4) == [
        "10-25 02:00 +0200",
        "10-25 02:00 +0100",
        "10-25 03:00 +0100",
        "10-25 04:00 +0100",
    ]


def test_midnight_that_does_not_exist_is_the_first_moment_of_the_day() -> None:
    assert shown("0 0 * * *", "Africa/Cairo", "2026-04-22T12:00", 3) == [
        "04-23 00:00 +0200",
        "04-24 01:00 +0300",
        "04-25 00:00 +0300",
    ]


def test_a_day_that_was_left_out_fires_when_the_next_one_begins() -> None:
    assert shown("0 9 30 12 *", "Pacific/Apia", "2011-12-01T00:00", 1) == ["12-31 00:00 +1400"]


def test_an_interval_counts_seconds_and_not_what_clocks_show() -> None:
    every = IntervalCalendar(interval=90_000, anchor=10_000)
    assert list(islice(fires(every, 0), 3)) == [100_000, 190_000, 280_000]
    assert list(islice(fires(every, 100_000), 2)) == [190_000, 280_000]
    assert newest_fires(every, 10_000, 10**12, 2) == [999_999_910_000, 1_000_000_000_000]
    assert newest_fires(every, 200_000, 279_999, 9) == []
    assert oldest_fires(every, 0, 190_000, 9) == newest_fires(every, 0, 190_000, 9) == [100_000, 190_000]


# -- what expressions mean


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*/20 * * * * *", ["2026-01-01T00:00:20", "2026-01-01T00:00:40", "2026-01-01T00:01:00"]),
        ("5 4 3 2 1 *", ["2026-01-02T03:04:05", "2027-01-02T03:04:05", "2028-01-02T03:04:05"]),
        ("9-9 4-4/2,6 1 jan-JAN *", ["2026-01-01T04:09", "2026-01-01T06:09", "2027-01-01T04:09"]),
        ("0 0 12 * * * 2027", ["2027-01-01T12:00", "2027-01-02T12:00", "2027-01-03T12:00"]),
        ("0 0 l * *", ["2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00"]),
        ("0 9 15W * *", ["2026-01-15T09:00", "2026-02-16T09:00", "2026-03-16T09:00"]),
        ("0 9 * * fri#2", ["2026-01-09T09:00", "2026-02-13T09:00", "2026-03-13T09:00"]),
        ("0 9 * * L5", ["2026-01-30T09:00", "2026-02-27T09:00", "2026-03-27T09:00"]),
        ("0 9 15W * mon", ["2026-01-05T09:00", "2026-01-12T09:00", "2026-01-15T09:00"]),
        ("0 9 L * L5", ["2026-01-30T09:00", "2026-01-31T09:00", "2026-02-27T09:00"]),
        ("0 9 1 * fri#2", ["2026-01-01T09:00", "2026-01-09T09:00", "2026-02-01T09:00"]),
        ("0 0 9 31 2 mon 2026", ["2026-02-02T09:00", "2026-02-09T09:00", "2026-02-16T09:00"]),
        ("0 0 13 * fri", ["2026-01-02T00:00", "2026-01-09T00:00", "2026-01-13T00:00"]),
        ("0 0 * * 7", ["2026-01-04T00:00", "2026-01-11T00:00", "2026-01-18T00:00"]),
        ("0 22-1 * * *", ["2026-01-01T01:00", "2026-01-01T22:00", "2026-01-01T23:00"]),
        ("  0   0 1 JAN-mar ?  ", ["2026-02-01T00:00", "2026-03-01T00:00", "2027-01-01T00:00"]),
        ("@weekly", ["2026-01-04T00:00", "2026-01-11T00:00", "2026-01-18T00:00"]),
        ("@Hourly", ["2026-01-01T01:00", "2026-01-01T02:00", "2026-01-01T03:00"]),
        ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
    ],
)
def test_an_expression_means_what_croniter_documents(text: str, expected: list[str]) -> None:
    found = islice(fires(calendar(text), ms("2026-01-01T00:00")), 3)
    assert [datetime.fromtimestamp(fire / 1000, UTC) for fire in found] == [
        datetime.fromisoformat(one).replace(tzinfo=UTC) for one in expected
    ]


def test_an_expression_whose_years_are_over_never_fires_again() -> None:
    tested = calendar("0 0 12 * * * 2020-2025")
    assert next_fire(tested, ms("2026-01-01T00:00")) is None
    assert next_fire(tested, ms("2025-12-31T11:00")) == ms("2025-12-31T12:00")
    assert next_fire(tested, ms("2025-12-31T12:00")) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("60 * * * *", "the minute `60` in '60 * * * *' is not right; it takes 0–59"),
        ("* 24 * * *", "the hour `24`"),
        ("* * 0 * *", "the day of month `0`"),
        ("* * * foo *", "the month `foo`"),
        ("* * * * 8", "the day of week `8`"),
        ("* * * * mon#6", "the day of week `mon#6`"),
        ("99 * * * * *", "the second `99`"),
        ("* * * * * * 1969", "the year `1969` in '* * * * * * 1969' is not right; it takes 1970–2099"),
        ("*/0 * * * *", "the minute `*/0`"),
        ("1,,2 * * * *", "the minute `1,,2`"),
        ("-1 * * * *", "the minute `-1`"),
        ("* R * * *", "the hour `R`"),
        ("h * * * *", "the minute `h`"),
        ("H(0-5) * * * *", "the minute `H(0-5)`"),
        ("０ * * * *", "the minute `０`"),
        ("", "'' has 0 fields; a cron expression has five (minute hour day-of-month month day-of-week), six"),
        ("* * * *", "has 4 fields"),
        ("* * * * * * * *", "has 8 fields"),
        ("@reboot", "'@reboot' is no name of a rhythm; there are @annually"),
        ("0 0 30 2 *", "'0 0 30 2 *' names no day there is, so it never fires"),
        ("0 0 31 4,6,9,11 *", "never fires"),
        ("0 0 0 29 2 * 2023", "never fires"),
        ("* " * 300, "is too long"),
    ],
)
def test_a_wrong_expression_is_told_by_the_field_and_what_it_takes(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_cron(text)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text("0123456789*/,-#?lLwWhrRjanmofi()@", max_size=8), min_size=1, max_size=8).map(" ".join))
def test_no_text_breaks_the_reading_of_expressions(text: str) -> None:
    try:
        cron = parse_cron(text)
    except ValueError:
        return
    fire = next_fire(CronCalendar(cron, ZoneInfo("Europe/Berlin")), ms("2026-01-01T00:00"))
    assert fire is None or fire > ms("2026-01-01T00:00")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("europe/berlin", "Europe/Berlin"), ("Berlin", "Europe/Berlin"), ("Europe/Berln", "Europe/Berlin"),
        ("New York", "America/New_York"), ("utc", "UTC"), ("Mars/Olympus", "write an IANA name such as UTC"),
        ("", "write an IANA name"), ("/etc/passwd", "write"), ("../../etc/passwd", "write"), ("Europe", "did you mean"),
        ("a\0b", "write"), ("localtime", ""), ("posixrules", ""),
    ],
)  # fmt: skip
def test_a_zone_there_is_not_is_told_with_the_one_that_was_meant(name: str, meant: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone") as error:
        parse_zone(name)
    assert meant in str(error.value)


def test_the_next_fire_of_an_expression_that_hardly_ever_fires_is_found_soon() -> None:
    # The fifth Monday of a February: one of 29 days that begins on one.
    found = islice(fires(calendar("0 12 * 2 mon#5", "Europe/Berlin"), ms("2026-01-01T00:00")), 3)
    assert [datetime.fromtimestamp(fire / 1000, UTC).year for fire in found] == [2044, 2072, 2112]
