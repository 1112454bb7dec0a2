"""Arithmetic, and numbers made of other things."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError

INTEGERS = st.integers(-(2**63), 2**64 - 1)
SMALL = st.integers(-(2**31), 2**31)


def value(text: str, **roots: Any) -> Any:
    return compile_expression(text).evaluate(MappingScope(roots))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("add(`1`, `2`, `3`, `4`)", 10),
        ("add(`1`, `2.5`)", 3.5),
        ("add(`0.1`, `0.2`) | round(@, `2`)", 0.3),
        ("sub(`1`, `3`)", -2),
        ("mul(`2`, `3`, `4`)", 24),
        ("div(`6`, `3`)", 2),
        ("div(`7`, `2`)", 3.5),
        ("div(`6.0`, `3`)", 2.0),
        ("mod(`-7`, `3`)", 2),
        ("mod(`7`, `-3`)", -2),
        ("mod(`7.5`, `2`)", 1.5),
        ("round(`2.5`)", 3),
        ("round(`-2.5`)", -3),
        ("round(`2.4`)", 2),
        ("round(`1.005`, `2`)", 1.01),
        ("round(`1e300`, `2`)", 1e300),
        ("round(`123456789.987654321`, `15`)", 123456789.987654321),
        ("round(`17`, `2`)", 17),
        ("round(`0.00000000000000001`, `3`)", 0.0),
        ("abs(`-2.5`)", 2.5),
        ("ceil(`-1.2`)", -1),
        ("floor(`-1.2`)", -2),
        ("sum(`[]`)", 0),
        ("avg(`[]`)", None),
        ("avg(`[1, 2]`)", 1.5),
        ("to_number('1e3')", 1000.0),
        ("to_number('-0.5')", -0.5),
        ("to_number('007')", None),
        ("to_number(' 7')", None),
        ("to_number('1_000')", None),
        ("to_number('nan')", None),
        ("to_number('٣')", None),
        ("to_number(`true`)", None),
        ("to_number(`[1]`)", None),
    ],
)
def test_arithmetic_gives_what_people_expect(text: str, expected: Any) -> None:
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("div(`1`, `0`)", "div(): cannot divide by 0"),
        ("div(`1.5`, `0.0`)", "div(): cannot divide by 0"),
        ("mod(`1`, `0`)", "mod(): cannot divide by 0"),
        ("add(`18446744073709551615`, `1`)", "add(): the result does not fit in 64 bits"),
        ("mul(`9223372036854775808`, `4`)", "mul(): the result does not fit in 64 bits"),
        ("sub(`-9223372036854775808`, `1`)", "sub(): the result does not fit in 64 bits"),
        ("mul(`1e308`, `10`)", "mul(): the result is too large"),
        ("sum(`[1e308, 1e308]`)", "sum(): the result is too large"),
        ("ceil(`1e300`)", "ceil(): the result does not fit in 64 bits"),
        ("to_number('99999999999999999999')", "to_number(): the result does not fit in 64 bits"),
        ("to_number('1e999')", "to_number(): the result is too large"),
        ("round(`1.5`, `16`)", "`digits` must be a whole number from 0 to 15, but is the number 16"),
        ("round(`1.5`, `1.5`)", "`digits` must be a whole number from 0 to 15, but is the number 1.5"),
    ],
)
def test_a_result_that_is_no_number_json_can_hold_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert message in caught.value.message


def test_a_division_by_zero_says_how_to_guard_it() -> None:
    with pytest.raises(ExpressionError) as caught:
        value("div(`1`, `0`)")
    assert caught.value.hint == "guard it: if(n == `0`, `0`, div(total, n))"


@given(left=SMALL, right=SMALL)
def test_integers_stay_exact(left: int, right: int) -> None:
    roots = {"input": {"a": left, "b": right}}
    assert value("add(input.a, input.b)", **roots) == left + right
    assert value("sub(input.a, input.b)", **roots) == left - right
    assert value("mul(input.a, input.b)", **roots) == left * right
    if right:
        quotient, rest = value("[div(sub(input.a, mod(input.a, input.b)), input.b), mod(input.a, input.b)]", **roots)
        assert (quotient * right + rest, type(quotient)) == (left, int)


@given(left=INTEGERS, right=INTEGERS)
def test_a_sum_is_exact_or_an_error(left: int, right: int) -> None:
    try:
        assert value("add(input.a, input.b)", input={"a": left, "b": right}) == left + right
    except ExpressionError:
        assert not -(2**63) <= left + right < 2**64


@given(number=st.floats(allow_nan=False, allow_infinity=False), digits=st.integers(0, 15))
def test_rounding_twice_is_rounding_once(number: float, digits: int) -> None:
    roots = {"input": {"x": number, "d": digits}}
    try:
        once = value("round(input.x, input.d)", **roots)
    except ExpressionError:
        assert digits == 0
        assert abs(number) >= 2**63
        return
    assert value("round(input.y, input.d)", input={"y": once, "d": digits}) == once
    assert abs(once - number) <= 0.5000001 * 10**-digits + abs(number) * 1e-15
