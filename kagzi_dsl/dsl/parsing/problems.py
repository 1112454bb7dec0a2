"""What building a document finds wrong, beside what the check of its shape has told already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer, Related, Span
from kagzi_dsl.dsl.document import span_of
from kagzi_dsl.dsl.source import Source, scalar_position
from kagzi_dsl.errors import ExpressionError

MOST = 200
"""How many problems are noted; a document with more is not read to its end by anybody."""


class Problems:
    """Collects diagnostics; without a source they have no place. `told` is what the check of the shape said."""

    def __init__(self, source: Source | None, told: Sequence[Diagnostic] = ()) -> None:
        self.source = source
        self.file = source.file if source else ""
        self.found: list[Diagnostic] = []
        self.shape_is_right = not any(diagnostic.severity == "error" for diagnostic in told)
        self._seen = {(diagnostic.code, diagnostic.span) for diagnostic in told}
        self._below: Counter[Pointer] = Counter()
        for diagnostic in told:
            self._below.update(diagnostic.path[:length] for length in range(len(diagnostic.path) + 1))

    def told_below(self, pointer: Pointer) -> int:
        """How many errors of shape there are at `pointer` and in all that is inside it."""
        return self._below[pointer]

    def report(
        self,
        code: str,
        message: str,
        pointer: Pointer,
        *,
        hint: str | None = None,
        span: Span | None = None,
        related: tuple[Related, ...] = (),
    ) -> None:
        """Notes an error at the value under `pointer`, or at `span` within it.

        What several aliases lead to is noted once, and so is what the check of the shape has told already.
        """
        place = span or self.span(pointer)
        if len(self.found) < MOST and (place is None or (code, place) not in self._seen):
            self._seen.add((code, place))
            self.found.append(Diagnostic(code, "error", message, pointer, place, hint, related, self.file))

    def report_expression(self, pointer: Pointer, error: ExpressionError, offset: int) -> None:
        """Notes an error in an expression, at character `offset` of the text under `pointer`."""
        if len(self.found) < MOST:
            span = scalar_position(self.source, pointer, offset) if self.source else None
            self.report("invalid-expression", error.message, pointer, hint=error.hint, span=span)

    def span(self, pointer: Pointer) -> Span | None:
        """Where a value stands."""
        return span_of(self.source, pointer) if self.source else None
