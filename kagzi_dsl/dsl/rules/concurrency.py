"""Limits of a workflow that contradict each other, or whose key is the same for every run."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.payload import Json

CONCURRENCY_TWICE = DiagnosticCode(
    "concurrency-twice",
    "error",
    "A list of concurrency limits has two for all runs, or two for those of a key.",
    "run: {concurrency: [{limit: 5}, {limit: 3}]}",
)
CONSTANT_KEY = DiagnosticCode(
    "constant-key",
    "warning",
    "A concurrency key is the same for every run.",
    "run: {concurrency: {key: tenant, limit: 2}}  # the text `tenant`, not what the input says",
)
CODES = (CONCURRENCY_TWICE, CONSTANT_KEY)


def check(context: Context) -> Iterator[Diagnostic]:
    yield from _twice(context)
    key = context.workflow.run.concurrency.key
    if key is not None and key.is_constant:
        message = f"the key is {key.source!r} for every run"
        hint = f"did you mean `${{ input.{key.source} }}`?" if _is_field(context, key.source) else None
        yield context.at_value((*_place_of_key(context), "key"), CONSTANT_KEY, message, hint)


def _given(context: Context) -> list[Json]:
    run = context.document.source.value.get("run")
    limits = run.get("concurrency") if isinstance(run, dict) else None
    return limits if isinstance(limits, list) else []


def _twice(context: Context) -> Iterator[Diagnostic]:
    seen: dict[bool, int] = {}
    for index, limit in enumerate(_given(context)):
        keyed = isinstance(limit, dict) and "key" in limit
        if keyed in seen:
            whose = "runs of a key" if keyed else "all runs"
            pointer = ("run", "concurrency", index)
            yield context.at_value(
                pointer, CONCURRENCY_TWICE, f"there is a limit for {whose} already", "keep one of them"
            )
        seen.setdefault(keyed, index)


def _place_of_key(context: Context) -> tuple[str | int, ...]:
    for index, limit in enumerate(_given(context)):
        if isinstance(limit, dict) and "key" in limit:
            return ("run", "concurrency", index)
    return ("run", "concurrency")


def _is_field(context: Context, name: Json) -> bool:
    return isinstance(name, str) and name in (context.outputs.of_input().fields or ())
