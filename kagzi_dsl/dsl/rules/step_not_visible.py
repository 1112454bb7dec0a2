"""A reference to a step that exists but cannot be seen from where it is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Foreach, Node, Repeat, Saga, Seq
from kagzi_dsl.dsl.sight import Moment, Sight, Slot, Spot, sight
from kagzi_dsl.dsl.sites import CONCURRENCY_KEY, Site

STEP_NOT_VISIBLE = DiagnosticCode(
    "step-not-visible",
    "error",
    "An expression reads a step that is not surely or possibly done by then, or that lives inside a loop.",
    'parallel:\n  a: {activity: fetch}\n  b: {set: "${ steps.a }"}  # `a` runs side by side with `b`',
)
CODES = (STEP_NOT_VISIBLE,)


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        if site.option == CONCURRENCY_KEY:
            continue  # no step is seen there, as `unknown-root` tells
        for reference in site.expression.references:
            step = context.by_id.get(reference.path[0]) if reference.root == "steps" and reference.path else None
            if step is None:
                continue
            seen = sight(site.spot, site.moment, step)
            if not seen.visible:
                why = _explained(seen, site, step)
                related = context.defined_at(step.node, f"`{step.node.id}` is defined here")
                message = f"`{step.node.id}` cannot be seen here: {why.message}"
                yield context.at_offset(site, reference.offset, STEP_NOT_VISIBLE, message, why.hint, related)


class _Reason(NamedTuple):
    message: str
    hint: str | None = None


def _explained(seen: Sight, site: Site, step: Spot) -> _Reason:
    name = step.node.id
    match seen:
        case Sight.ITSELF:
            return _Reason("it is this very node, which is not done yet", _own_output(site, step))
        case Sight.AROUND:
            return _Reason("it is around this node and ends after it", _own_output(site, step))
        case Sight.INSIDE:
            return _Reason("it is inside this node and has not run yet", "read it in `output`, or in a later node")
        case Sight.LATER:
            return _Reason("it runs after this", f"move this behind `{name}`, or `{name}` before it")
        case Sight.OTHER_BRANCH:
            around = _shared(site.spot, step)
            hint = f"read it after `{around.node.id}`, or put the two one after the other in a `seq`"
            return _Reason(
                f"it is in another branch of `{around.node.id}`, which runs side by side with this one", hint
            )
        case Sight.OTHER_CASE:
            return _Reason("it is in another case of the switch, and only one of them is taken")
        case Sight.OTHER_HANDLER:
            return _Reason("it is in another `catch` of the try, and only one of them is taken")
        case Sight.IN_LOOP:
            return _in_loop(step)
        case Sight.IN_COMPENSATION:
            return _Reason("it is part of a compensation, which runs only when something is undone")
        case _:
            return _Reason("it is part of `on_failure`, which runs only when the saga fails")


def _own_output(site: Site, step: Spot) -> str | None:
    if site.moment is Moment.AFTER and site.spot is step:
        return "what this node gave is `result` here"
    if not isinstance(step.node, Repeat):
        return None
    if site.moment is Moment.ROUND and site.spot is step:
        return f"this is asked inside the round: what it gave is `steps.{last_inside(step.node.do).id}`"
    inside = any(spot.parent is step and spot.slot is Slot.ROUND for spot in site.spot.up())
    return "what the round before gave is `previous`" if inside else None


def last_inside(node: Node) -> Node:
    """The node whose output is that of a body."""
    while isinstance(node, Seq | Saga) and node.body:
        node = node.body[-1]
    return node


def _in_loop(step: Spot) -> _Reason:
    loop = next(spot.parent.node for spot in step.up() if spot.parent is not None and spot.slot is Slot.ROUND)
    given = "the list of what each round gave" if isinstance(loop, Foreach) else "what the last round gave"
    return _Reason(
        f"it is inside the loop `{loop.id}` and seen in its own round only",
        f"`steps.{loop.id}` is {given}",
    )


def _shared(one: Spot, other: Spot) -> Spot:
    """The deepest node around both."""
    around = set(map(id, one.up()))
    return next(spot for spot in other.up() if id(spot) in around)
