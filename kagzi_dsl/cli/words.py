"""How times, failures and runs are put into words for people."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePath

from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json

COLOURS = {
    "completed": "green",
    "failed": "red",
    "cancelled": "yellow",
    "running": "cyan",
    "pending": "blue",
    "sleeping": "blue",
    "waiting": "magenta",
    "paused": "magenta",
    "skipped": "bright_black",
}
"""The colour of a status."""

_FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+)', re.MULTILINE)
_LINK = re.compile(
    r"^(?:The above exception was the direct cause|During handling of the above exception,)", re.MULTILINE
)
_ENDS_WITH_PLACE = re.compile(r"\([^()\s]+:\d+\)$")
_LONGEST = 300


def took(milliseconds: int) -> str:
    """A stretch of time as a person reads it: 12ms, 3.4s, 1m 05s, 2h 03m, 3d 04h."""
    if milliseconds < 1_000:
        return f"{max(0, milliseconds)}ms"
    seconds = milliseconds / 1_000
    if seconds < 59.95:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h {minutes:02}m"
    days, hours = divmod(hours, 24)
    return f"{days}d {hours:02}h"


def local_time(at: int) -> str:
    """A moment (ms) on the clock of whoever looks."""
    return datetime.fromtimestamp(at / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def failure_text(failure: Failure) -> str:
    """`InvalidArgument: card declined (activities.py:17)`, in one line."""
    # An exception is told by its type already; one without words by nothing else.
    told = failure.message.startswith((f"{failure.type}:", f"{failure.type} (")) or failure.message == failure.type
    text = failure.message if told else f"{failure.type}: {failure.message}"
    text = shortened(" ".join(text.split()), _LONGEST)
    place = _place(failure)
    return text if place is None or _ENDS_WITH_PLACE.search(text) else f"{text} ({place})"


def _place(failure: Failure) -> str | None:
    """The last line of the traceback, unless it is a library's; where a cause of the error came from says nothing."""
    frames = _FRAME.findall(_LINK.split(failure.traceback or "")[-1])
    if not frames or "site-packages" in frames[-1][0] or frames[-1][0].startswith("<"):
        return None
    file, line = frames[-1]
    return f"{PurePath(file).name}:{line}"


def shortened(text: str, longest: int) -> str:
    """`text`, cut where it is too long."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def json_text(value: Json, longest: int = 200) -> str:
    """A JSON value in one line, cut where it is too long."""
    import json  # as write_json does

    return shortened(json.dumps(value, ensure_ascii=False), longest)


def counted(count: int, noun: str) -> str:
    """`1 node`, `2 nodes`, `10,000 nodes`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def columns(rows: list[list[str]]) -> list[str]:
    """Rows as lines, every column as wide as its widest cell."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
