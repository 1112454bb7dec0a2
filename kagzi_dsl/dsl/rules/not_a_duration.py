"""An expression in a duration's place, or a moment's, that gives something else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import Sleep
from kagzi_dsl.dsl.moment import parse_moment
from kagzi_dsl.dsl.sites import Site
from kagzi_dsl.dsl.types import Type
from kagzi_dsl.duration import parse_duration

NOT_A_DURATION = DiagnosticCode(
    "not-a-duration",
    "error",
    "An expression stands for a duration and gives something that is none.",
    "sleep: ${ `30` }  # '30s', a text with its unit",
)
NOT_A_MOMENT = DiagnosticCode(
    "not-a-moment",
    "error",
    "The `until` of a sleep gives something that is no moment: RFC 3339 text such as 2026-01-31T09:00:00Z.",
    'sleep: {until: "${ `1767225600` }"}',
)
CODES = (NOT_A_DURATION, NOT_A_MOMENT)

_DURATIONS = frozenset({"timeout", "heartbeat", "sleep", "every", "run timeout", "defaults timeout"})


def check(context: Context) -> Iterator[Diagnostic]:
    for site in context.sites.every:
        kind = context.outputs.of_site(site)
        if site.option in _DURATIONS:
            problem = _misread(kind, parse_duration, "a duration is a text such as '90s'")
            if problem is not None:
                yield context.at_offset(site, 0, NOT_A_DURATION, problem, _hint(kind, site))
        elif site.option == "until" and isinstance(site.spot.node, Sleep):
            problem = _misread(kind, parse_moment, "a moment is a text such as '2026-01-31T09:00:00Z'")
            if problem is not None:
                yield context.at_offset(site, 0, NOT_A_MOMENT, problem)


def _misread(kind: Type, parse: Callable[[str], int], wanted: str) -> str | None:
    """Why no value can be read; None when one may."""
    if not kind.kinds:
        return None
    if not kind.may_be("string"):
        return f"{wanted}, and this is {kind}"
    reasons = [_reason(value, parse) for value in kind.values or ()]
    return reasons[0] if reasons and all(reasons) else None


def _reason(value: object, parse: Callable[[str], int]) -> str | None:
    if not isinstance(value, str):
        return f"{value!r} is no text"
    try:
        parse(value)
    except ValueError as error:
        return str(error)
    return None


def _hint(kind: Type, site: Site) -> str | None:
    return f"give it a unit: format('{{}}s', {site.expression.text})" if kind.kinds == {"number"} else None
