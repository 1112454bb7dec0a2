"""Options that change nothing."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity, Call, Fail, Parallel, Return, Saga, walk
from kagzi_dsl.retry import Retry

NO_EFFECT = DiagnosticCode(
    "no-effect",
    "warning",
    "An option is set that changes nothing where it stands.",
    "call: send-invoice\nwith: {order_id: A-1}\ndetach: true\nretry: {max_attempts: 3}  # nobody waits for it to fail",
)
CODES = (NO_EFFECT,)


def check(context: Context) -> Iterator[Diagnostic]:
    for pointer, reason in _idle(context):
        yield context.at_key(pointer, NO_EFFECT, reason)


def _idle(context: Context) -> Iterator[tuple[Pointer, str]]:
    """Every option that changes nothing, and why."""
    for spot in context.spots:
        match spot.node:
            case Parallel(limit=int(limit), branches=branches) as node if limit >= len(branches):
                count = f"{len(branches)} branch{'es' if len(branches) > 1 else ''}"
                yield context.pointer(node, "limit"), f"this changes nothing: there are only {count}"
            case Call() as node if node.detach and node.retry.max_attempts != 1:
                message = "this changes nothing: a detached run is not waited for, so nobody sees it fail"
                yield context.pointer(node, "retry"), message
            case Activity() | Call() as node if _is_cut_short(node.retry):
                message = "this changes nothing but the number of attempts: with one attempt there is no second"
                yield context.pointer(node, "retry"), message
            case Fail() | Return() as node:
                for option in ("output", "compensate"):
                    if getattr(node, option) is not None:
                        yield context.pointer(node, option), f"this changes nothing: a `{node.kind}` never completes"
            case Saga() as node if node.on_failure is None and not _undoes(node):
                message = "nothing in this saga has a `compensate`, so it does what a `seq` does"
                yield context.kind_pointer(node), message
            case _:
                pass


def _is_cut_short(retry: Retry) -> bool:
    delays = (retry.initial_interval, retry.backoff_coefficient, retry.max_interval, retry.max_elapsed)
    return retry.max_attempts == 1 and any(delay is not None for delay in delays)


def _undoes(saga: Saga) -> bool:
    """Whether something inside is compensated; a called workflow may have a saga of its own."""
    return any(inner.compensate is not None for step in saga.body for inner in walk(step))
