"""A loop of very many rounds without a pause."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Repeat, Sleep, WaitFor, walk

BUSY_REPEAT = DiagnosticCode(
    "busy-repeat",
    "warning",
    "A repeat of a thousand rounds or more neither has an `every` nor waits for anything inside.",
    "repeat: {activity: fetch}\nuntil: steps.fetch.done\nmax: 100000",
)
CODES = (BUSY_REPEAT,)

_MANY = 1_000


def check(context: Context) -> Iterator[Diagnostic]:
    for _, node in context.nodes(Repeat):
        if node.max < _MANY or node.every not in (None, 0):
            continue
        if not any(isinstance(inner, Sleep | WaitFor) for inner in walk(node.do)):
            message = f"up to {node.max:,} rounds follow each other without a pause"
            hint = "say how far apart they are, as in `every: 10s`"
            yield context.at_value(context.pointer(node, "max"), BUSY_REPEAT, message, hint)
