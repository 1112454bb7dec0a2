"""Moments: milliseconds since the epoch, and RFC 3339 text, which has an offset."""

from __future__ import annotations

from datetime import UTC, date, datetime


def parse_moment(text: str) -> int:
    """The moment a text such as `2026-01-31T09:00:00Z` names, in ms. Raises ValueError saying what would be right."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a moment; write it as 2026-01-31T09:00:00Z") from None
    if moment.tzinfo is None:
        better = f"{text.strip()}{'T00:00:00' if _is_date(text.strip()) else ''}Z"
        raise ValueError(f"{text!r} has no time zone; write {better} or give an offset such as +01:00")
    return round(moment.timestamp() * 1000)


def _is_date(text: str) -> bool:
    """Whether a text that names a moment says nothing of the time of day; an offset needs one before it."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def timestamp(at: int) -> str:
    """A moment (ms) as text in UTC, as expressions and people see it."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
