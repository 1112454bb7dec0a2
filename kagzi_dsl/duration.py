"""Durations as text: `250ms`, `5s`, `1h30m`, `2d`, and ISO 8601 such as `PT30M` or `P1DT2H`.

A day is 24 hours and a week 7 days; nothing here knows the calendar, which is why months and years are refused. The
result is a whole number of milliseconds, at most 100 years.
"""

from __future__ import annotations

import re

_UNITS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
_SPELLED = {
    "week": "w", "wk": "w", "day": "d", "hour": "h", "hr": "h", "minute": "m", "min": "m", "second": "s", "sec": "s",
    "millisecond": "ms", "milli": "ms", "msec": "ms",
}  # fmt: skip

MAX_DURATION = 36_525 * _UNITS["d"]
"""The longest duration (ms): 100 years of 365.25 days."""

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_COMPACT = re.compile("".join(rf"(?:({_NUMBER}){unit})?" for unit in _UNITS))
_ISO_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
_ISO_DATE = "".join(rf"(?:({_ISO_NUMBER}){unit})?" for unit in "YMWD")
_ISO_TIME = "".join(rf"(?:({_ISO_NUMBER}){unit})?" for unit in "HMS")
_ISO = re.compile(rf"P{_ISO_DATE}(?:T{_ISO_TIME})?")
_ISO_UNITS = ("Y", "M", "w", "d", "h", "m", "s")
_PART = re.compile(rf"({_NUMBER})\s*([a-zA-Zµ]+)")
_LONGEST_TEXT = 64
_EXAMPLES = "write for example 250ms, 5s, 1h30m, 2d or PT30M"


def parse_duration(text: str) -> int:
    """The milliseconds that `text` stands for.

    Units go from the largest to the smallest, each at most once; only the last number may have a fraction, and the sum
    must be a whole number of milliseconds. The ISO 8601 form follows ISO 8601-1:2019 §5.5.2.

    Raises ValueError with a sentence that says what is wrong and what would be right.
    """
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"a duration of {len(text):,} characters is too long; {_EXAMPLES}")
    parts = _iso_parts(text) if text.startswith("P") else _compact_parts(text)
    if any("." in number for number, _ in parts[:-1]):
        raise ValueError(f"{text!r} has a fraction before its last unit; only the last number may have one")
    milliseconds = sum(_scaled(number, unit, text) for number, unit in parts)
    if milliseconds > MAX_DURATION:
        raise ValueError(f"{text!r} is longer than 100 years, the longest duration there is")
    return milliseconds


def format_duration(milliseconds: int) -> str:
    """The canonical text of a duration: days, hours, minutes, seconds, no unit that is zero.

    `parse_duration` gives the number back. Raises ValueError for a number below zero or beyond `MAX_DURATION`.
    """
    if not 0 <= milliseconds <= MAX_DURATION:
        raise ValueError(f"{milliseconds} ms is not between 0 and 100 years")
    parts: list[str] = []
    rest = milliseconds
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    if rest >= 1_000:
        parts.append(_seconds(rest))
    elif rest:
        parts.append(f"{rest}ms")
    return "".join(parts) or "0s"


def _seconds(milliseconds: int) -> str:
    whole, fraction = divmod(milliseconds, 1_000)
    return f"{whole}.{fraction:03}".rstrip("0").rstrip(".") + "s"


def _compact_parts(text: str) -> list[tuple[str, str]]:
    match = _COMPACT.fullmatch(text)
    if not match or not text:
        raise ValueError(_why_not(text))
    return [(number, unit) for number, unit in zip(match.groups(), _UNITS, strict=True) if number]


def _iso_parts(text: str) -> list[tuple[str, str]]:
    match = _ISO.fullmatch(text)
    if not match or text.endswith(("P", "T")):
        raise ValueError(f"{text!r} is not an ISO 8601 duration; write for example PT30M, PT1H30M, P2D or P1DT2H")
    parts = [
        (number.replace(",", "."), unit) for number, unit in zip(match.groups(), _ISO_UNITS, strict=True) if number
    ]
    if any(unit in "YM" for _, unit in parts):
        raise ValueError(f"{text!r} counts years or months, whose length varies; count days instead, as in P30D")
    return parts


def _scaled(number: str, unit: str, text: str) -> int:
    whole, _, fraction = number.partition(".")
    divisor: int = 10 ** len(fraction)
    scaled, rest = divmod(int(whole + fraction) * _UNITS[unit], divisor)
    if rest:
        raise ValueError(f"{text!r} is finer than a millisecond, the smallest step of time here")
    return scaled


def _why_not(text: str) -> str:
    """The sentence about a text that is no duration; the commonest mistakes are named."""
    bare = text.strip()
    if re.fullmatch(_NUMBER, bare):
        return f"{bare} has no unit; write {bare}ms, {bare}s, {bare}m, {bare}h or {bare}d"
    if bare.startswith("-"):
        return f"{text!r} is negative; a duration is zero or more"
    if re.search(r"[0-9]\s*(?:mo|mon|months?|y|yr|years?)\b", bare, re.IGNORECASE):
        return f"{text!r} counts years or months, whose length varies; count days instead, as in 30d"
    better = _respelled(bare)
    return f"{text!r} is not a duration; " + (f"did you mean {better}?" if better else _EXAMPLES)


def _respelled(text: str) -> str | None:
    """What `5 minutes`, `1H 30M` or `pt30m` must have meant; None when there is no telling."""
    upper = text.upper()
    if _ISO.fullmatch(upper) and not upper.endswith(("P", "T")):
        return upper
    parts = _PART.findall(text)
    if not parts or re.sub(r"[\s,]+|\band\b", "", _PART.sub("", text)):
        return None
    units = [_unit_of(word) for _, word in parts]
    respelled = "".join(f"{number}{unit}" for (number, _), unit in zip(parts, units, strict=True))
    if None in units or not _COMPACT.fullmatch(respelled):
        return None
    return respelled


def _unit_of(word: str) -> str | None:
    word = word.lower()
    return word if word in _UNITS else _SPELLED.get(word.removesuffix("s"))
