"""From a file to a document that can be run: read, linked with what it calls, its activities loaded, checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kagzi_dsl.cli.unchecked import UNKNOWN, Needed, Unchecked, has_all_needed, unchecked_in
from kagzi_dsl.dsl.check import check
from kagzi_dsl.dsl.diagnostic import Diagnostic, has_errors
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.link import Linked, is_file, link_file
from kagzi_dsl.dsl.model import Call, Workflow, walk
from kagzi_dsl.errors import RegistrationError

if TYPE_CHECKING:
    from kagzi_dsl.activities.registry import Registry

DEFAULT = "./activities.py"
"""Where the activities of a document are that does not say: beside it, if there is such a file."""


class ActivitySet(NamedTuple):
    """Where activities come from: files, folders and modules as somebody wrote them, seen from a folder."""

    specs: tuple[str, ...]
    base: Path

    def __str__(self) -> str:
        return ", ".join(self.specs) if self.specs else "none but the built-in ones"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What became of a file. `registry` is None when the activities were not loaded; `sets` is where they came from.

    `unchecked` are activities of other queues that are not here, and `spared` what would be wrong if nobody had them.
    """

    linked: Linked
    diagnostics: tuple[Diagnostic, ...]
    registry: Registry | None = None
    sets: tuple[ActivitySet, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    spared: tuple[Diagnostic, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether it cannot be run."""
        return self.linked.document is None or has_errors(self.diagnostics)


def check_file(
    file: str, *, activities: Sequence[str] = (), load: bool = True, needed: Needed | None = None
) -> Checked:
    """Everything that is wrong with a file and the files it calls, in the order of files and lines.

    `activities` (seen from the working directory) stand in for what the documents say of theirs; without `load` no code
    is imported, and the names of activities are not checked. Activities that are not `needed` (None: all are) may be
    missing.
    """
    linked = link_file(file)
    if linked.document is None:
        return Checked(linked=linked, diagnostics=linked.diagnostics)
    problems = [*linked.diagnostics]
    sets = _given(activities) if activities else _own(linked)
    spared: list[Diagnostic] = []
    failures: list[Diagnostic] = []
    registry = _load(sets, failures) if load else None
    if failures and needed is not None and (registry := _load_rest(sets, linked, needed)) is not None:
        spared, failures = failures, []
    problems += failures
    signatures = registry.signatures() if registry else None
    for document in linked.documents.values():
        problems += check(document, signatures=signatures, workflows=callees(document, linked))
    unchecked: list[Unchecked] = []
    if registry is not None and needed is not None:
        unchecked, places = unchecked_in(linked, registry, needed)
        spared += [one for one in problems if one.code == UNKNOWN and (one.file, one.path) in places]
        problems = [one for one in problems if one not in spared]
    return Checked(
        linked=linked,
        diagnostics=in_order(problems),
        registry=registry,
        sets=tuple(sets),
        unchecked=tuple(unchecked),
        spared=in_order(spared),
    )


def callees(document: Document, linked: Linked) -> dict[str, Workflow]:
    """The workflows a document calls, by the words it calls them by: names, or files."""
    found = dict(linked.workflows)
    files = [one.workflow for one in walk(document.workflow.root) if isinstance(one, Call) and is_file(one.workflow)]
    by_file = {Path(one.file).resolve(): name for name, one in linked.documents.items()} if files else {}
    for file in files:
        name = by_file.get((Path(document.file).parent / file).resolve())
        if name is not None:
            found[file] = linked.workflows[name]
    return found


def _given(activities: Sequence[str]) -> dict[ActivitySet, Document | None]:
    return {ActivitySet(tuple(activities), Path.cwd()): None}


def _own(linked: Linked) -> dict[ActivitySet, Document | None]:
    """The sets the documents name, and for each the first document that does."""
    sets: dict[ActivitySet, Document | None] = {}
    for document in linked.documents.values():
        sets.setdefault(set_of(document), document)
    return sets


def set_of(document: Document) -> ActivitySet:
    """Where a document's activities are: what it says, else `activities.py` beside it."""
    folder = Path(document.file).parent.resolve()
    if document.activities is not None:
        return ActivitySet(tuple(document.activities), folder)
    return default_set(folder)


def default_set(folder: Path) -> ActivitySet:
    """The file `activities.py` of a folder, or nothing."""
    return ActivitySet((DEFAULT,) if (folder / DEFAULT).is_file() else (), folder)


def _load(sets: dict[ActivitySet, Document | None], problems: list[Diagnostic]) -> Registry | None:
    """The activities of all sets; None, with a diagnostic for each set, when some cannot be loaded.

    Raises RegistrationError for a set that no document asked for.
    """
    loaded = []
    for one, document in sets.items():
        try:
            loaded.append(load_set(one))
        except RegistrationError as error:
            if document is None:
                raise
            problems.append(_import_failed(document, error))
    if len(loaded) < len(sets):
        return None
    try:
        return merged(loaded)
    except RegistrationError as error:
        problems.append(_import_failed(next(filter(None, sets.values())), error))
        return None


def _load_rest(sets: Iterable[ActivitySet], linked: Linked, needed: Needed) -> Registry | None:
    """What can be loaded of the sets; None when an activity that is needed is not in it."""
    try:
        registry = loadable(sets)
    except RegistrationError:
        return None
    return registry if has_all_needed(linked, registry, needed) else None


def loadable(sets: Iterable[ActivitySet]) -> Registry:
    """What can be loaded of some sets. Raises RegistrationError when two activities have one name."""
    loaded = []
    for alone in (ActivitySet((spec,), one.base) for one in sets for spec in one.specs):
        with suppress(RegistrationError):
            loaded.append(load_set(alone))
    return merged(loaded)


@cache
def load_set(activities: ActivitySet) -> Registry:
    """Imports a set; once, however many documents share it. Raises RegistrationError."""
    from kagzi_dsl.activities.registry import Registry  # not with --no-import

    return Registry.load(activities.specs, activities.base)


def merged(registries: Sequence[Registry]) -> Registry:
    """One registry of all. Raises RegistrationError when two activities have one name."""
    from kagzi_dsl.activities.registry import Registry

    if len(registries) == 1:
        return registries[0]
    return Registry(found for one in registries for name in one.names() if (found := one.get(name)) is not None)


def _import_failed(document: Document, error: RegistrationError) -> Diagnostic:
    place = ("activities",) if document.activities is not None else ("workflow",)
    hint = "with --no-import the rest of the document is checked without them"
    message = f"the activities cannot be loaded: {error}"
    span = document.key_span(place)
    return Diagnostic("activities-import", "error", message, place, span, hint, (), document.file)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Each diagnostic once, by file (in the order files come up), line and column."""
    unique: dict[tuple[object, ...], Diagnostic] = {}
    rank: dict[str, int] = {}
    for one in diagnostics:
        unique.setdefault((_resolved(one.file), one.span, one.code, one.message), one)
        rank.setdefault(_resolved(one.file), len(rank))
    return tuple(sorted(unique.values(), key=lambda one: (rank[_resolved(one.file)], _position(one))))


@cache
def _resolved(file: str) -> str:
    return str(Path(file).resolve())


def _position(diagnostic: Diagnostic) -> tuple[int, int]:
    span = diagnostic.span
    return (span.line, span.column) if span else (0, 0)
