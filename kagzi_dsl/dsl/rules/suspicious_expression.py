"""Expressions that are legal and surely not meant, as the compiler finds them."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.rules.unknown_root import roots_at
from kagzi_dsl.dsl.sites import Site

CODES = (
    DiagnosticCode(
        "bare-literal",
        "warning",
        "`true`, `false` or `null` stands without backticks, and so is read as the name of a field.",
        "set: ${ input.items[?paid == true] }  # paid == `true`",
    ),
    DiagnosticCode(
        "double-quoted-text",
        "warning",
        "Text in double quotes is read as the name of a field.",
        "set: '${ input.items[?state == \"open\"] }'  # state == 'open'",
    ),
    DiagnosticCode(
        "no-order",
        "warning",
        "A comparison by size with something that has no size: it is never true.",
        "when: input.amount > `null`",
    ),
)
_BY_WORD = {code.word: code for code in CODES}


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        if not site.expression.suspicions:
            continue
        told = _told_as_unknown_roots(site)
        for suspicion in site.expression.suspicions:
            if suspicion.offset not in told:
                code = _BY_WORD[suspicion.code]
                yield context.at_offset(site, suspicion.offset, code, suspicion.message, suspicion.hint)


def _told_as_unknown_roots(site: Site) -> set[int]:
    known = roots_at(site)
    return {reference.offset for reference in site.expression.references if reference.root not in known}
