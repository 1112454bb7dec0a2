"""A name given with `as` that can never be read."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Foreach, Try
from kagzi_dsl.dsl.sight import FIXED_ROOTS

RESERVED_NAME = DiagnosticCode(
    "reserved-name",
    "error",
    "`as` gives a name that stands for something else already.",
    "foreach: input.orders\nas: input\ndo: {activity: fetch}",
)
CODES = (RESERVED_NAME,)


def check(context: Context) -> Iterator[Diagnostic]:
    for _, loop in context.nodes(Foreach):
        if loop.item_name in (*FIXED_ROOTS, "index"):
            pointer = context.pointer(loop, "as")
            yield context.at_value(pointer, RESERVED_NAME, _message(loop.item_name), "call the item otherwise")
    for _, node in context.nodes(Try):
        for index, handler in enumerate(node.handlers):
            if handler.error_name in FIXED_ROOTS:
                pointer = context.pointer(node, "catch", index, "as")
                yield context.at_value(pointer, RESERVED_NAME, _message(handler.error_name), "call the error otherwise")


def _message(name: str) -> str:
    meaning = "the position of the item" if name == "index" else f"what `{name}` is everywhere"
    return f"`{name}` cannot be given away: it is {meaning}"
