"""A document together with every workflow it can reach through `call`, each under its name and digest.

A call names a workflow, or a file seen from the folder of the document that calls; a file is read, and the callee's
name takes its place, so that what is stored does not know of files. Calls that lead back to where they come from are
fine: a digest covers what a workflow says, not what it calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias

from kagzi_dsl.dsl.beside import ENDINGS, find_beside
from kagzi_dsl.dsl.diagnostic import Diagnostic, Related, Severity
from kagzi_dsl.dsl.digest import digest
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.model import Call, Workflow, walk
from kagzi_dsl.dsl.nearest import did_you_mean
from kagzi_dsl.dsl.parse import Parsed, parse_file, parse_text
from kagzi_dsl.dsl.rebuild import with_calls
from kagzi_dsl.errors import DocumentError

__all__ = ["Find", "Linked", "Read", "find_beside", "is_file", "link", "link_file", "link_parsed", "link_text"]

Read: TypeAlias = Callable[[Path], Parsed]
"""Reads the document in a file."""
Find: TypeAlias = Callable[[str], Parsed | None]
"""Finds the document of a workflow by its name; None when there is none."""


@dataclass(frozen=True, kw_only=True)  # without slots, so that `digests` can be kept
class Linked:
    """A root document and all it can reach.

    `document` is None when the root could not be read. `documents` holds every reachable document by its workflow's
    name, the root's too; `workflows` holds the same with calls by name only. `missing` are the names that nobody
    answers to here, which may still be known to a database; `unresolved` says where each of them is called.
    """

    document: Document | None
    documents: Mapping[str, Document] = field(default_factory=dict)
    workflows: Mapping[str, Workflow] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unresolved: tuple[Diagnostic, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """The digest of each of `workflows`, worked out when somebody asks: a check does not."""
        return {name: digest(workflow) for name, workflow in self.workflows.items()}

    @property
    def root(self) -> Workflow:
        """The root's workflow. Raises DocumentError when there is none."""
        if self.document is None:
            raise DocumentError(self.diagnostics)
        return self.workflows[self.document.workflow.name]


def link_file(path: str | Path) -> Linked:
    """Reads a document and all it can reach from its folder; the diagnostics are those of every file."""
    return link_parsed(parse_file(path), find=find_beside(Path(path).parent))


def link_text(text: str | bytes, file: str = "") -> Linked:
    """As `link_file`, for a document given as text; without a `file` its calls are seen from the working directory."""
    return link_parsed(parse_text(text, file), find=find_beside(Path(file).parent) if file else _find_none)


def link_parsed(parsed: Parsed, read: Read = parse_file, find: Find | None = None) -> Linked:
    """As `link`, beginning with what parsing came to."""
    if parsed.document is None:
        return Linked(document=None, diagnostics=parsed.diagnostics)
    linked = link(parsed.document, read, find or _find_none)
    return replace(linked, diagnostics=parsed.diagnostics + linked.diagnostics)


def link(root: Document, read: Read = parse_file, find: Find | None = None) -> Linked:
    """Finds every workflow that `root` can reach: files with `read`, names with `find`.

    The diagnostics are those of the documents found on the way and of the calls; not the root's own.
    """
    search = _Search(root, read, find or _find_none)
    search.run()
    return search.linked()


def _find_none(name: str) -> Parsed | None:
    return None


class _CallSite(NamedTuple):
    """A call and the document it stands in."""

    document: Document
    call: Call

    def problem(
        self, code: str, message: str, hint: str | None = None, *related: Related, severity: Severity = "error"
    ) -> Diagnostic:
        place = self.document.kind_keys[self.call.id]
        span = self.document.span_of(place)
        return Diagnostic(code, severity, message, place, span, hint, related, self.document.file)


class _Search:
    """Goes through reachable documents: all that files lead to first, so that a name means the same in any order."""

    def __init__(self, root: Document, read: Read, find: Find) -> None:
        self.root = root
        self.read = read
        self.find = find
        self.diagnostics: list[Diagnostic] = []
        self.unresolved: dict[str, Diagnostic] = {}
        self.documents: dict[str, Document] = {}
        self._files: dict[Path, str | None] = {}
        self._namesakes: list[tuple[_CallSite, Document]] = []
        self._to_visit: list[Document] = []
        self._to_look_up: list[_CallSite] = []

    def run(self) -> None:
        """Finds everything; afterwards `linked` can be asked for."""
        self._take_up(self.root, None)
        while self._to_visit or self._to_look_up:
            while self._to_visit:
                self._visit(self._to_visit.pop(0))
            if self._to_look_up:
                self._look_up(self._to_look_up.pop(0))
        for site, document in self._namesakes:
            self._compare(site, document)

    def linked(self) -> Linked:
        """What was found."""
        workflows = {name: self._by_names_only(document) for name, document in self.documents.items()}
        return Linked(
            document=self.root,
            documents=self.documents,
            workflows=workflows,
            missing=tuple(self.unresolved),
            unresolved=tuple(self.unresolved.values()),
            diagnostics=tuple(self.diagnostics),
        )

    def _visit(self, document: Document) -> None:
        for node in walk(document.workflow.root):
            if isinstance(node, Call) and node.workflow:
                site = _CallSite(document, node)
                if is_file(node.workflow):
                    self._open(site)
                else:
                    self._to_look_up.append(site)

    def _open(self, site: _CallSite) -> None:
        path = _path_of(site)
        if path.resolve() in self._files:
            return
        self._files[path.resolve()] = None
        if not path.is_file():
            hint = _nearby(path, Path(site.document.file))
            self.diagnostics.append(site.problem("missing-file", f"there is no file {path}", hint))
            return
        self._take_in(self.read(path), site)

    def _look_up(self, site: _CallSite) -> None:
        name = site.call.workflow
        if name in self.documents or name in self.unresolved:
            return
        found = self.find(name)
        if found is not None:
            self._take_in(found, site)
        if name not in self.documents:
            message = f"no workflow is named `{name}` here"
            hint = did_you_mean(name, self.documents)
            self.unresolved[name] = site.problem("unknown-workflow", message, hint, severity="warning")

    def _take_in(self, parsed: Parsed, site: _CallSite) -> None:
        self.diagnostics.extend(parsed.diagnostics)
        if parsed.document is not None:
            self._take_up(parsed.document, site)

    def _take_up(self, document: Document, site: _CallSite | None) -> None:
        name = document.workflow.name
        if document.file:
            self._files[Path(document.file).resolve()] = name
        if self.documents.setdefault(name, document) is not document and site is not None:
            self._namesakes.append((site, document))
        self._to_visit.append(document)

    def _compare(self, site: _CallSite, document: Document) -> None:
        """Two documents may bear one name if they mean the same; the calls in both have been followed by now."""
        name = document.workflow.name
        first = self.documents[name]
        if digest(self._by_names_only(first)) == digest(self._by_names_only(document)):
            return
        message = f"two different workflows are named `{name}`: {first.file or 'this document'} and {document.file}"
        related = [_named_at(first), _named_at(document)]
        hint = "give one of them another name in its `workflow:`"
        self.diagnostics.append(site.problem("duplicate-workflow", message, hint, *related))

    def _by_names_only(self, document: Document) -> Workflow:
        """A document's workflow, every call of a file turned into one of the name that is in it."""

        def name_of(call: Call) -> str:
            file = _path_of(_CallSite(document, call)).resolve() if is_file(call.workflow) else None
            return (file and self._files.get(file)) or call.workflow

        workflow = document.workflow
        root = with_calls(workflow.root, name_of)
        return workflow if root is workflow.root else replace(workflow, root=root)


def is_file(workflow: str) -> bool:
    """Whether what a `call` names is a file: it holds a slash or ends as workflow files do."""
    return "/" in workflow or workflow.endswith(ENDINGS)


def _path_of(site: _CallSite) -> Path:
    """The file a call means, seen from the folder of its document."""
    return Path(site.document.file).parent / site.call.workflow


def _named_at(document: Document) -> Related:
    message = f"`{document.workflow.name}` is named here"
    return Related(message, document.span_of(("workflow",)), document.file)


def _nearby(path: Path, caller: Path) -> str | None:
    """A file beside a missing one whose name is much like it, other than the file that calls."""
    beside = path.parent.iterdir() if path.parent.is_dir() else ()
    there = sorted(each.name for each in beside if each.resolve() != caller.resolve())
    return did_you_mean(path.name, [name for name in there if name.endswith(ENDINGS)])
