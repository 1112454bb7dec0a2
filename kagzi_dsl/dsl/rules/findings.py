"""What the inference of types finds in expressions, by code."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.rules.filter_scope import trapped


def reported(context: Context, *codes: DiagnosticCode) -> Iterator[Diagnostic]:
    """The findings of some codes, but for those about names that were meant as roots: that is told already."""
    by_word = {code.word: code for code in codes}
    for site in context.sites.every:
        for finding in context.outputs.findings(site):
            code = by_word.get(finding.code)
            if code is None:
                continue
            offset = site.expression.offset_of(finding.tree)
            if all(name.offset != offset for name in trapped(context, site)):
                yield context.at_offset(site, offset, code, finding.message, finding.hint)
