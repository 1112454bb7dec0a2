"""What a rule of the checker works with: one document, everything that is known of it, and how to report on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer, Related, Span
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.model import Activity, Call, Common, Node, Workflow
from kagzi_dsl.dsl.outputs import Outputs
from kagzi_dsl.dsl.sight import Spot, spots
from kagzi_dsl.dsl.sites import Site, Sites, sites_of, value_at
from kagzi_dsl.dsl.source import scalar_position
from kagzi_dsl.dsl.syntax import Tree
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.signature import Signature

N = TypeVar("N", bound=Common)


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """One document about to be checked.

    `signatures` is None when nothing is known of activities, and `workflows` when nothing is known of other workflows:
    then no rule speaks of them. `spots` are the nodes whose own options can be trusted, in document order;
    `activity_steps` are nodes by the id that their activity alone would have given them.
    """

    document: Document
    signatures: Mapping[str, Signature] | None
    workflows: Mapping[str, Workflow] | None
    spots: tuple[Spot, ...]
    by_id: Mapping[str, Spot]
    sites: Sites
    outputs: Outputs
    activity_steps: Mapping[str, Activity]
    _used: Mapping[str, Signature]
    _by_kind: Mapping[type, tuple[Spot, ...]]

    @property
    def workflow(self) -> Workflow:
        return self.document.workflow

    def signature(self, activity: str) -> Signature | None:
        """An activity the document uses; None when nothing can be said of it."""
        return self._used.get(activity)

    def called(self, node: Call) -> Workflow | None:
        """The workflow a node calls, where it is at hand."""
        if node.workflow == self.workflow.name:
            return self.workflow
        return (self.workflows or {}).get(node.workflow)

    def nodes(self, kind: type[N]) -> Iterator[tuple[Spot, N]]:
        """The sound nodes of one kind, in document order."""
        for spot in self._by_kind.get(kind, ()):
            assert isinstance(spot.node, kind)
            yield spot, spot.node

    def has_own_id(self, node: Node) -> bool:
        """Whether the author gave the node its id."""
        written = value_at(self.document.source.value, self.document.places[node.id])
        return isinstance(written, dict) and "id" in written

    def pointer(self, node: Node, *tail: str | int) -> Pointer:
        """The place of a node's option."""
        return (*self.document.places[node.id], *tail)

    def kind_pointer(self, node: Node, *tail: str | int) -> Pointer:
        """The place of what stands under a node's kind key."""
        return (*self.document.kind_keys[node.id], *tail)

    def at_node(
        self, node: Node, code: DiagnosticCode, message: str, hint: str | None = None, *related: Related
    ) -> Diagnostic:
        """A problem of a whole node: it points at the kind key."""
        pointer = self.document.kind_keys[node.id]
        return self._made(code, message, pointer, self.document.kind_span(node.id), hint, related)

    def at_key(
        self, pointer: Pointer, code: DiagnosticCode, message: str, hint: str | None = None, *related: Related
    ) -> Diagnostic:
        """A problem of an option: it points at its key."""
        return self._made(code, message, pointer, self.document.key_span(pointer), hint, related)

    def at_value(
        self, pointer: Pointer, code: DiagnosticCode, message: str, hint: str | None = None, *related: Related
    ) -> Diagnostic:
        """A problem of a value: it points at it."""
        return self._made(code, message, pointer, self.document.span_of(pointer), hint, related)

    def at_offset(
        self, site: Site, offset: int, code: DiagnosticCode, message: str, hint: str | None = None, *related: Related
    ) -> Diagnostic:
        """A problem within an expression, at a character of it."""
        if site.offset is None:
            return self.at_value(site.pointer, code, message, hint, *related)
        return self.at_text(site.pointer, site.offset + offset, code, message, hint, *related)

    def at_text(
        self, pointer: Pointer, offset: int, code: DiagnosticCode, message: str, hint: str | None, *related: Related
    ) -> Diagnostic:
        """A problem within a text, at a character of it."""
        span = scalar_position(self.document.source, pointer, offset) or self.document.span_of(pointer)
        return self._made(code, message, pointer, span, hint, related)

    def at_tree(
        self, site: Site, tree: Tree, code: DiagnosticCode, message: str, hint: str | None = None
    ) -> Diagnostic:
        """A problem of a part of an expression."""
        return self.at_offset(site, site.expression.offset_of(tree), code, message, hint)

    def _made(
        self,
        code: DiagnosticCode,
        message: str,
        pointer: Pointer,
        span: Span | None,
        hint: str | None,
        related: tuple[Related, ...],
    ) -> Diagnostic:
        return Diagnostic(code.word, code.severity, message, pointer, span, hint, related, self.document.file)

    def defined_at(self, node: Node, message: str) -> Related:
        """The place of a node, as what explains a problem elsewhere."""
        return Related(message, self.document.kind_span(node.id), self.document.file)


def context_of(
    document: Document,
    signatures: Mapping[str, Signature] | None,
    workflows: Mapping[str, Workflow] | None,
) -> Context:
    """Everything the rules need to know of a document."""
    every = spots(document.workflow.root)
    sites = sites_of(document, every)
    used = _used_signatures(every, signatures or {})
    outputs = Outputs(document.workflow, every, sites, document.broken, used, workflows or {})
    for site in sites.every:
        # In document order, so that what an expression reads has been worked out before it.
        outputs.of_site(site)
    sound = tuple(spot for spot in every if spot.node.id not in document.broken) if document.broken else tuple(every)
    by_kind: dict[type, list[Spot]] = {}
    for spot in sound:
        by_kind.setdefault(type(spot.node), []).append(spot)
    named = {spot.node.activity.replace(".", "_"): spot.node for spot in sound if isinstance(spot.node, Activity)}
    kinds = {kind: tuple(found) for kind, found in by_kind.items()}
    return Context(document, signatures, workflows, sound, outputs.by_id, sites, outputs, named, used, kinds)


def _used_signatures(every: Iterable[Spot], signatures: Mapping[str, Signature]) -> dict[str, Signature]:
    used: dict[str, Signature] = {}
    for spot in every:
        if isinstance(spot.node, Activity) and spot.node.activity in signatures:
            # A signature is worked out when it is asked for; one that cannot be is for a rule to report.
            with suppress(RegistrationError):
                used[spot.node.activity] = signatures[spot.node.activity]
    return used
