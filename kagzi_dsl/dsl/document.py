"""A document: a workflow together with where each of its parts stands in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kagzi_dsl.dsl.diagnostic import Pointer, Span
from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.source import Source

if TYPE_CHECKING:
    from kagzi_dsl.dsl.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A workflow as it was read from a file.

    `places` leads from a node's id to the pointer of its mapping (of its list, where a list stands for a `seq`), and
    `kind_keys` to that of its kind key. `activities` is what the document says of where its functions are, None when
    it says nothing; `schedule` is when it wants runs to be started, None likewise. `broken` holds the ids of nodes in
    which something is wrong: what they say of themselves is made up, so that the rest can be checked.
    """

    workflow: Workflow
    source: Source
    places: Mapping[str, Pointer]
    kind_keys: Mapping[str, Pointer]
    activities: tuple[str, ...] | None = None
    schedule: Schedule | None = None
    description: str = ""
    broken: frozenset[str] = frozenset()

    @property
    def file(self) -> str:
        """The file's path as it was given, empty for a text without one."""
        return self.source.file

    def span_of(self, pointer: Pointer) -> Span | None:
        """Where a value stands, or the nearest thing around it that is written out."""
        return span_of(self.source, pointer)

    def key_span(self, pointer: Pointer) -> Span | None:
        """Where the key of a value stands; the value itself where it has no key."""
        return key_span(self.source, pointer)

    def kind_span(self, node_id: str) -> Span | None:
        """Where a node's kind key stands: what a complaint about the whole node points at."""
        return self.key_span(self.kind_keys[node_id])


def span_of(source: Source, pointer: Pointer) -> Span | None:
    """Where a value stands, or the nearest thing around it that is written out."""
    for length in range(len(pointer), -1, -1):
        span = source.spans.get(pointer[:length])
        if span is not None:
            return span
    return None


def key_span(source: Source, pointer: Pointer) -> Span | None:
    """Where the key of a value stands; the value itself where it has no key."""
    return source.key_spans.get(pointer) or span_of(source, pointer)
