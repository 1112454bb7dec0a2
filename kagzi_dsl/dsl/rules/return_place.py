"""A `return` where the run cannot be ended."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Return
from kagzi_dsl.dsl.sight import Slot

RETURN_IN_FINALLY = DiagnosticCode(
    "return-in-finally",
    "error",
    "A `return` stands inside a `finally`, which runs while the run is ending already.",
    "try: {activity: fetch}\nfinally: {return: done}",
)
RETURN_IN_COMPENSATE = DiagnosticCode(
    "return-in-compensate",
    "error",
    "A `return` stands inside a `compensate`: a failed saga cannot be made a success by undoing it.",
    "saga:\n  - activity: fetch\n    compensate: {return: refunded}",
)
RETURN_IN_ON_FAILURE = DiagnosticCode(
    "return-in-on-failure",
    "error",
    "A `return` stands inside an `on_failure`, after which the saga fails whatever it did.",
    "saga: [{activity: fetch}]\non_failure: {return: failed}",
)
CODES = (RETURN_IN_FINALLY, RETURN_IN_COMPENSATE, RETURN_IN_ON_FAILURE)

_FORBIDDEN = {
    Slot.FINALLY: (RETURN_IN_FINALLY, "`finally` runs while the run may be ending already: it cannot `return`"),
    Slot.COMPENSATE: (RETURN_IN_COMPENSATE, "a compensation cannot `return`: its saga fails whatever it does"),
    Slot.ON_FAILURE: (RETURN_IN_ON_FAILURE, "`on_failure` cannot `return`: its saga fails whatever it does"),
}


def check(context: Context) -> Iterator[Diagnostic]:
    for spot, node in context.nodes(Return):
        for around in spot.up():
            if around.slot in _FORBIDDEN:
                code, message = _FORBIDDEN[around.slot]
                hint = "put a `try` around it, and `return` in its `catch`"
                yield context.at_node(node, code, message, hint)
                break
