"""The statements in ../sql/*.sql by name, read once when the first one is asked for."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from importlib.resources import files

_MARK = "-- name: "
_INCLUDED = re.compile(r"<<(\w+)>>")


def query(name: str) -> str:
    """The text of a statement; a comment with its name leads it, for whoever looks at the server's activity."""
    return _queries()[name]


@functools.cache
def migrations() -> tuple[tuple[int, str, str], ...]:
    """Number, name and text of every migration, in order."""
    folder = files("kagzi_dsl.runtime.store").joinpath("sql", "migrations")
    found = sorted((e for e in folder.iterdir() if e.name.endswith(".sql")), key=lambda e: e.name)
    return tuple((int(entry.name[:4]), entry.name[5:-4], entry.read_text("utf-8")) for entry in found)


@functools.cache
def _queries() -> dict[str, str]:
    folder = files("kagzi_dsl.runtime.store").joinpath("sql")
    texts = (entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".sql"))
    named = {name: text for file in texts for name, text in _parts(file)}
    return {name: f"/* kagzi: {name} */ {_INCLUDED.sub(lambda m: named[m[1]], text)}" for name, text in named.items()}


def _parts(file: str) -> Iterator[tuple[str, str]]:
    for part in file.split(_MARK)[1:]:
        name, _, rest = part.partition("\n")
        lines = (line for line in rest.splitlines() if not line.startswith("--"))
        yield name.strip(), "\n".join(lines).strip()
