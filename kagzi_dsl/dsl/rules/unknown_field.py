"""A field that its object cannot have, or is not declared with."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.rules.findings import reported

UNKNOWN_FIELD = DiagnosticCode(
    "unknown-field",
    "error",
    "An expression reads a field of an object whose fields are all known, and this is none of them.",
    "input: {type: object, properties: {amount: {type: number}}, additionalProperties: false}\nset: ${ input.amout }",
)
UNDECLARED_FIELD = DiagnosticCode(
    "undeclared-field",
    "warning",
    "An expression reads a field that the object's schema does not list, though it does not rule it out either.",
    "input: {type: object, properties: {amount: {type: number}}}\nset: ${ input.amout }",
)
CODES = (UNKNOWN_FIELD, UNDECLARED_FIELD)


def check(context: Context) -> Iterator[Diagnostic]:
    yield from reported(context, *CODES)
