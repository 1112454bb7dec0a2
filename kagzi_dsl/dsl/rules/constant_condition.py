"""A condition that comes out the same whatever happens."""

from __future__ import annotations

from collections.abc import Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Sleep
from kagzi_dsl.dsl.sites import Site
from kagzi_dsl.dsl.truth import always
from kagzi_dsl.dsl.types import Type

CONSTANT_CONDITION = DiagnosticCode(
    "constant-condition",
    "warning",
    "A `when`, `until` or `assert` is always true or always false. In JMESPath only false, null and what is empty are "
    "false: the number 0 is true.",
    "input: {type: object, required: [count], properties: {count: {type: number}}}\nwhen: input.count",
)
CODES = (CONSTANT_CONDITION,)


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        if not is_condition(site):
            continue
        kind = context.outputs.of_site(site)
        outcome = always(kind)
        if outcome is None or any(finding.code == "useless-comparison" for finding in context.outputs.findings(site)):
            continue
        word = site.option.partition(" ")[0]
        message = f"this `{word}` is always {'true' if outcome else 'false'}"
        yield context.at_offset(site, 0, CONSTANT_CONDITION, message, _hint(kind, site, outcome=outcome))


def is_condition(site: Site) -> bool:
    """Whether an expression is asked for nothing but its truth."""
    if site.option == "until":
        return not isinstance(site.spot.node, Sleep)
    return site.option in ("when", "assert") or site.option.startswith("when ")


def _hint(kind: Type, site: Site, *, outcome: bool) -> str | None:
    if kind.kinds == {"number"} and kind.values is None:
        return f"a number is true, 0 as well; compare it: {site.expression.text} > `0`"
    if kind.values is not None and kind.kinds == {"string"} and outcome:
        return "text is true unless it is empty; for an expression leave out the quotes"
    if kind.values is None and outcome:
        return f"it is {kind}, and never empty"
    return None
