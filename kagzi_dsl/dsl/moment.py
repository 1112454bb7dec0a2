"""Moments: RFC 3339 text with an offset, read as milliseconds since the epoch."""

from __future__ import annotations

from datetime import datetime


def parse_moment(text: str) -> int:
    """The moment a text such as `2026-01-31T09:00:00Z` names, in ms. Raises ValueError saying what would be right."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a moment; write it as 2026-01-31T09:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write {text.strip()}Z or give an offset such as +01:00")
    return round(moment.timestamp() * 1000)
