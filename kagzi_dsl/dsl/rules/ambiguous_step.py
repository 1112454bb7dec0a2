"""A reference to one of several steps that nobody gave a name."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity
from kagzi_dsl.dsl.sight import Spot, sight

AMBIGUOUS_STEP = DiagnosticCode(
    "ambiguous-step",
    "warning",
    "An expression reads a step whose id was made up, and another step in sight would have had the same one.",
    "seq:\n  - activity: fetch\n  - activity: fetch  # its id is fetch_2\n  - set: ${ steps.fetch }",
)
CODES = (AMBIGUOUS_STEP,)


def check(context: Context) -> Iterator[Diagnostic]:
    read = _read_steps(context)
    for site in context.sites.every:
        for reference in site.expression.references:
            if reference.root != "steps" or not reference.path:
                continue
            name = reference.path[0]
            other = _twin(context, name)
            # Whoever reads both knows how they are called.
            if other is None or other.node.id in read or not sight(site.spot, site.moment, context.by_id[name]).visible:
                continue
            if sight(site.spot, site.moment, other).visible:
                message = f"two steps here would be called `{name}`: this one, and `{other.node.id}`"
                related = (
                    context.defined_at(context.by_id[name].node, f"this is `{name}`"),
                    context.defined_at(other.node, f"this is `{other.node.id}`"),
                )
                hint = "give the one that is meant an `id` of its own"
                yield context.at_offset(site, reference.offset, AMBIGUOUS_STEP, message, hint, *related)


def _read_steps(context: Context) -> set[str]:
    return {
        reference.path[0]
        for site in context.sites.every
        for reference in site.expression.references
        if reference.root == "steps" and reference.path
    }


def _twin(context: Context, name: str) -> Spot | None:
    """The step that would be called `name` too, had not another one come first."""
    step, other = context.by_id.get(name), context.by_id.get(f"{name}_2")
    if step is None or other is None or context.has_own_id(step.node) or context.has_own_id(other.node):
        return None
    if isinstance(other.node, Activity) and other.node.activity.replace(".", "_") == other.node.id:
        return None
    return other
