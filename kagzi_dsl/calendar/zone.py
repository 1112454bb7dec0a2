"""Time zones as stretches of time in which the clocks of a zone keep one distance from UTC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_STEP_S = 6 * 3600
"""How closely the clocks of a zone are looked at; nobody has ever changed them twice in so short a time."""
_LAST_YEAR = 9998
_OF_A_MACHINE = ("localtime", "posix", "right/")
"""Files beside the zones that are no IANA names, and not the same everywhere."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to `end` (s since the epoch, the end not included) local time is UTC plus `offset` (s).

    `before` is the offset until `start`: less than `offset` where clocks were put forward, more where they were put
    back, the same where nothing happened but a new year.
    """

    start: int
    end: int
    offset: int
    before: int


@lru_cache(maxsize=1_000)
def parse_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name such as `Europe/Berlin`. Raises ValueError with the name that was likely meant."""
    if name and not name.startswith(_OF_A_MACHINE):
        with suppress(OSError, ValueError, KeyError):  # a folder, a name that leads elsewhere, no such file
            return ZoneInfo(name)
    raise ValueError(f"there is no time zone {name!r}; {_meant(name)}")


def _meant(name: str) -> str:
    known = {one.lower(): one for one in available_timezones()}
    wanted = name.strip().lower().replace(" ", "_")
    if wanted in known:
        return f"did you mean {known[wanted]}?"
    cities = {one.rpartition("/")[2]: one for one in sorted(known)}
    if wanted in cities:
        return f"did you mean {known[cities[wanted]]}?"
    from difflib import get_close_matches  # only for those who mistype

    close = get_close_matches(wanted, known, 1)
    return f"did you mean {known[close[0]]}?" if close else "write an IANA name such as UTC or Europe/Berlin"


def stretches_from(zone: ZoneInfo, moment: int) -> Iterator[Stretch]:
    """The stretches from the one `moment` (s) lies in, in order."""
    for year in range(year_of(moment), _LAST_YEAR):
        yield from (one for one in _of_year(zone, year) if one.end > moment)


def stretches_back(zone: ZoneInfo, moment: int) -> Iterator[Stretch]:
    """The stretches from the one `moment` (s) lies in, backwards."""
    for year in range(year_of(moment), 1, -1):
        yield from (one for one in reversed(_of_year(zone, year)) if one.start <= moment)


def year_of(moment: int) -> int:
    """The year of a moment (s) in UTC."""
    return datetime.fromtimestamp(moment, UTC).year


@lru_cache(maxsize=4_000)
def _of_year(zone: ZoneInfo, year: int) -> tuple[Stretch, ...]:
    """The stretches that make up a year in UTC, split where it begins."""
    end = _new_year(year + 1)
    start, before = _new_year(year), _offset(zone, _new_year(year) - 1)
    found = []
    while start < end:
        until = _next_change(zone, start, end)
        offset = _offset(zone, start)
        found.append(Stretch(start, until, offset, before))
        start, before = until, offset
    return tuple(found)


def _next_change(zone: ZoneInfo, start: int, end: int) -> int:
    """The first second after `start` with another offset, or `end`."""
    offset, known = _offset(zone, start), start
    while known < end:
        look = min(known + _STEP_S, end)
        if _offset(zone, look) != offset:
            return _first_with_another(zone, offset, known, look)
        known = look
    return end


def _first_with_another(zone: ZoneInfo, offset: int, known: int, changed: int) -> int:
    while changed - known > 1:
        middle = (known + changed) // 2
        if _offset(zone, middle) == offset:
            known = middle
        else:
            changed = middle
    return changed


def _offset(zone: ZoneInfo, moment: int) -> int:
    offset = datetime.fromtimestamp(moment, zone).utcoffset()
    assert offset is not None, "a zone of the IANA data knows its offset"
    return round(offset.total_seconds())


def _new_year(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
