"""Arrays and objects."""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl.budget import Evaluation, check_output
from kagzi_dsl.dsl.functions.bounds import Number, whole
from kagzi_dsl.dsl.functions.signature import Apply, function
from kagzi_dsl.dsl.values import same, shown, type_name
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

_CHARACTERS_PER_VISIT = 8
"""What is compared as a whole costs by its size; a short text or a number counts as one item."""


@function(
    "contains(subject: array|string, search: any) -> boolean",
    "Whether an array holds a value, or a text another text.",
    example='contains(`["new", "paid"]`, \'paid\')',
    gives=True,
    budgeted=True,
)
def _contains(evaluation: Evaluation, subject: list[Json] | str, search: Json) -> bool:
    if isinstance(subject, list):
        return any(same(item, search, evaluation.visit) for item in subject)
    if not isinstance(search, str):
        raise ExpressionError(f"in a string only a string can be searched for, but argument 2 is {shown(search)}")
    return search in subject


@function(
    "length(value: string|array|object) -> number",
    "How many characters, items or keys there are.",
    example="length(input.items)",
    gives=2,
)
def _length(value: str | list[Json] | dict[str, Json]) -> int:
    return len(value)


@function(
    "reverse(value: array|string) -> array|string",
    "The items or characters from last to first.",
    example="reverse(`[1, 2, 3]`)",
    gives=[3, 2, 1],
)
def _reverse(value: list[Json] | str) -> list[Json] | str:
    return value[::-1]


@function(
    "map(apply: expression, items: array) -> array",
    "What an expression gives for each item, nulls included.",
    example="map(&price, input.items)",
    gives=[3, 12],
)
def _map(apply: Apply, items: list[Json]) -> list[Json]:
    return [apply(item) for item in items]


@function(
    "max(values: array[number]|array[string]) -> number|string|null",
    "The largest of an array; null for an empty one.",
    example="max(input.items[*].price)",
    gives=12,
)
def _max(values: list[Any]) -> Json:
    return max(values, default=None)


@function(
    "min(values: array[number]|array[string]) -> number|string|null",
    "The smallest of an array; null for an empty one.",
    example="min(input.items[*].price)",
    gives=3,
)
def _min(values: list[Any]) -> Json:
    return min(values, default=None)


@function(
    "sort(values: array[string]|array[number]) -> array",
    "An array of numbers or of strings in order, smallest first.",
    example="sort(`[3, 1, 2]`)",
    gives=[1, 2, 3],
)
def _sort(values: list[Any]) -> list[Json]:
    return sorted(values)


@function(
    "sort_by(items: array, key: expression) -> array",
    "The items in the order of what an expression gives for each: all numbers, or all strings.",
    example="sort_by(input.items, &name)[*].name",
    gives=["ink", "pen"],
)
def _sort_by(items: list[Json], key: Apply) -> list[Json]:
    keys = _ordered_keys(items, key)
    order = sorted(range(len(items)), key=keys.__getitem__)
    return [items[index] for index in order]


@function(
    "max_by(items: array, key: expression) -> any",
    "The item for which an expression gives the most; null when there are none.",
    example="max_by(input.items, &price).name",
    gives="ink",
)
def _max_by(items: list[Json], key: Apply) -> Json:
    keys = _ordered_keys(items, key)
    return items[max(range(len(items)), key=keys.__getitem__)] if items else None


@function(
    "min_by(items: array, key: expression) -> any",
    "The item for which an expression gives the least; null when there are none.",
    example="min_by(input.items, &price).name",
    gives="pen",
)
def _min_by(items: list[Json], key: Apply) -> Json:
    keys = _ordered_keys(items, key)
    return items[min(range(len(items)), key=keys.__getitem__)] if items else None


@function(
    "merge(object: object, ...more: object) -> object",
    "One object of several; of a key that is in more than one, the last value stays.",
    example='merge(`{"a": 1, "b": 2}`, `{"b": 3}`)',
    gives={"a": 1, "b": 3},
)
def _merge(*objects: dict[str, Json]) -> dict[str, Json]:
    merged: dict[str, Json] = {}
    for each in objects:
        merged.update(each)
    return merged


@function(
    "keys(object: object) -> array",
    "The keys of an object, in its own order.",
    example="keys(input.items[0])",
    gives=["name", "price"],
)
def _keys(value: dict[str, Json]) -> list[str]:
    return list(value)


@function(
    "values(object: object) -> array",
    "The values of an object, in its own order.",
    example="values(input.items[0])",
    gives=["pen", 3],
)
def _values(value: dict[str, Json]) -> list[Json]:
    return list(value.values())


@function(
    "items(object: object) -> array",
    "An object as an array of [key, value] pairs.",
    example='items(`{"a": 1, "b": 2}`)',
    gives=[["a", 1], ["b", 2]],
)
def _items(value: dict[str, Json]) -> list[Json]:
    return [list(pair) for pair in value.items()]


@function(
    "from_items(pairs: array[array]) -> object",
    "An object of an array of [key, value] pairs; of a key that comes twice, the last value stays.",
    example='from_items(`[["a", 1], ["b", 2]]`)',
    gives={"a": 1, "b": 2},
)
def _from_items(pairs: list[list[Json]]) -> dict[str, Json]:
    for index, pair in enumerate(pairs):
        if len(pair) != 2 or type(pair[0]) is not str:
            raise ExpressionError(
                f"every item must be a pair of a string and a value, but item {index} is {shown(pair)}"
            )
    return {key: value for key, value in pairs}  # noqa: C416 - dict() would refuse nothing and type nothing


@function(
    "zip(array: array, ...more: array) -> array",
    "The first items of all arrays together, then the second ones, and so on, as long as the shortest lasts.",
    example='zip(`["a", "b"]`, `[1, 2]`)',
    gives=[["a", 1], ["b", 2]],
)
def _zip(*arrays: list[Json]) -> list[Json]:
    return [list(row) for row in zip(*arrays, strict=False)]


@function(
    "group_by(items: array, key: expression) -> object",
    "The items in arrays by the string an expression gives for each; those for which it gives null are left out.",
    example="group_by(input.items, &name).pen[0].price",
    gives=3,
)
def _group_by(items: list[Json], key: Apply) -> dict[str, list[Json]]:
    groups: dict[str, list[Json]] = {}
    for index, item in enumerate(items):
        name = key(item)
        if type(name) is str:
            groups.setdefault(name, []).append(item)
        elif name is not None:
            raise ExpressionError(f"the key must be a string or null, but for item {index} it is {shown(name)}")
    return groups


@function(
    "unique(items: array) -> array",
    "The items without those that came before; 1 and 1.0 are the same, 1 and true are not.",
    example="unique(`[1, 2, 1]`)",
    gives=[1, 2],
    budgeted=True,
)
def _unique(evaluation: Evaluation, items: list[Json]) -> list[Json]:
    evaluation.visit(check_output(items) // _CHARACTERS_PER_VISIT)
    seen: dict[Json, Json] = {}
    for item in items:
        seen.setdefault(_identity(item), item)
    return list(seen.values())


@function(
    "range(start: number, end?: number, step?: number) -> array",
    "The whole numbers from `start` up to, not including, `end`; with one argument from 0 up to it.",
    example="range(`2`, `5`)",
    gives=[2, 3, 4],
    budgeted=True,
)
def _range(evaluation: Evaluation, start: Number, end: Number | None = None, step: Number = 1) -> list[int]:
    first, last = (0, whole(start, "start")) if end is None else (whole(start, "start"), whole(end, "end"))
    stride = whole(step, "step")
    if stride == 0:
        raise ExpressionError("`step` must not be 0")
    # Counted by hand: len() of a range overflows beyond 63 bits.
    evaluation.count(max(0, -((first - last) // stride) if stride > 0 else -((last - first) // -stride)))
    return list(range(first, last, stride))


def _identity(value: Json) -> Json:
    """Something hashable that is equal for equal JSON values and for no others."""
    match value:
        case bool() | None:
            return (value,)
        case int() | float() | str():
            return value
        case list():
            return ("array", *map(_identity, value))
        case _:
            return ("object", frozenset((key, _identity(inner)) for key, inner in value.items()))


def _ordered_keys(items: list[Json], key: Apply) -> list[Any]:
    keys = [key(item) for item in items]
    wanted = type_name(keys[0]) if keys else "number"
    for index, value in enumerate(keys):
        if wanted not in ("number", "string") or type_name(value) != wanted:
            kinds = f"a {wanted}, as for the first item" if wanted in ("number", "string") else "a number or a string"
            raise ExpressionError(f"the key must be {kinds}, but for item {index} it is {shown(value)}")
    return keys
