"""A function called with a value it does not take."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.rules.findings import reported

WRONG_OPERAND = DiagnosticCode(
    "wrong-operand",
    "error",
    "A function of the expression language is given a value it does not take: evaluating it would fail.",
    "set: ${ length(`5`) }",
)
CODES = (WRONG_OPERAND,)


def check(context: Context) -> Iterator[Diagnostic]:
    yield from reported(context, WRONG_OPERAND)
