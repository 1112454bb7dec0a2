"""A wait that a timeout around it cuts short in any case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Repeat, Sleep
from kagzi_dsl.dsl.sight import Slot, Spot
from kagzi_dsl.duration import format_duration

LONGER_THAN_TIMEOUT = DiagnosticCode(
    "longer-than-timeout",
    "warning",
    "A timeout, a sleep or a pause is longer than the timeout of something around it.",
    "timeout: 30m\nsleep: 1h",
)
CODES = (LONGER_THAN_TIMEOUT,)

_SHIELDED = frozenset({Slot.FINALLY, Slot.COMPENSATE, Slot.ON_FAILURE})


class _Bound(NamedTuple):
    """The shortest timeout around a node, in ms, and whose it is."""

    limit: int
    whose: str


def check(context: Context) -> Iterator[Diagnostic]:
    run = context.workflow.timeout
    defaults = context.workflow.defaults.timeout
    if isinstance(run, int) and isinstance(defaults, int) and defaults > run:
        message = (
            f"this timeout of {format_duration(defaults)} is never reached: the run ends after {format_duration(run)}"
        )
        yield context.at_value(("defaults", "timeout"), LONGER_THAN_TIMEOUT, message)
    for spot in context.spots:
        bound = _bound(spot, run if isinstance(run, int) else None)
        for pointer, what, length in _lengths(context, spot):
            own = _own_timeout(spot) if what == "sleep" else None
            limit = min(filter(None, (bound, own)), key=lambda one: one.limit, default=None)
            if limit is not None and length > limit.limit:
                end = f"{limit.whose} ends after {format_duration(limit.limit)}"
                message = f"this {what} of {format_duration(length)} is never reached: {end}"
                yield context.at_value(pointer, LONGER_THAN_TIMEOUT, message)


def _lengths(context: Context, spot: Spot) -> Iterator[tuple[Pointer, str, int]]:
    node = spot.node
    if isinstance(node.timeout, int):
        yield context.pointer(node, "timeout"), "timeout", node.timeout
    if isinstance(node, Sleep) and isinstance(node.duration, int):
        yield context.kind_pointer(node), "sleep", node.duration
    if isinstance(node, Repeat) and isinstance(node.every, int):
        yield context.pointer(node, "every"), "pause", node.every


def _own_timeout(spot: Spot) -> _Bound | None:
    return _Bound(spot.node.timeout, "the node itself") if isinstance(spot.node.timeout, int) else None


def _bound(spot: Spot, run: int | None) -> _Bound | None:
    """The shortest timeout that cuts a node off; undoing and cleaning up are shielded from those outside."""
    bounds: list[_Bound] = []
    for around in spot.up():
        if around.slot in _SHIELDED:
            break
        parent = around.parent
        # The timeout of a wait is over when its `else` begins.
        if parent is not None and isinstance(parent.node.timeout, int) and around.slot is not Slot.ELSE:
            bounds.append(_Bound(parent.node.timeout, f"`{parent.node.id}`"))
        if parent is None and run is not None:
            bounds.append(_Bound(run, "the run"))
    return min(bounds, key=lambda one: one.limit, default=None)
