"""How expressions see JSON values: what is true, what is equal, what a type is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import orjson

from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

TYPE_NAMES: Final = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
"""JMESPath's word for each type of value."""

_SHOWN_CHARACTERS: Final = 40
_MAX_SHOWN_ITEMS: Final = 20
_EMPTY_IS_FALSE: Final = frozenset({str, list, dict})


def is_false(value: Json) -> bool:
    """JMESPath's truth: only false, null and an empty string, array or object are false; 0 is true."""
    return value is None or value is False or (not value and type(value) in _EMPTY_IS_FALSE)


def type_name(value: Json) -> str:
    """JMESPath's word for the type of `value`."""
    return TYPE_NAMES.get(type(value), type(value).__name__)


def same(left: Json, right: Json, spend: Callable[[int], None]) -> bool:
    """Whether two values are equal as JSON: 1 equals 1.0 and never true, at any depth.

    Python's own `==` finds [1] and [true] equal. `spend` is told how many values are about to be compared, because
    values that share their parts can be small in memory and endless to walk.
    """
    if type(left) not in (list, dict) or type(right) not in (list, dict):
        return _same_scalar(left, right)
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        if type(one) is list and type(other) is list and len(one) == len(other):
            spend(len(one))
            pairs.extend(zip(one, other, strict=True))
        elif type(one) is dict and type(other) is dict and one.keys() == other.keys():
            spend(len(one))
            pairs.extend((value, other[key]) for key, value in one.items())
        elif not _same_scalar(one, other):
            return False
    return True


def as_text(value: Json, what: str) -> str:
    """A value inside a text: strings as they are, numbers and booleans as JSON.

    Raises ExpressionError, naming `what`, for null, arrays and objects: they have no text that everybody would expect.
    """
    match value:
        case str():
            return value
        case bool() | int() | float():
            return orjson.dumps(value).decode()
        case None:
            raise ExpressionError(
                f"{what} is null, which has no place in a text", hint="give it a default: not_null(…, 'none')"
            )
        case _:
            raise ExpressionError(
                f"{what} is {shown(value)}, which has no place in a text",
                hint="to_json(…) writes it as JSON; join(', ', …) an array of strings",
            )


def shown(value: Json) -> str:
    """A short rendering for messages, such as "the string 'abc'"; never longer than a few words."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {_clipped(repr(value))}"
        case str():
            return f"the string {_clipped(repr(value[: _SHOWN_CHARACTERS + 1]))}"
        case list() | dict():
            return f"the {type_name(value)} {_clipped(_outline(value))}"
        case _:
            return f"a value of type {type(value).__name__}"


def _same_scalar(left: Json, right: Json) -> bool:
    return bool(left == right) and (type(left) is bool) == (type(right) is bool) and type_name(left) == type_name(right)


def _outline(value: list[Json] | dict[str, Json]) -> str:
    # Only the first items are written, and their insides left out, so that a message costs the same for any value.
    if isinstance(value, list):
        head: Json = [_stub(item) for item in value[:_MAX_SHOWN_ITEMS]]
    else:
        keys = [key for key, _ in zip(value, range(_MAX_SHOWN_ITEMS), strict=False)]
        head = {key[:_SHOWN_CHARACTERS]: _stub(value[key]) for key in keys}
    return orjson.dumps(head, option=orjson.OPT_NON_STR_KEYS).decode()


def _stub(value: Json) -> Json:
    match value:
        case list() | dict():
            return "…"
        case str():
            return value[:_SHOWN_CHARACTERS]
        case _:
            return value


def _clipped(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
