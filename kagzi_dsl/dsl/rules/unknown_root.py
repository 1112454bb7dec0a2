"""A name that stands for nothing where it is written."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.expressions import Reference
from kagzi_dsl.dsl.nearest import nearest
from kagzi_dsl.dsl.sight import FIXED_ROOTS, sight
from kagzi_dsl.dsl.sites import CONCURRENCY_KEY, RUN_OUTPUT, Site

UNKNOWN_ROOT = DiagnosticCode(
    "unknown-root",
    "error",
    "An expression begins with a name that stands for nothing there.",
    "set: ${ inputs.amount }  # the root is called `input`",
)
CODES = (UNKNOWN_ROOT,)

_ONLY_IN = {
    "item": "`item` is there only inside a foreach",
    "index": "`index` is there only inside a foreach or a repeat",
    "previous": "`previous` is there only inside a repeat",
    "error": "`error` is there only in catch, finally, on_failure and compensate",
    "result": "`result` is there only in `output`",
    "forward": "`forward` is there only in compensate",
}
_BOUND_WHAT = {"item": ("item",), "error": ("error", "maybe_error")}


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        known = roots_at(site)
        for reference in site.expression.references:
            if reference.root not in known and not (site.option == CONCURRENCY_KEY and reference.root == "secrets"):
                yield _reported(context, site, reference, known)


def roots_at(site: Site) -> list[str]:
    """The names an expression can begin with."""
    if site.option == CONCURRENCY_KEY:
        return ["input"]
    result = ["result"] if site.option in ("output", RUN_OUTPUT) else []
    return [*FIXED_ROOTS, *site.names, *result]


def _reported(context: Context, site: Site, reference: Reference, known: list[str]) -> Diagnostic:
    for suspicion in site.expression.suspicions:
        if suspicion.offset == reference.offset:
            return context.at_offset(site, reference.offset, UNKNOWN_ROOT, suspicion.message, suspicion.hint)
    name = reference.root
    if site.option == CONCURRENCY_KEY:
        message = f"`{name}` is not known before the run begins"
        return context.at_offset(site, reference.offset, UNKNOWN_ROOT, message, _hint(context, site, reference, known))
    message = _ONLY_IN.get(name) or f"`{name}` stands for nothing here"
    return context.at_offset(site, reference.offset, UNKNOWN_ROOT, message, _hint(context, site, reference, known))


def _hint(context: Context, site: Site, reference: Reference, known: list[str]) -> str:
    name = reference.root
    rest = "".join(f".{part}" for part in reference.path)
    for bound, binding in site.names.items():
        if binding.what in _BOUND_WHAT.get(name, ()):
            return f"it is called `{bound}` here"
    step = context.by_id.get(name)
    if step is not None and sight(site.spot, site.moment, step).visible:
        return f"did you mean `steps.{name}{rest}`?"
    close = nearest(name, known, likeness=0.7)
    if close is not None:
        return f"did you mean `{close}{rest}`?"
    if name in (context.outputs.of_input().fields or ()):
        return f"did you mean `input.{name}{rest}`?"
    return f"an expression begins with {', '.join(f'`{root}`' for root in known)}"
