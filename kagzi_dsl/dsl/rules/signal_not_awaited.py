"""A signal of a run to itself that no node takes."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.misfit import Wanted, misfits
from kagzi_dsl.dsl.model import Signal, WaitFor
from kagzi_dsl.dsl.nearest import did_you_mean
from kagzi_dsl.dsl.types import NULL

SIGNAL_NOT_AWAITED = DiagnosticCode(
    "signal-not-awaited",
    "warning",
    "A `signal` without `to` goes to the run itself, and no `wait_for` of the document takes it.",
    "seq:\n  - signal: aproved\n  - wait_for: approved",
)
CODES = (SIGNAL_NOT_AWAITED,)


def check(context: Context) -> Iterator[Diagnostic]:
    waits: dict[str, list[WaitFor]] = {}
    for _, wait in context.nodes(WaitFor):
        waits.setdefault(wait.signal, []).append(wait)
    for _, node in context.nodes(Signal):
        if node.to is not None:
            continue
        pointer = context.kind_pointer(node)
        if node.signal not in waits:
            message = f"nothing in this workflow waits for the signal {node.signal}"
            guess = did_you_mean(node.signal, waits)
            hint = f"{guess} For another run say which, with `to`" if guess else "for another run say which, with `to`"
            yield context.at_value(pointer, SIGNAL_NOT_AWAITED, message, hint)
        elif (reason := _refusal(context, node, waits[node.signal])) is not None:
            yield context.at_value(pointer, SIGNAL_NOT_AWAITED, reason)


def _refusal(context: Context, node: Signal, waits: list[WaitFor]) -> str | None:
    """Why no wait of this name takes the payload; None when one may."""
    filling = context.sites.filling(node, "with")
    payload = NULL if node.with_ is None else context.outputs.of_filling(filling)
    reason = None
    for wait in waits:
        schema = wait.schema if wait.schema is not None else True
        first = next(misfits(payload, Wanted(schema, schema)), None)
        if first is None:
            return None
        place = "payload" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first.path)
        reason = reason or f"no `wait_for: {node.signal}` takes this: `{place}` {first.message}"
    return reason
