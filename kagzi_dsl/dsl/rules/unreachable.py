"""What can never run."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Fail, Node, Parallel, Race, Repeat, Return, Saga, Seq, Switch, Try
from kagzi_dsl.dsl.truth import always
from kagzi_dsl.errors import Code

UNREACHABLE = DiagnosticCode(
    "unreachable",
    "warning",
    "A node, a case or a handler can never run.",
    "seq:\n  - return: done\n  - activity: fetch",
)
CODES = (UNREACHABLE,)


def check(context: Context) -> Iterator[Diagnostic]:
    for spot in context.spots:
        match spot.node:
            case Seq() | Saga() as node:
                yield from _after_the_end(context, node.body)
            case Switch() as node:
                yield from _cases(context, node)
            case Try() as node:
                yield from _handlers(context, node)
            case _:
                pass


def _after_the_end(context: Context, body: tuple[Node, ...]) -> Iterator[Diagnostic]:
    for node, following in pairwise(body):
        if never_completes(node):
            related = context.defined_at(node, f"`{node.id}` never completes")
            message = f"this never runs: nothing goes on after `{node.id}`"
            yield context.at_node(
                following, UNREACHABLE, message, "give the one before a `when`, or remove this", related
            )
            return


def never_completes(node: Node) -> bool:
    """Whether a node, if it runs, ends the run or fails in any case."""
    if node.when is not None:
        return False
    match node:
        case Fail() | Return():
            return True
        case Seq() | Saga():
            return any(map(never_completes, node.body))
        case Parallel():
            return any(map(never_completes, node.branches))
        case Race():
            return all(map(never_completes, node.branches))
        case Repeat():
            return never_completes(node.do)
        case Switch():
            return node.cases[-1].when is None and all(never_completes(case.do) for case in node.cases)
        case Try():
            parts = [node.body, *(handler.do for handler in node.handlers)]
            return all(map(never_completes, parts)) or (node.finally_ is not None and never_completes(node.finally_))
        case _:
            return False


def _cases(context: Context, node: Switch) -> Iterator[Diagnostic]:
    for index in range(len(node.cases) - 1):
        site = context.sites.expression(node, f"when {index}")
        # What stands behind an `else` the parser has told of.
        if site is not None and always(context.outputs.of_site(site)) is True:
            message = f"this is never taken: case {index + 1} always is"
            yield context.at_value(context.kind_pointer(node, index + 1), UNREACHABLE, message)
            return


def _handlers(context: Context, node: Try) -> Iterator[Diagnostic]:
    caught: set[str] = set()
    for index, handler in enumerate(node.handlers):
        pointer = context.pointer(node, "catch", index)
        reason = _never_matches(handler.errors, caught)
        if reason is not None:
            yield context.at_value(pointer, UNREACHABLE, reason)
        if not handler.errors:
            caught.add(_EVERYTHING)
        caught.update(handler.errors)


_EVERYTHING = ""


def _never_matches(errors: tuple[str, ...], caught: set[str]) -> str | None:
    if _EVERYTHING in caught:
        return "this never matches: a handler before it catches everything"
    if errors and all(name in caught for name in errors):
        return "this never matches: the handlers before it catch all of these errors"
    if errors and all(name == Code.CANCELLED for name in errors):
        return "this never matches: `catch` does not see a cancellation, only `finally` does"
    return None
