"""Numbers. Integers stay integers wherever the result is one; nothing leaves the 64 bits that JSON readers share."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import reduce
from typing import Final

from kagzi_dsl.dsl.functions.bounds import Number, fitting, whole
from kagzi_dsl.dsl.functions.signature import function
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

MAX_DIGITS: Final = 15
"""Decimal digits a float holds for certain."""


@function("abs(value: number) -> number", "The value without its sign.", example="abs(`-3`)", gives=3)
def _abs(value: Number) -> Number:
    return fitting(abs(value))


@function("ceil(value: number) -> number", "The next whole number upwards.", example="ceil(`1.2`)", gives=2)
def _ceil(value: Number) -> Number:
    return fitting(math.ceil(value))


@function("floor(value: number) -> number", "The next whole number downwards.", example="floor(`1.8`)", gives=1)
def _floor(value: Number) -> Number:
    return fitting(math.floor(value))


@function(
    "round(value: number, digits?: number) -> number",
    "The nearest number of so many decimals (0 to 15; left out or 0: a whole number); halves go away from zero.",
    example="round(`2.675`, `2`)",
    gives=2.68,
)
def _round(value: Number, digits: Number = 0) -> Number:
    places = whole(digits, "digits", low=0, high=MAX_DIGITS)
    if isinstance(value, int):
        return value
    from decimal import ROUND_HALF_UP, Decimal  # not to check a document

    # Through the shortest decimal text, so that 2.675 is rounded as it is written and not as it is stored. A float that
    # has no more decimals than asked for is left alone: quantizing 1e300 would need more digits than Decimal keeps.
    decimal = Decimal(repr(value))
    exponent = decimal.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -places:
        decimal = decimal.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return fitting(int(decimal) if places == 0 else float(decimal))


@function(
    "add(left: number, right: number, ...more: number) -> number",
    "The sum of its arguments.",
    example="add(`1`, `2`)",
    gives=3,
)
def _add(*values: Number) -> Number:
    return _folded(operator.add, values)


@function(
    "sub(left: number, right: number) -> number",
    "The first number less the second.",
    example="sub(`5`, `2`)",
    gives=3,
)
def _sub(left: Number, right: Number) -> Number:
    return _folded(operator.sub, (left, right))


@function(
    "mul(left: number, right: number, ...more: number) -> number",
    "The product of its arguments.",
    example="mul(`6`, `7`)",
    gives=42,
)
def _mul(*values: Number) -> Number:
    return _folded(operator.mul, values)


@function(
    "div(left: number, right: number) -> number",
    "The first number divided by the second; a whole number when two whole numbers divide exactly.",
    example="div(`7`, `2`)",
    gives=3.5,
)
def _div(left: Number, right: Number) -> Number:
    _refuse_zero(right)
    return _quotient(left, right)


@function(
    "mod(left: number, right: number) -> number",
    "What is left of the first number when the second is taken away as often as it goes; it has the second one's sign.",
    example="mod(`7`, `3`)",
    gives=1,
)
def _mod(left: Number, right: Number) -> Number:
    _refuse_zero(right)
    return _folded(operator.mod, (left, right))


@function("sum(values: array[number]) -> number", "The sum of an array.", example="sum(input.items[*].price)", gives=15)
def _sum(values: list[Number]) -> Number:
    return _folded(operator.add, (0, *values))


@function(
    "avg(values: array[number]) -> number|null",
    "The average of an array; null for an empty one.",
    example="avg(`[1, 2, 6]`)",
    gives=3,
)
def _avg(values: list[Number]) -> Json:
    return _quotient(sum(values), len(values)) if values else None


def _quotient(left: Number, right: Number) -> Number:
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return fitting(left // right)
    return _folded(operator.truediv, (left, right))


def _folded(operation: Callable[[Number, Number], Number], values: tuple[Number, ...]) -> Number:
    try:
        return fitting(reduce(operation, values))
    except OverflowError:
        raise ExpressionError("the result is too large for a number") from None


def _refuse_zero(divisor: Number) -> None:
    if divisor == 0:
        raise ExpressionError("cannot divide by 0", hint="guard it: if(n == `0`, `0`, div(total, n))")
