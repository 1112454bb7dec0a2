"""Where the values and keys of a document stand, worked out only when somebody asks.

Reading a document keeps the events that made its values; a Span is built from an event when a diagnostic needs it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from kagzi_dsl.dsl.diagnostic import Pointer, Span


class Place(Protocol):
    """A point of a text: character offset, line and column, all from 0."""

    @property
    def index(self) -> int: ...
    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


class Stretch(Protocol):
    """Anything with a start and an end, as YAML events have."""

    @property
    def start_mark(self) -> Place: ...
    @property
    def end_mark(self) -> Place: ...


@dataclass(frozen=True, slots=True)
class At:
    """A point of a text that no parser gave."""

    index: int
    line: int
    column: int


class Between(NamedTuple):
    """A stretch of a text that no parser gave."""

    start_mark: Place
    end_mark: Place


class Spans(Mapping[Pointer, Span]):
    """The spans of a document's values, or of its keys, by pointer.

    A pointer that leads through an alias is looked up where the anchor stands, since that is the text to correct.
    Iterating yields the pointers of what is written out, once each.
    """

    __slots__ = ("_aliases", "_ends", "_starts")

    def __init__(
        self, starts: Mapping[Pointer, Stretch], ends: Mapping[Pointer, Place], aliases: Mapping[Pointer, Pointer]
    ) -> None:
        self._starts = starts
        self._ends = ends
        self._aliases = aliases

    def __getitem__(self, pointer: Pointer) -> Span:
        found = self._written_at(pointer)
        stretch = self._starts[found]
        return span_between(stretch.start_mark, self._ends.get(found) or stretch.end_mark)

    def __iter__(self) -> Iterator[Pointer]:
        # What was dropped while reading keeps its place, under a key that is no text.
        return (pointer for pointer in self._starts if all(type(part) in (str, int) for part in pointer))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _written_at(self, pointer: Pointer) -> Pointer:
        while pointer not in self._starts:
            for length in range(len(pointer) - 1, 0, -1):
                target = self._aliases.get(pointer[:length])
                if target is not None:
                    pointer = target + pointer[length:]
                    break
            else:
                raise KeyError(pointer)
        return pointer


def span_between(start: Place, end: Place) -> Span:
    """The span from `start` up to, not including, `end`."""
    return Span(start.line + 1, start.column + 1, end.line + 1, end.column + 1)


def place_at(text: str, index: int) -> At:
    """The line and column of a character of a text whose lines end in newlines."""
    return At(index, text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1))


def place_after(start: Place, written: str) -> At:
    """The place behind `written`, a piece of text that begins at `start`."""
    lines = written.count("\n")
    column = len(written) - (written.rfind("\n") + 1) + (0 if lines else start.column)
    return At(start.index + len(written), start.line + lines, column)


def span_at(text: str, index: int, length: int = 1) -> Span:
    """The span of `length` characters from `index` on, within one line."""
    place = place_at(text, index)
    return Span(place.line + 1, place.column + 1, place.line + 1, place.column + 1 + length)


def index_at(text: str, line: int, column: int) -> int:
    """The offset of a line and column, both from 1; the inverse of `span_at`'s start."""
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return start + column - 1
