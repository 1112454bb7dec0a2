"""A retry of what must not run twice."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity
from kagzi_dsl.retry import DEFAULT, Retry

RETRY_AT_MOST_ONCE = DiagnosticCode(
    "retry-at-most-once",
    "error",
    "An activity declared `at_most_once` is given a `retry` of more than one attempt.",
    "activity: launch_rocket  # @activity(at_most_once=True)\nretry: {max_attempts: 3}",
)
CODES = (RETRY_AT_MOST_ONCE,)


def check(context: Context) -> Iterator[Diagnostic]:
    for _, node in context.nodes(Activity):
        signature = context.signature(node.activity)
        if signature is None or not signature.at_most_once or node.retry == Retry():
            continue
        attempts = node.retry.over(signature.retry).over(DEFAULT).max_attempts or 1
        if attempts > 1:
            message = f"{node.activity} is declared to run at most once ({signature.place}), and this is a retry"
            hint = "leave `retry` out, or write `max_attempts: 1`"
            yield context.at_key(context.pointer(node, "retry"), RETRY_AT_MOST_ONCE, message, hint)
