"""Arrays and objects."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError

SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 1.5, "", "a"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner)
)


def value(text: str, **roots: Any) -> Any:
    return compile_expression(text).evaluate(MappingScope(roots))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('unique(`[1, 1.0, true, "1", null, null]`)', [1, True, "1", None]),
        ('unique(`[[1], [true], [1.0], {"a": 1}, {"a": 1}]`)', [[1], [True], {"a": 1}]),
        ("unique(`[]`)", []),
        ("range(`3`)", [0, 1, 2]),
        ("range(`0`)", []),
        ("range(`-3`)", []),
        ("range(`5`, `0`, `-2`)", [5, 3, 1]),
        ("range(`0`, `10`, `3`)", [0, 3, 6, 9]),
        ("range(`2.0`)", [0, 1]),
        ('zip(`[1, 2, 3]`, `["a"]`)', [[1, "a"]]),
        ("zip(`[1, 2]`)", [[1], [2]]),
        ('from_items(`[["a", 1], ["b", 2], ["a", 3]]`)', {"a": 3, "b": 2}),
        ("from_items(items(input))", {"x": 1, "y": [2]}),
        (
            'group_by(`[{"k": "a", "n": 1}, {"k": null}, {"k": "a", "n": 2}]`, &k)',
            {"a": [{"k": "a", "n": 1}, {"k": "a", "n": 2}]},
        ),
        ('merge(input, `{"x": null}`)', {"x": None, "y": [2]}),
        ("contains(`[1, 2]`, `true`)", False),
        ("contains(`[[1]]`, `[1.0]`)", True),
        ("contains('text', 'ex')", True),
        ("sort_by(`[]`, &a)", []),
        ("max_by(`[]`, &a)", None),
        ('sort_by(`[{"a": 2, "b": 1}, {"a": 1}, {"a": 2, "b": 2}]`, &a)[*].b', [1, 2]),
        ('map(&a, `[{"a": 1}, {}]`)', [1, None]),
        ("max(`[]`)", None),
        ('min(`["b", "a"]`)', "a"),
        ("reverse(`[]`)", []),
        ("to_array(`[1]`)", [1]),
        ("not_null(`null`, `null`)", None),
        ('length(`{"a": 1}`)', 1),
    ],
)
def test_container_functions_by_example(text: str, expected: Any) -> None:
    found = value(text, input={"x": 1, "y": [2]})
    assert repr(found) == repr(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("range(`0`, `5`, `0`)", "`step` must not be 0"),
        ("range(`1.5`)", "`start` must be a whole number, but is the number 1.5"),
        ('from_items(`[["a"]]`)', 'every item must be a pair of a string and a value, but item 0 is the array ["a"]'),
        ("from_items(`[[1, 2]]`)", "but item 0 is the array [1,2]"),
        ("from_items(`[1]`)", "must be an array of arrays, but item 0 is the number 1"),
        ('group_by(`[{"k": 1}]`, &k)', "the key must be a string or null, but for item 0 it is the number 1"),
        (
            'sort_by(`[{"k": 1}, {"k": "a"}]`, &k)',
            "the key must be a number, as for the first item, but for item 1 it is the string 'a'",
        ),
        ("max_by(`[{}]`, &k)", "the key must be a number or a string, but for item 0 it is null"),
    ],
)
def test_what_cannot_be_done_is_said(text: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert message in caught.value.message


@given(st.lists(VALUES, max_size=8))
def test_unique_keeps_the_first_of_equal_items_in_order(items: list[Any]) -> None:
    found = value("unique(input)", input=items)
    equal = compile_expression("input.a == input.b")
    expected: list[Any] = []
    for item in items:
        if not any(equal.evaluate(MappingScope({"input": {"a": item, "b": kept}})) for kept in expected):
            expected.append(item)
    assert repr(found) == repr(expected)


@given(st.integers(-50, 50), st.integers(-50, 50), st.integers(-7, 7).filter(bool))
def test_range_counts_as_python_does(start: int, end: int, step: int) -> None:
    found = value("range(input[0], input[1], input[2])", input=[start, end, step])
    assert found == list(range(start, end, step))
