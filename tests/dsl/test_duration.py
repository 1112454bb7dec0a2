"""Durations: what is read, what is refused and how, and that writing is the inverse of reading."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagzi_dsl.duration import MAX_DURATION, format_duration, parse_duration

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("250ms", 250),
        ("0s", 0),
        ("5s", 5 * SECOND),
        ("1.5s", 1_500),
        ("30m", 30 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("1.5h", 90 * MINUTE),
        ("2d", 2 * DAY),
        ("1w", 7 * DAY),
        ("1w2d3h4m5s6ms", 9 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND + 6),
        ("090s", 90 * SECOND),
        ("36525d", MAX_DURATION),
        ("PT30M", 30 * MINUTE),
        ("P1DT2H", DAY + 2 * HOUR),
        ("P2W", 14 * DAY),
        ("PT0.25S", 250),
        ("PT0,25S", 250),
        ("PT1.5H", 90 * MINUTE),
        ("P1W2DT3H4M5S", 9 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND),
    ],
)
def test_a_duration_is_read_to_the_millisecond(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("100", "100 has no unit; write 100ms, 100s, 100m, 100h or 100d"),
        ("1.5", "1.5 has no unit; write 1.5ms, 1.5s, 1.5m, 1.5h or 1.5d"),
        ("-5s", "'-5s' is negative; a duration is zero or more"),
        ("-5", "'-5' is negative; a duration is zero or more"),
        ("P1M", "'P1M' counts years or months, whose length varies; count days instead, as in P30D"),
        ("P1Y", "'P1Y' counts years or months, whose length varies; count days instead, as in P30D"),
        ("1mo", "'1mo' counts years or months, whose length varies; count days instead, as in 30d"),
        ("2 years", "'2 years' counts years or months, whose length varies; count days instead, as in 30d"),
        ("36526d", "'36526d' is longer than 100 years, the longest duration there is"),
        ("9" * 40 + "d", f"'{'9' * 40}d' is longer than 100 years, the longest duration there is"),
        ("9" * 100 + "d", "a duration of 101 characters is too long; write for example 250ms, 5s, 1h30m, 2d or PT30M"),
        ("0.5ms", "'0.5ms' is finer than a millisecond, the smallest step of time here"),
        ("1.5h30m", "'1.5h30m' has a fraction before its last unit; only the last number may have one"),
        ("5 minutes", "'5 minutes' is not a duration; did you mean 5m?"),
        ("5min", "'5min' is not a duration; did you mean 5m?"),
        ("1 hour and 30 mins", "'1 hour and 30 mins' is not a duration; did you mean 1h30m?"),
        ("1h 30m", "'1h 30m' is not a duration; did you mean 1h30m?"),
        ("5S", "'5S' is not a duration; did you mean 5s?"),
        ("pt30m", "'pt30m' is not a duration; did you mean PT30M?"),
        ("30m1h", "'30m1h' is not a duration; write for example 250ms, 5s, 1h30m, 2d or PT30M"),
        ("soon", "'soon' is not a duration; write for example 250ms, 5s, 1h30m, 2d or PT30M"),
        ("", "'' is not a duration; write for example 250ms, 5s, 1h30m, 2d or PT30M"),
        ("5s\n", "'5s\\n' is not a duration; did you mean 5s?"),
        ("٥s", "'٥s' is not a duration; write for example 250ms, 5s, 1h30m, 2d or PT30M"),
        ("P", "'P' is not an ISO 8601 duration; write for example PT30M, PT1H30M, P2D or P1DT2H"),
        ("PT", "'PT' is not an ISO 8601 duration; write for example PT30M, PT1H30M, P2D or P1DT2H"),
        ("P1DT", "'P1DT' is not an ISO 8601 duration; write for example PT30M, PT1H30M, P2D or P1DT2H"),
        ("P30S", "'P30S' is not an ISO 8601 duration; write for example PT30M, PT1H30M, P2D or P1DT2H"),
    ],
)
def test_what_is_no_duration_is_refused_with_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared below
        parse_duration(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0s"),
        (1, "1ms"),
        (250, "250ms"),
        (1_500, "1.5s"),
        (60_000, "1m"),
        (60_250, "1m250ms"),
        (61_005, "1m1.005s"),
        (5_400_000, "1h30m"),
        (7 * DAY, "7d"),
        (MAX_DURATION, "36525d"),
    ],
)
def test_a_duration_has_one_canonical_text(milliseconds: int, text: str) -> None:
    assert format_duration(milliseconds) == text


@pytest.mark.parametrize("milliseconds", [-1, MAX_DURATION + 1])
def test_a_number_that_is_no_duration_is_not_written(milliseconds: int) -> None:
    with pytest.raises(ValueError, match="is not between 0 and 100 years"):
        format_duration(milliseconds)


@given(st.integers(0, MAX_DURATION))
def test_reading_gives_back_what_was_written(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds


@given(st.text(alphabet="0123456789.,-PTYMWDHSmshdw ", max_size=12) | st.text(max_size=80))
def test_any_text_is_either_read_or_refused_with_a_sentence(text: str) -> None:
    try:
        milliseconds = parse_duration(text)
    except ValueError as error:
        sentence = str(error)
        milliseconds = 0
    else:
        sentence = "it was read"
    assert 10 < len(sentence) < 600
    assert 0 <= milliseconds <= MAX_DURATION
