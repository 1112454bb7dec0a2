"""The statements in ../sql/*.sql by name, read once when the first one is asked for."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_FOLDER = Path(__file__).parent.parent / "sql"
_MARK = "-- name: "
_INCLUDED = re.compile(r"<<(\w+)>>")


def query(name: str) -> str:
    """The text of a statement; a comment with its name leads it, for whoever looks at the server's activity."""
    return _queries()[name]


@functools.cache
def migrations() -> tuple[tuple[int, str, str], ...]:
    """Number, name and text of every migration, in order."""
    found = sorted((_FOLDER / "migrations").glob("*.sql"))
    return tuple((int(entry.name[:4]), entry.name[5:-4], entry.read_text("utf-8")) for entry in found)


@functools.cache
def _queries() -> dict[str, str]:
    texts = (entry.read_text("utf-8") for entry in _FOLDER.glob("*.sql"))
    named = {name: text for file in texts for name, text in _parts(file)}
    return {name: f"/* kagzi: {name} */ {_whole(text, named)}" for name, text in named.items()}


def _whole(text: str, named: Mapping[str, str]) -> str:
    """A statement with the parts that stand in << >>, and those in them."""
    return _INCLUDED.sub(lambda m: _whole(named[m[1]], named), text)


def _parts(file: str) -> Iterator[tuple[str, str]]:
    for part in file.split(_MARK)[1:]:
        name, _, rest = part.partition("\n")
        lines = (line for line in rest.splitlines() if not line.startswith("--"))
        yield name.strip(), "\n".join(lines).strip()
