"""Two cases of a switch with one condition."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Related
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Switch

DUPLICATE_CASE = DiagnosticCode(
    "duplicate-case",
    "warning",
    "A case of a switch has the same condition as one before it, and so is never taken.",
    "switch:\n  - {when: input.express, do: {set: by air}}\n  - {when: input.express, do: {set: by land}}",
)
CODES = (DUPLICATE_CASE,)


def check(context: Context) -> Iterator[Diagnostic]:
    for _, node in context.nodes(Switch):
        first: dict[str, int] = {}
        for index, case in enumerate(node.cases):
            if case.when is None:
                continue
            text = "".join(case.when.text.split())
            if text in first:
                yield _reported(context, node, index, first[text])
            first.setdefault(text, index)


def _reported(context: Context, node: Switch, index: int, first: int) -> Diagnostic:
    document = context.document
    place = document.span_of(context.kind_pointer(node, first, "when"))
    related = Related("the same condition stands here", place, document.file)
    message = f"this case is never taken: case {first + 1} has the same condition"
    return context.at_value(context.kind_pointer(node, index, "when"), DUPLICATE_CASE, message, None, related)
