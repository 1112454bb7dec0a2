"""The compiled closures against the jmespath library's own interpreter, over generated expressions and data."""

from __future__ import annotations

import copy
import json
from typing import Any

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError

# 0 and 1 are left out: inside of lists and objects the library takes them for false and true. That the two differ is
# told by test_expressions_values.py.
SCALARS = st.sampled_from([None, True, False, -2, 2, 3, 10, 1.5, "", "a", "b", "ab", "12"])
NAMES = ["a", "b", "c", "d"]
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=20,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), DATA, min_size=1, max_size=4)

UNARY = ("length", "keys", "values", "type", "reverse", "sort", "max", "min", "sum", "avg", "abs", "ceil", "floor")
MORE_UNARY = ("to_array", "to_string", "to_number")
BINARY = ("contains", "starts_with", "ends_with", "join", "not_null", "merge")
BY = ("sort_by", "max_by", "min_by")


@st.composite
def expressions(draw: st.DrawFn, at_root: bool, depth: int = 3) -> str:
    """The text of an expression; at the root its names begin with `input`."""
    kind = draw(st.integers(0, 9)) if depth else 0
    inner = expressions(at_root, depth - 1)
    match kind:
        case 0 | 1 | 2 | 3:
            return draw(chains(at_root, depth))
        case 4:
            return f"({draw(inner)} {draw(st.sampled_from(['||', '&&']))} {draw(inner)})"
        case 5:
            return f"!{draw(chains(at_root, depth - 1))}"
        case 6:
            return f"({draw(inner)} {draw(st.sampled_from(['==', '!=', '<', '<=', '>', '>=']))} {draw(inner)})"
        case 7:
            return f"({draw(inner)} | {draw(expressions(False, depth - 1))})"
        case 8:
            return draw(selections(at_root, depth - 1))
        case _:
            return draw(calls(at_root, depth - 1))


@st.composite
def chains(draw: st.DrawFn, at_root: bool, depth: int) -> str:
    """A name or a literal, and what is selected from it."""
    start = f"input.{draw(st.sampled_from(NAMES))}" if at_root else draw(st.sampled_from([*NAMES, "@", '"a"']))
    literal = draw(st.booleans()) and draw(st.booleans())
    text = f"`{json.dumps(draw(DATA))}`" if literal else start
    return text + "".join(draw(st.lists(suffixes(max(0, depth - 1)), max_size=3)))


@st.composite
def suffixes(draw: st.DrawFn, depth: int) -> str:
    """Something that selects from the value before it."""
    name = f".{draw(st.sampled_from(NAMES))}"
    kind = draw(st.integers(0, 9))
    match kind:
        case 0 | 1 | 2:
            return name
        case 3:
            return f"[{draw(st.integers(-3, 3))}]"
        case 4:
            return "[*]"
        case 5:
            return "[]"
        case 6:
            return ".*"
        case 7:
            bound = st.sampled_from(["", "0", "1", "2", "-1"])
            return f"[{draw(bound)}:{draw(bound)}:{draw(st.sampled_from(['', '1', '2', '-1']))}]"
        case 8:
            return f"[?{draw(expressions(False, depth))}]" if depth else name
        case _:
            return f".{draw(selections(False, depth))}" if depth else name


@st.composite
def selections(draw: st.DrawFn, at_root: bool, depth: int) -> str:
    """A multi-select list or object."""
    members = draw(st.lists(expressions(at_root, max(0, depth - 1)), min_size=1, max_size=3))
    if draw(st.booleans()):
        return f"[{', '.join(members)}]"
    return "{" + ", ".join(f"{name}: {member}" for name, member in zip("xyz", members, strict=False)) + "}"


@st.composite
def calls(draw: st.DrawFn, at_root: bool, depth: int) -> str:
    """A call of one of JMESPath's own functions."""
    inner = expressions(at_root, max(0, depth - 1))
    match draw(st.integers(0, 3)):
        case 0 | 1:
            return f"{draw(st.sampled_from(UNARY + MORE_UNARY))}({draw(inner)})"
        case 2:
            return f"{draw(st.sampled_from(BINARY))}({draw(inner)}, {draw(inner)})"
        case _:
            by, key = draw(st.sampled_from(BY)), draw(expressions(False, 0))
            if draw(st.booleans()):
                return f"map(&{key}, {draw(inner)})"
            return f"{by}({draw(inner)}, &{key})"


def comparable(value: Any) -> Any:
    """The value with booleans told apart from numbers, and whole floats the same as integers."""
    match value:
        case bool():
            return ("boolean", value)
        case list():
            return [comparable(item) for item in value]
        case dict():
            return {key: comparable(item) for key, item in value.items()}
        case _:
            return value


def outcome_of_library(text: str, data: Any) -> Any:
    """The library's value, that it refuses, or None where it fails by accident (comparing a number with text)."""
    try:
        return ("value", comparable(jmespath.search(text, data)))
    except JMESPathError:
        return ("error",)
    except (TypeError, OverflowError):
        return None


def outcome(text: str, data: Any) -> Any:
    try:
        return ("value", comparable(compile_expression(text).evaluate(MappingScope(data))))
    except ExpressionError:
        return ("error",)


@settings(max_examples=400, deadline=None)
@given(text=expressions(at_root=True), data=OBJECTS)
def test_an_expression_has_the_value_the_library_gives_it(text: str, data: Any) -> None:
    expected = outcome_of_library(text, {"input": data})
    if expected is not None:
        assert outcome(text, {"input": data}) == expected


@settings(max_examples=300, deadline=None)
@given(text=expressions(at_root=False), data=DATA)
def test_after_a_pipe_an_expression_has_the_value_the_library_gives_it(text: str, data: Any) -> None:
    text = f"input | {text}"
    expected = outcome_of_library(text, {"input": data})
    if expected is not None:
        assert outcome(text, {"input": data}) == expected


@settings(max_examples=200, deadline=None)
@given(text=expressions(at_root=True), data=OBJECTS)
def test_evaluating_twice_gives_the_same_and_leaves_the_data_alone(text: str, data: Any) -> None:
    before = copy.deepcopy(data)
    first = copy.deepcopy(outcome(text, {"input": data}))
    assert outcome(text, {"input": data}) == first
    assert data == before


@settings(max_examples=200, deadline=None)
@given(text=expressions(at_root=True), data=OBJECTS)
def test_the_tree_kept_with_an_expression_means_the_same_to_the_library(text: str, data: Any) -> None:
    expected = outcome_of_library(text, {"input": data})
    tree = compile_expression(text).tree
    if expected is not None and expected[0] == "value":
        found = jmespath.parser.ParsedResult(text, tree).search({"input": data})
        assert ("value", comparable(found)) == expected


@settings(max_examples=100, deadline=None)
@given(text=expressions(at_root=True))
def test_every_reference_is_found_where_its_offset_says(text: str) -> None:
    expression = compile_expression(text)
    for reference in (*expression.references, *expression.inner_names):
        assert expression.text[reference.offset :].removeprefix('"').startswith(reference.root)
    for call in expression.functions:
        assert expression.text[call.offset :].startswith(f"{call.name}(")


@pytest.mark.parametrize(
    "text",
    [
        "input.a[0]",
        "input.a[*].b[0].c",
        "input.a.b[?c].d[*]",
        "input.a.*.b[1:]",
        "input.a[].b[].c",
        "input.a.b[0][1].c",
    ],
)
def test_selections_behind_a_dot_mean_the_same_as_to_the_library(text: str) -> None:
    data = {"input": {"a": {"b": [[{"c": {"d": 2}}, {"c": {"d": 3}}], {"c": [2, 3], "d": 4}]}}}
    assert outcome(text, data) == outcome_of_library(text, data)
