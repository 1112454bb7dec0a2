"""A workflow that calls itself whatever happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Assert, Call, Fail, Foreach, Return, Workflow, walk
from kagzi_dsl.dsl.sight import Slot, Spot, spots

ENDLESS_RECURSION = DiagnosticCode(
    "endless-recursion",
    "warning",
    "A workflow calls itself, perhaps by way of others, and nothing on the way there can stop it.",
    "workflow: tidy-up\ncall: tidy-up",
)
CODES = (ENDLESS_RECURSION,)

_SURELY = frozenset({Slot.ROOT, Slot.STEP, Slot.BRANCH, Slot.ROUND, Slot.TRIED, Slot.FINALLY})


def check(context: Context) -> Iterator[Diagnostic]:
    workflow = context.workflow
    for spot, node in context.nodes(Call):
        if not _is_sure(spot):
            continue
        way = _way_back(node.workflow, workflow.name, context.workflows or {})
        if way is not None:
            through = f" by way of {', '.join(way)}" if way else ""
            message = f"{workflow.name} calls itself here{through}, and nothing can keep it from doing so"
            hint = "give the call a `when`, or put it into a case of a `switch`"
            yield context.at_node(node, ENDLESS_RECURSION, message, hint)


def _way_back(name: str, home: str, workflows: Mapping[str, Workflow]) -> list[str] | None:
    """The workflows between a call of `name` and a call of `home`, if calls lead there whatever happens."""
    came_from: dict[str, str] = {name: ""}
    queue = [name]
    while queue:
        current = queue.pop(0)
        if current == home:
            way = []
            while came_from[current]:
                current = came_from[current]
                way.append(current)
            return way[::-1]
        for called in _sure_calls(workflows.get(current)):
            if called not in came_from:
                came_from[called] = current
                queue.append(called)
    return None


def _sure_calls(workflow: Workflow | None) -> list[str]:
    if workflow is None:
        return []
    return [spot.node.workflow for spot in spots(workflow.root) if isinstance(spot.node, Call) and _is_sure(spot)]


def _is_sure(spot: Spot) -> bool:
    """Whether a node runs whenever its workflow does, unless something fails by accident."""
    return all(_runs_with_parent(around) and not _may_be_stopped(around) for around in spot.up())


def _runs_with_parent(spot: Spot) -> bool:
    if spot.node.when is not None or spot.slot not in _SURELY:
        return False
    return not (spot.parent is not None and spot.slot is Slot.ROUND and isinstance(spot.parent.node, Foreach))


def _may_be_stopped(spot: Spot) -> bool:
    """Whether a node before this one, in the same body, can end the run on purpose."""
    if spot.parent is None or spot.slot is not Slot.STEP:
        return False
    before = list(spot.parent.node.children())[: spot.index]
    return any(isinstance(inner, Return | Fail | Assert) for node in before for inner in walk(node))
