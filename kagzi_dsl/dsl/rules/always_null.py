"""Reading into a value that has nothing inside."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.rules.findings import reported

ALWAYS_NULL = DiagnosticCode(
    "always-null",
    "error",
    "An expression reads a field of something that is no object, or an element of something that is no list.",
    "input: {type: object, properties: {amount: {type: number}}}\nset: ${ input.amount.cents }",
)
CODES = (ALWAYS_NULL,)


def check(context: Context) -> Iterator[Diagnostic]:
    yield from reported(context, ALWAYS_NULL)
