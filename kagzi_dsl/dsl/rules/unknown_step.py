"""A reference to a step that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity
from kagzi_dsl.dsl.nearest import did_you_mean, nearest
from kagzi_dsl.dsl.sight import Spot, sight
from kagzi_dsl.dsl.sites import Site

UNKNOWN_STEP = DiagnosticCode(
    "unknown-step",
    "error",
    "An expression reads the output of a step that no node of the document has as its id.",
    "output: ${ steps.chrage.id }  # the step is called `charge`",
)
CODES = (UNKNOWN_STEP,)

MANY = 200
"""How many steps are looked at for a hint: a hostile document has very many."""


def check(context: Context) -> Iterator[Diagnostic]:
    misspelt = _ids_of_misspelt_activities(context)
    for site in context.sites.every:
        for reference in site.expression.references:
            if reference.root != "steps" or not reference.path or reference.path[0] in context.by_id:
                continue
            name = reference.path[0]
            if name in misspelt:
                continue
            hint = _hint(context, site, name)
            yield context.at_offset(site, reference.offset, UNKNOWN_STEP, f"there is no step `{name}`", hint)


def _ids_of_misspelt_activities(context: Context) -> set[str]:
    """The ids that steps would have if their activities were spelt right: another rule tells of those."""
    known = context.signatures
    if known is None:
        return set()
    unknown = {node.activity for _, node in islice(context.nodes(Activity), MANY) if node.activity not in known}
    return {meant.replace(".", "_") for name in unknown if (meant := nearest(name, known)) is not None}


def _hint(context: Context, site: Site, name: str) -> str | None:
    runs = context.activity_steps.get(name)
    if runs is not None:
        return f"the activity {runs.activity} runs as the step `{runs.id}`"
    meant = nearest(name, context.by_id)
    if meant is not None:
        return f"did you mean `{meant}`?"
    seen = (step for step in islice(context.by_id.values(), MANY) if sight(site.spot, site.moment, step).visible)
    return did_you_mean(name, [step.node.id for step in seen if not _is_made_up(step)]) or "no step is done before this"


def _is_made_up(step: Spot) -> bool:
    """Whether nobody gave the step a name: it is called by its kind."""
    return re.sub(r"_\d+$", "", step.node.id) == step.node.kind
