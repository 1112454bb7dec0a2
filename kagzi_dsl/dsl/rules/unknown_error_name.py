"""The name of an error that looks like a code, and is none."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity, Call, Fail, Try
from kagzi_dsl.dsl.nearest import nearest
from kagzi_dsl.errors import Code
from kagzi_dsl.retry import Retry

UNKNOWN_ERROR_NAME = DiagnosticCode(
    "unknown-error-name",
    "warning",
    "`errors` or `non_retryable_errors` holds a name that is spelled almost like an error code.",
    "try: {activity: fetch}\ncatch: [{errors: [TimeOut], do: {set: null}}]",
)
CODES = (UNKNOWN_ERROR_NAME,)

_CODES = {code.value.lower(): code.value for code in Code}
_OWN_TYPE = ("Error", "Exception", "Warning")
"""How the names of exceptions end: they are types, and may be anything."""


def check(context: Context) -> Iterator[Diagnostic]:
    thrown = {node.type for _, node in context.nodes(Fail)}
    for pointer, names in _lists(context):
        for index, name in enumerate(names):
            meant = _meant(name)
            if meant is not None and name not in thrown:
                message = f"no error has the code {name}; only one of this type would match"
                yield context.at_value((*pointer, index), UNKNOWN_ERROR_NAME, message, f"did you mean `{meant}`?")


def _lists(context: Context) -> Iterator[tuple[Pointer, tuple[str, ...]]]:
    workflow = context.workflow
    yield from _retry(("defaults", "retry"), workflow.defaults.retry)
    yield from _retry(("run", "retry"), workflow.run.retry)
    for spot in context.spots:
        match spot.node:
            case Activity() | Call() as node:
                yield from _retry(context.pointer(node, "retry"), node.retry)
            case Try() as node:
                for index, handler in enumerate(node.handlers):
                    yield context.pointer(node, "catch", index, "errors"), handler.errors
            case _:
                pass


def _retry(pointer: Pointer, retry: Retry) -> Iterator[tuple[Pointer, tuple[str, ...]]]:
    if retry.non_retryable_errors:
        yield (*pointer, "non_retryable_errors"), retry.non_retryable_errors


def _meant(name: str) -> str | None:
    plain = name.replace("_", "").replace("-", "").replace(" ", "").lower()
    if name in _CODES.values():
        return None
    if plain in _CODES:
        return _CODES[plain]
    close = nearest(plain, _CODES, likeness=0.85)
    return _CODES[close] if close is not None and not name.endswith(_OWN_TYPE) else None
