"""The `format` words of JSON Schema that the jsonschema library leaves unchecked unless further packages are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from kagzi_dsl.payload import Json

# RFC 3339 §5.6; a leap second is let through although datetime has no room for one.
_DATE = r"\d{4}-\d\d-\d\d"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)"
_MOMENT = re.compile(rf"{_DATE}[tT]{_TIME}", re.ASCII)
_CLOCK = re.compile(_TIME, re.ASCII)
# ISO 8601 as RFC 3339 appendix A restricts it.
_PERIOD = re.compile(
    r"P(?!$)(\d+W|(\d+Y(\d+M(\d+D)?)?|\d+M(\d+D)?|\d+D)?(T(?=\d)(\d+H(\d+M(\d+S)?)?|\d+M(\d+S)?|\d+S))?)", re.ASCII
)
# RFC 3986 §3: a scheme, a colon, and only characters a URI may have.
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
# RFC 1123 §2.1.
_HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def _is_moment(value: Json) -> bool:
    return not isinstance(value, str) or (_MOMENT.fullmatch(value) is not None and _is_in_calendar(value))


def _is_in_calendar(text: str) -> bool:
    try:
        datetime.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def _matching(pattern: re.Pattern[str]) -> Callable[[Json], bool]:
    return lambda value: not isinstance(value, str) or pattern.fullmatch(value) is not None


FORMATS: Mapping[str, Callable[[Json], bool]] = {
    "date-time": _is_moment,
    "time": _matching(_CLOCK),
    "duration": _matching(_PERIOD),
    "uri": _matching(_URI),
    "hostname": _matching(_HOST),
}
"""Whether a value fits a format; what is not a string always does (JSON Schema Validation §7.2.1)."""
