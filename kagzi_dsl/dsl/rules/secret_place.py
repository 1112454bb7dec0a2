"""A secret read where it could be stored or shown."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Activity
from kagzi_dsl.dsl.sites import Site

SECRET_OUTSIDE_WITH = DiagnosticCode(
    "secret-outside-with",
    "error",
    "A secret is read anywhere but in the `with` of an activity, from where it would be stored with the run.",
    "set: ${ secrets.API_KEY }",
)
CODES = (SECRET_OUTSIDE_WITH,)


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        if not site.expression.uses_secrets or _is_legal(site):
            continue
        for reference in site.expression.references:
            if reference.root == "secrets":
                message = "a secret can be read only in the `with` of an activity: anywhere else it would be stored"
                hint = "hand it to the activity that needs it"
                yield context.at_offset(site, reference.offset, SECRET_OUTSIDE_WITH, message, hint)


def _is_legal(site: Site) -> bool:
    return site.option == "with" and isinstance(site.spot.node, Activity)
