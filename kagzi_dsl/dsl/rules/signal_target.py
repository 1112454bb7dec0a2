"""A signal to something that is no run."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Signal

WRONG_SIGNAL_TARGET = DiagnosticCode(
    "wrong-signal-target",
    "error",
    "The `to` of a signal gives something that is neither a run id nor an external id: those are strings.",
    "signal: approved\nto: ${ length(run.id) }",
)
CODES = (WRONG_SIGNAL_TARGET,)


def check(context: Context) -> Iterator[Diagnostic]:
    for _, node in context.nodes(Signal):
        filling = context.sites.filling(node, "to")
        if filling is None:
            continue
        kind = context.outputs.of_filling(filling)
        if kind.kinds and not kind.may_be("string"):
            message = f"`to` is a run id or an external id, a string, and this is {kind}"
            yield context.at_value(context.pointer(node, "to"), WRONG_SIGNAL_TARGET, message)
