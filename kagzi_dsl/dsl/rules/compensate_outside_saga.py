"""A compensation nobody would ever run."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Saga
from kagzi_dsl.dsl.sight import Slot, Spot

COMPENSATE_OUTSIDE_SAGA = DiagnosticCode(
    "compensate-outside-saga",
    "error",
    "A node has a `compensate`, and no saga around it would run it.",
    "seq:\n  - activity: fetch\n    compensate: {activity: confirm}",
)
CODES = (COMPENSATE_OUTSIDE_SAGA,)


def check(context: Context) -> Iterator[Diagnostic]:
    for spot in context.spots:
        if spot.node.compensate is None or spot.parent is None:
            continue  # that the root has no place for it was told by the shape
        reason = _why_not(spot)
        if reason is not None:
            pointer = context.pointer(spot.node, "compensate")
            hint = "put the node into a `saga`, or handle the failure with `try` and `catch`"
            yield context.at_key(pointer, COMPENSATE_OUTSIDE_SAGA, reason, hint)


def _why_not(spot: Spot) -> str | None:
    """Why no saga runs the compensation; None when one does."""
    for around in spot.up():
        if around.slot is Slot.COMPENSATE:
            return "what a compensation does is not compensated itself, so this never runs"
        if around.slot is Slot.ON_FAILURE:
            return "what `on_failure` does is not compensated, so this never runs"
        if around.slot is Slot.STEP and around.parent is not None and isinstance(around.parent.node, Saga):
            return None
    return "there is no saga around this node, so its `compensate` never runs"
