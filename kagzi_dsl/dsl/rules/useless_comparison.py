"""A comparison that comes out the same whatever the values are."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode

USELESS_COMPARISON = DiagnosticCode(
    "useless-comparison",
    "warning",
    "Two values are compared that can never be equal, or of which none is ever the larger one.",
    "input: {type: object, properties: {plan: {enum: [free, pro]}}}\nwhen: input.plan == 'gold'",
)
CODES = (USELESS_COMPARISON,)


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        if any(suspicion.code == "no-order" for suspicion in site.expression.suspicions):
            continue
        for finding in context.outputs.findings(site):
            if finding.code == USELESS_COMPARISON.word:
                yield context.at_tree(site, finding.tree, USELESS_COMPARISON, finding.message, finding.hint)
