"""The numbers expressions may make: those that JSON, PostgreSQL and every client can hold."""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from kagzi_dsl.dsl.values import shown
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

Number: TypeAlias = int | float

MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**64 - 1
"""The integers that can be stored; the same bounds hold for payloads."""


def fitting(value: Number) -> Number:
    """`value`, if it can be stored. Raises ExpressionError for integers beyond 64 bits, infinity and NaN."""
    if isinstance(value, int):
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            raise ExpressionError("the result does not fit in 64 bits")
    elif not math.isfinite(value):
        raise ExpressionError("the result is too large for a number")
    return value


def whole(value: Json, name: str, *, low: int = MIN_INTEGER, high: int = MAX_INTEGER) -> int:
    """The argument `name` as an int. Raises ExpressionError unless it is a whole number from `low` to `high`."""
    if value == int(value) and low <= value <= high:
        return int(value)
    bounds = "" if low == MIN_INTEGER and high == MAX_INTEGER else f" from {low} to {high}"
    bounds = " that is not negative" if low == 0 and high == MAX_INTEGER else bounds
    raise ExpressionError(f"`{name}` must be a whole number{bounds}, but is {shown(value)}")
