"""A reference to a step that does not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from kagzi_dsl.dsl.context import Context, did_you_mean
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity
from kagzi_dsl.dsl.sight import sight
from kagzi_dsl.dsl.sites import Site

UNKNOWN_STEP = DiagnosticCode(
    "unknown-step",
    "error",
    "An expression reads the output of a step that no node of the document has as its id.",
    "output: ${ steps.chrage.id }  # the step is called `charge`",
)
CODES = (UNKNOWN_STEP,)


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        for reference in site.expression.references:
            if reference.root != "steps" or not reference.path or reference.path[0] in context.by_id:
                continue
            name = reference.path[0]
            hint = _hint(context, site, name)
            yield context.at_offset(site, reference.offset, UNKNOWN_STEP, f"there is no step `{name}`", hint)


def _hint(context: Context, site: Site, name: str) -> str | None:
    for _, node in context.nodes(Activity):
        if node.activity.replace(".", "_") == name:
            return f"the activity {node.activity} runs as the step `{node.id}`"
    seen = [step_id for step_id, step in context.by_id.items() if sight(site.spot, site.moment, step).visible]
    if not get_close_matches(name, seen, 1) and get_close_matches(name, context.by_id, 1):
        return did_you_mean(name, context.by_id)
    named = [step_id for step_id in seen if not _is_made_up(step_id, context)]
    return did_you_mean(name, named) or "no step is done before this one"


def _is_made_up(step_id: str, context: Context) -> bool:
    """Whether nobody gave the step a name: it is called by its kind."""
    return re.sub(r"_\d+$", "", step_id) == context.by_id[step_id].node.kind
