"""A loop whose condition reads nothing that changes from round to round."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.expressions import Reference
from kagzi_dsl.dsl.model import Repeat
from kagzi_dsl.dsl.rules.step_not_visible import last_inside
from kagzi_dsl.dsl.sight import Spot

UNTIL_NEVER_CHANGES = DiagnosticCode(
    "until-never-changes",
    "warning",
    "The `until` of a repeat reads nothing of the round, so it comes out the same in every round.",
    "repeat: {activity: fetch}\nuntil: input.done\nmax: 10",
)
CODES = (UNTIL_NEVER_CHANGES,)


def check(context: Context) -> Iterator[Diagnostic]:
    for spot, node in context.nodes(Repeat):
        site = context.sites.expression(node, "until")
        if site is None or not site.expression.references:
            continue
        if any(_changes(context, spot, reference) for reference in site.expression.references):
            continue
        message = "this `until` reads nothing of the round, so it is the same every time"
        inside = last_inside(node.do).id
        hint = f"read a step inside the loop, such as `steps.{inside}`, or `previous` or `index`"
        yield context.at_offset(site, 0, UNTIL_NEVER_CHANGES, message, hint)


def _changes(context: Context, loop: Spot, reference: Reference) -> bool:
    if reference.root in ("index", "previous"):
        return True
    if reference.root != "steps":
        # A name that stands for nothing is another rule's business.
        return reference.root not in ("input", "run", *loop.names)
    step = context.by_id.get(reference.path[0])
    return step is None or any(spot is loop for spot in step.up())
