"""The `format` words of JSON Schema that the jsonschema library leaves unchecked unless further packages are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from kagzi_dsl.payload import Json

# RFC 3339 §5.6; a leap second is let through although datetime has no room for one.
_DATE = r"\d{4}-\d\d-\d\d"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)"
_MOMENT = rf"{_DATE}[tT]{_TIME}"
# ISO 8601 as RFC 3339 appendix A restricts it.
_PERIOD = r"P(?!$)(\d+W|(\d+Y(\d+M(\d+D)?)?|\d+M(\d+D)?|\d+D)?(T(?=\d)(\d+H(\d+M(\d+S)?)?|\d+M(\d+S)?|\d+S))?)"
# RFC 3986 §3: a scheme, a colon, and only characters a URI may have.
_URI = r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
# RFC 1123 §2.1.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*"


def _is_moment(value: Json) -> bool:
    return not isinstance(value, str) or (_fits(_MOMENT, value) and _is_in_calendar(value))


def _is_in_calendar(text: str) -> bool:
    try:
        datetime.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def _fits(pattern: str, text: str) -> bool:
    """Patterns are compiled when the first text is held against them (`re` keeps them): few schemas name a format."""
    return re.fullmatch(pattern, text, re.ASCII) is not None


def _matching(pattern: str) -> Callable[[Json], bool]:
    return lambda value: not isinstance(value, str) or _fits(pattern, value)


FORMATS: Mapping[str, Callable[[Json], bool]] = {
    "date-time": _is_moment,
    "time": _matching(_TIME),
    "duration": _matching(_PERIOD),
    "uri": _matching(_URI),
    "hostname": _matching(_HOST),
}
"""Whether a value fits a format; what is not a string always does (JSON Schema Validation §7.2.1)."""
