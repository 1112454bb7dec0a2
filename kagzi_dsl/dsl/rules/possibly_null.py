"""A value in the middle of a text that may be null: then the node fails."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.expressions import Reference
from kagzi_dsl.dsl.model import Switch
from kagzi_dsl.dsl.sight import Sight, Slot, Spot, sight
from kagzi_dsl.dsl.sites import Site
from kagzi_dsl.dsl.types import ANY

POSSIBLY_NULL = DiagnosticCode(
    "possibly-null",
    "warning",
    "An expression in the middle of a text may be null, because a step may be skipped or a field may be missing; "
    "the node fails then.",
    'seq:\n  - {id: note, activity: fetch, when: input.noted}\n  - set: "Note: ${ steps.note }"',
)
CODES = (POSSIBLY_NULL,)


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        if site.alone or not _is_a_path(site):
            continue
        reference = site.expression.references[0]
        reason = _reason(context, site, reference)
        if reason is not None and not _is_guarded(context, site, reference):
            hint = f"give it a default: not_null({site.expression.text}, 'none'), or say when this runs"
            yield context.at_offset(site, 0, POSSIBLY_NULL, f"{reason}, and null has no place in a text", hint)


def _is_a_path(site: Site) -> bool:
    """Whether the expression is nothing but names with dots, so that it is easily seen where a null comes from."""
    tree = site.expression.tree
    parts = tree["children"] if tree["type"] == "subexpression" else [tree]
    return len(site.expression.references) == 1 and all(part["type"] == "field" for part in parts)


def _reason(context: Context, site: Site, reference: Reference) -> str | None:
    text = site.expression.text
    if reference.root == "steps":
        step = context.by_id.get(reference.path[0])
        seen = sight(site.spot, site.moment, step) if step is not None else None
        if seen is Sight.POSSIBLE:
            undone = any(spot.parent is step and spot.slot is Slot.COMPENSATE for spot in site.spot.up())
            when = "nobody knows whether it was done" if undone else f"`{reference.path[0]}` was not done"
            return f"`{text}` is null if {when}"
        if seen is not Sight.CERTAIN:
            return None
    elif reference.root == "secrets":
        return None
    kind = context.outputs.of_site(site)
    if kind is not ANY and kind.nullable and kind.kinds != {"null"} and kind.kinds != ANY.kinds:
        return f"`{text}` may be null"
    return None


def _is_guarded(context: Context, site: Site, reference: Reference) -> bool:
    """Whether a condition on the way to the node asks about the same value, or the one the step itself depends on."""
    asked = [condition for spot in site.spot.up() for condition in _conditions(context, spot)]
    if any(_speaks_of(condition, reference) for condition in asked):
        return True
    step = context.by_id.get(reference.path[0]) if reference.root == "steps" else None
    if step is None:
        return False
    texts = {condition.expression.text for condition in asked}
    return any(condition.expression.text in texts for spot in step.up() for condition in _conditions(context, spot))


def _conditions(context: Context, spot: Spot) -> Iterator[Site]:
    """What must hold for a node to run, as far as it is said at the node itself and at its case."""
    own = context.sites.expression(spot.node, "when")
    if own is not None:
        yield own
    if spot.slot is Slot.CASE and spot.parent is not None and isinstance(spot.parent.node, Switch):
        # A later case runs only when the earlier ones did not hold, so they tell something too.
        for index in range(spot.index + 1):
            found = context.sites.expression(spot.parent.node, f"when {index}")
            if found is not None:
                yield found


def _speaks_of(condition: Site, reference: Reference) -> bool:
    first = reference.path[:1]
    return any(read.root == reference.root and read.path[:1] == first for read in condition.expression.references)
