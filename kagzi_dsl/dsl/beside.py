"""Workflows found by name in the files beside a document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from kagzi_dsl.dsl.diagnostic import Diagnostic, Related
from kagzi_dsl.dsl.digest import digest
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.parse import Parsed, parse_file
from kagzi_dsl.dsl.source import MAX_BYTES

ENDINGS = (".yaml", ".yml", ".json")
"""How the names of workflow files end."""

# Too much is no harm: whoever is found by this is parsed before it is believed.
_NAMED = re.compile(rb"""workflow["']?\s*:\s*["']?([a-z][a-z0-9_-]*)""")


def find_beside(folder: str | Path) -> Callable[[str], Parsed | None]:
    """Gives a function that finds a workflow by name among the documents in a folder.

    The folder is looked through once, and only files that seem to hold the name are parsed. When two of them differ,
    the diagnostics say so.
    """
    place = Path(folder)

    @cache
    def files() -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for path in _documents_in(place):
            for name in _names_in(path):
                found.setdefault(name, []).append(path)
        return found

    @cache
    def find(name: str) -> Parsed | None:
        parsed = [each for path in files().get(name, []) if _is_named((each := parse_file(path)), name)]
        return _one_of(parsed) if parsed else None

    return find


def _documents_in(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.name.endswith(ENDINGS) and path.is_file())


def _names_in(path: Path) -> set[str]:
    try:
        with path.open("rb") as stream:
            return {name.decode() for name in _NAMED.findall(stream.read(MAX_BYTES))}
    except OSError:
        # Whoever cannot be read is not the one that is looked for; a call of the file itself would say why.
        return set()


def _is_named(parsed: Parsed, name: str) -> bool:
    return parsed.document is not None and parsed.document.workflow.name == name


def _one_of(parsed: list[Parsed]) -> Parsed:
    """The first of several documents of one name, and what is wrong with there being several."""
    first = parsed[0]
    assert first.document is not None
    others = [each.document for each in parsed[1:] if each.document is not None]
    mine = digest(first.document.workflow)
    clashes = [_clash(first.document, other) for other in others if digest(other.workflow) != mine]
    return Parsed(first.document, (*first.diagnostics, *clashes))


def _clash(first: Document, other: Document) -> Diagnostic:
    name = other.workflow.name
    message = f"two different workflows are named `{name}`: {first.file} and {other.file}"
    related = Related(f"`{name}` is named here first", first.span_of(("workflow",)), first.file)
    hint = "give one of them another name, or call the file"
    span = other.span_of(("workflow",))
    return Diagnostic("duplicate-workflow", "error", message, ("workflow",), span, hint, (related,), other.file)
