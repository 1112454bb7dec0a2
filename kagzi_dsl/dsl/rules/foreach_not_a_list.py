"""A foreach over something that is no list."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Foreach
from kagzi_dsl.dsl.types import Type

FOREACH_NOT_A_LIST = DiagnosticCode(
    "foreach-not-a-list",
    "error",
    "A foreach goes through something that is never a list.",
    "input: {type: object, properties: {prices: {type: object}}}\nforeach: input.prices\ndo: {activity: fetch}",
)
CODES = (FOREACH_NOT_A_LIST,)


def check(context: Context) -> Iterator[Diagnostic]:
    for _, node in context.nodes(Foreach):
        kind = context.outputs.of_items(node)
        if not kind.kinds or kind.may_be("array"):
            continue
        message = f"a foreach needs a list, and this is {kind}"
        site = context.sites.expression(node, "foreach")
        if site is None:
            yield context.at_value(context.kind_pointer(node), FOREACH_NOT_A_LIST, message, _hint(kind, ""))
        else:
            yield context.at_offset(site, 0, FOREACH_NOT_A_LIST, message, _hint(kind, site.expression.text))


def _hint(kind: Type, text: str) -> str | None:
    if kind.may_be("object"):
        return f"values({text}) is the list of its values, items({text}) that of its [key, value] pairs"
    if kind.may_be("string"):
        return f"split({text}, ',') makes a list of a text"
    if kind.may_be("number"):
        return f"range({text}) is the list of the numbers below it"
    return None
