"""A heartbeat that comes after the end."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity
from kagzi_dsl.duration import format_duration

HEARTBEAT_OVER_TIMEOUT = DiagnosticCode(
    "heartbeat-over-timeout",
    "warning",
    "The `heartbeat` of an activity is not shorter than its timeout, so a missing one is never noticed.",
    "activity: fetch\ntimeout: 1m\nheartbeat: 5m",
)
CODES = (HEARTBEAT_OVER_TIMEOUT,)


def check(context: Context) -> Iterator[Diagnostic]:
    for _, node in context.nodes(Activity):
        timeout = _timeout(context, node)
        if isinstance(node.heartbeat, int) and timeout is not None and node.heartbeat >= timeout:
            message = (
                f"this heartbeat of {format_duration(node.heartbeat)} is never missed: "
                f"an attempt ends after {format_duration(timeout)}"
            )
            pointer = context.pointer(node, "heartbeat")
            yield context.at_value(pointer, HEARTBEAT_OVER_TIMEOUT, message, "a third of the timeout is a good measure")


def _timeout(context: Context, node: Activity) -> int | None:
    """What bounds an attempt, if that is known: the node, else the activity, else the document; and always the run."""
    signature = context.signature(node.activity)
    said = (node.timeout, signature.timeout if signature else None, context.workflow.defaults.timeout)
    own = next((timeout for timeout in said if timeout is not None), None)
    return min((each for each in (own, context.workflow.timeout) if isinstance(each, int)), default=None)
