"""What the functions of the expression language take and give, as static types.

Their declarations say most of it; here is what depends on the arguments, such as the elements of a sorted list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final, TypeAlias

from kagzi_dsl.dsl.functions import FUNCTIONS
from kagzi_dsl.dsl.functions.signature import FunctionParameter
from kagzi_dsl.dsl.types import (
    ANY,
    KINDS,
    NEVER,
    NULL,
    STRING,
    Kind,
    Type,
    list_of,
    list_with,
    object_with,
    or_null,
    union,
    without_null,
)

_ALL: Final = frozenset(KINDS)


@cache
def argument_kinds(parameter: FunctionParameter) -> tuple[frozenset[Kind], frozenset[Kind]]:
    """The kinds a parameter takes, and those of the elements of a list it takes; the latter empty where any will do."""
    if "any" in parameter.types or "expression" in parameter.types:
        return _ALL, frozenset()
    kinds = frozenset(kind for kind in KINDS for word in parameter.types if word.partition("[")[0] == kind)
    items = frozenset(kind for kind in KINDS for word in parameter.types if word == f"array[{kind}]")
    return kinds, items if "array" not in parameter.types else frozenset()


def result_of(name: str, given: Sequence[Type]) -> Type:
    """What a call gives; for an expression reference `given` holds what it gives for one item."""
    special = _SPECIAL.get(name)
    if special is not None and given:
        return special(given)
    return _declared(FUNCTIONS[name].result)


@cache
def _declared(result: str) -> Type:
    if result == "any":
        return ANY
    return Type(frozenset(kind for kind in KINDS for word in result.split("|") if word.partition("[")[0] == kind))


_Result: TypeAlias = Callable[[Sequence[Type]], Type]


def _same_list(given: Sequence[Type]) -> Type:
    return list_of(given[0].element()) if given[0].may_be("array") else _declared("array")


def _reversed(given: Sequence[Type]) -> Type:
    parts = [_same_list(given)] if given[0].may_be("array") else []
    return union([*parts, *([STRING] if given[0].may_be("string") else [])]) if given[0].kinds else NEVER


def _one_of_list(given: Sequence[Type]) -> Type:
    return or_null(given[0].element()) if given[0].may_be("array") else ANY


def _not_null(given: Sequence[Type]) -> Type:
    certain = next((index for index, kind in enumerate(given) if not kind.nullable), None)
    if certain is None:
        return union([*map(without_null, given), NULL])
    return union([without_null(kind) for kind in given[: certain + 1]])


def _to_array(given: Sequence[Type]) -> Type:
    alone = Type(given[0].kinds - {"array"}) if given[0].may_be("array") else given[0]
    return list_of(union([given[0].element(), alone]))


def _grouped(given: Sequence[Type]) -> Type:
    return Type(frozenset({"object"}), fields={}, rest=lambda: _same_list(given), listed=False)


def _merged(given: Sequence[Type]) -> Type:
    """Known field by field only where every object is."""
    if not all(kind.closed for kind in given):
        return _declared("object")
    fields: dict[str, Type] = {}
    for kind in given:
        for name, inner in (kind.fields or {}).items():
            sure = name in kind.needed or name not in fields
            fields[name] = inner if sure else union([fields[name], inner])
    needed = frozenset().union(*(kind.needed for kind in given))
    merged = object_with(fields)
    return Type(merged.kinds, fields=fields, needed=needed)


def _pairs(given: Sequence[Type]) -> Type:
    return list_of(list_with([STRING, given[0].member()])) if given[0].may_be("object") else _declared("array")


_SPECIAL: Final[Mapping[str, _Result]] = {
    "if": lambda given: union(given[1:]),
    "not_null": _not_null,
    "to_array": _to_array,
    "sort": _same_list,
    "sort_by": _same_list,
    "unique": _same_list,
    "reverse": _reversed,
    "max": _one_of_list,
    "min": _one_of_list,
    "max_by": _one_of_list,
    "min_by": _one_of_list,
    "map": lambda given: list_of(given[0]),
    "group_by": _grouped,
    "merge": _merged,
    "keys": lambda given: list_of(STRING),
    "values": lambda given: list_of(given[0].member()) if given[0].may_be("object") else _declared("array"),
    "items": _pairs,
    "split": lambda given: list_of(STRING),
    "range": lambda given: list_of(_declared("number")),
}
