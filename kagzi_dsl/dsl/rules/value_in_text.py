"""A value in the middle of a text that has no text of its own."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode

VALUE_IN_TEXT = DiagnosticCode(
    "value-in-text",
    "error",
    "An expression in the middle of a text gives an object, a list or null, which no text can hold.",
    'input: {type: object, required: [lines], properties: {lines: {type: array}}}\nset: "You ordered ${ input.lines }"',
)
CODES = (VALUE_IN_TEXT,)


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        kind = context.outputs.of_site(site)
        if site.alone or not kind.kinds or kind.kinds & {"string", "number", "boolean"}:
            continue
        text = site.expression.text
        hint = f"join(', ', {text}) makes one text of a list of texts, to_json({text}) is its JSON"
        if kind.kinds == {"null"}:
            hint = f"give it a default: not_null({text}, 'none')"
        elif not kind.may_be("array"):
            hint = f"name one of its fields, or write to_json({text})"
        yield context.at_offset(site, 0, VALUE_IN_TEXT, f"this is {kind}, which has no place in a text", hint)
