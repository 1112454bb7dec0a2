"""Whether a condition is true or false whatever happens: JMESPath's truth over static types."""

from __future__ import annotations

from kagzi_dsl.dsl.types import Type
from kagzi_dsl.dsl.values import is_false


def always(kind: Type) -> bool | None:
    """True or False for a type whose values are all true or all false, else None."""
    if not kind.kinds:
        return None
    if kind.values is not None:
        truths = {not is_false(value) for value in kind.values}
        return truths.pop() if len(truths) == 1 else None
    if not _may_be_false(kind):
        return True
    return None if _may_be_true(kind) else False


def _may_be_false(kind: Type) -> bool:
    if kind.kinds & {"null", "boolean", "string"}:
        return True
    if "array" in kind.kinds and not kind.elements:
        return True
    return "object" in kind.kinds and not kind.needed


def _may_be_true(kind: Type) -> bool:
    if kind.kinds & {"boolean", "string", "number"}:
        return True
    if "array" in kind.kinds and kind.elements != ():
        return True
    return "object" in kind.kinds and not (kind.closed and not kind.fields)
