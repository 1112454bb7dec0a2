"""A retry policy whose times contradict each other."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity, Call
from kagzi_dsl.duration import format_duration
from kagzi_dsl.retry import DEFAULT, Retry

RETRY_INTERVALS = DiagnosticCode(
    "retry-intervals",
    "warning",
    "The first pause of a retry is longer than its longest pause, or than all the time there is.",
    "activity: fetch\nretry: {initial_interval: 5m, max_elapsed: 1m}",
)
CODES = (RETRY_INTERVALS,)


def check(context: Context) -> Iterator[Diagnostic]:
    defaults = context.workflow.defaults.retry
    yield from _judged(context, ("defaults", "retry"), defaults, DEFAULT)
    yield from _judged(context, ("run", "retry"), context.workflow.run.retry, DEFAULT)
    for _, node in context.nodes(Activity):
        if node.retry != Retry():
            signature = context.signature(node.activity)
            own = signature.retry if signature is not None else Retry()
            yield from _judged(context, context.pointer(node, "retry"), node.retry, own.over(defaults).over(DEFAULT))
    for _, call in context.nodes(Call):
        yield from _judged(context, context.pointer(call, "retry"), call.retry, DEFAULT)


def _judged(context: Context, pointer: Pointer, given: Retry, weaker: Retry) -> Iterator[Diagnostic]:
    if given.initial_interval is None and given.max_interval is None and given.max_elapsed is None:
        return
    policy = given.over(weaker)
    first = policy.initial_interval
    if first is None or policy.max_attempts == 1:
        return
    for word in ("max_interval", "max_elapsed"):
        said: int | None = getattr(policy, word)
        own = given.initial_interval is not None or getattr(given, word) is not None
        if said is not None and own and said < first:
            place = word if getattr(given, word) is not None else "initial_interval"
            yield context.at_value((*pointer, place), RETRY_INTERVALS, _message(word, first, said, given))


def _message(word: str, first: int, said: int, given: Retry) -> str:
    pause, limit = format_duration(first), format_duration(said)
    if word == "max_elapsed":
        return (
            f"there is never a second attempt: the first pause is {pause}, and after {limit} (max_elapsed) none starts"
        )
    silent = "" if given.max_interval is not None else ", which is the default"
    return f"the first pause of {pause} is cut to max_interval: {limit}{silent}"
