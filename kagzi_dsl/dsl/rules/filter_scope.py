"""A root read inside a filter or a projection, where names mean the fields of the item."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.expressions import Reference
from kagzi_dsl.dsl.sight import FIXED_ROOTS
from kagzi_dsl.dsl.sites import Site

FILTER_SCOPE = DiagnosticCode(
    "filter-scope",
    "warning",
    "Inside a filter, behind a pipe and in `&…` a name is a field of the current value, and this one is called like a "
    "root of the expression.",
    "set: ${ input.items[?price > input.limit] }  # root().input.limit was meant",
)
CODES = (FILTER_SCOPE,)


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        for name in trapped(context, site):
            path = ".".join([name.root, *name.path])
            message = (
                f"`{path}` is read from the current value here: inside a filter or behind a pipe, names are its fields"
            )
            yield context.at_offset(site, name.offset, FILTER_SCOPE, message, f"for the root write `root().{path}`")


def trapped(context: Context, site: Site) -> Iterator[Reference]:
    """The inner names of an expression that look like roots, unless the current value is known to have such a field."""
    if not site.expression.inner_names:
        return
    own = context.outputs.own_fields(site)
    for name in site.expression.inner_names:
        if name.root not in own and (name.root in FIXED_ROOTS or name.root in site.names):
            yield name
