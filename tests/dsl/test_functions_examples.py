"""Every function of the expression language does what its documentation shows, and refuses what it says it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from jmespath.functions import Functions

from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.functions import EXAMPLE_INPUT, FUNCTIONS, FunctionSignature
from kagzi_dsl.dsl.functions.signature import EXPRESSION
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError

NAMES = sorted(FUNCTIONS)


def value(text: str, **roots: Any) -> Any:
    return compile_expression(text).evaluate(MappingScope(roots))


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_a_function_gives_what_it_says(name: str) -> None:
    signature = FUNCTIONS[name]
    assert f"{name}(" in signature.example
    found = value(signature.example, input=EXAMPLE_INPUT)
    assert (found, type(found)) == (signature.gives, type(signature.gives))


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_described_in_one_sentence(name: str) -> None:
    assert FUNCTIONS[name].summary.endswith(".")
    assert str(FUNCTIONS[name]).startswith(f"{name}(")


@pytest.mark.parametrize("name", NAMES)
def test_a_function_refuses_too_few_and_too_many_arguments(name: str) -> None:
    signature = FUNCTIONS[name]
    counts = [signature.min_args - 1] if signature.min_args else []
    counts += [] if signature.max_args is None else [signature.max_args + 1]
    for count in counts:
        with pytest.raises(ExpressionError, match=rf"{name}\(\) takes .* argument"):
            compile_expression(f"{name}({', '.join(['input.a'] * count)})")


def arguments(signature: FunctionSignature, wrong: int) -> str:
    """Arguments of which only the one at `wrong` is of a wrong type."""
    texts = []
    for index in range(wrong + 1):
        types = signature.parameter(index).types
        if EXPRESSION in types:
            texts.append("&a")
        elif index == wrong:
            texts.append("`null`")
        else:
            right = {"number": "`1`", "string": "'1'", "array": "`[]`", "object": "`{}`", "any": "`1`"}
            texts.append(right[types[0].partition("[")[0]])
    missing = range(wrong + 1, signature.min_args)
    texts += ["&a" if EXPRESSION in signature.parameter(index).types else "`null`" for index in missing]
    return ", ".join(texts)


TYPED = [
    (name, index)
    for name, signature in FUNCTIONS.items()
    for index, parameter in enumerate(signature.parameters)
    if not {"any", EXPRESSION}.intersection(parameter.types)
]


@pytest.mark.parametrize(("name", "index"), TYPED)
def test_a_wrong_type_is_named_with_the_argument_and_its_value(name: str, index: int) -> None:
    parameter = FUNCTIONS[name].parameter(index)
    with pytest.raises(ExpressionError) as caught:
        value(f"{name}({arguments(FUNCTIONS[name], index)})")
    expected = f"{name}(): argument {index + 1} (`{parameter.name}`) must be {parameter.expected()}, but is null"
    assert caught.value.message == expected


def test_the_culprit_in_an_array_is_named() -> None:
    with pytest.raises(ExpressionError, match=r"sum\(\): .* must be an array of numbers, but item 1 is the string 'x'"):
        value('sum(`[1, "x"]`)')
    with pytest.raises(
        ExpressionError, match=r"sort\(\): .* strings or an array of numbers, but item 2 is the number 3"
    ):
        value('sort(`["a", "b", 3]`)')
    with pytest.raises(ExpressionError, match="but item 0 is true"):
        value("max(`[true]`)")


def test_a_long_value_is_shown_by_its_beginning() -> None:
    with pytest.raises(ExpressionError) as caught:
        value("add(input.a, `1`)", input={"a": ["x" * 1_000] * 1_000})
    assert len(caught.value.message) < 150
    with pytest.raises(ExpressionError, match=r"the string 'xxx.*…"):
        value("add(input.a, `1`)", input={"a": "x" * 1_000_000})


def test_every_function_of_jmespath_is_there_with_its_arity() -> None:
    for name, spec in Functions.FUNCTION_TABLE.items():
        parameters = spec["signature"]
        assert FUNCTIONS[name].min_args == len(parameters)
        assert (FUNCTIONS[name].max_args is None) == bool(parameters[-1].get("variadic"))


def test_an_error_within_an_expression_reference_tells_the_way_there() -> None:
    with pytest.raises(ExpressionError, match=r"map\(\): div\(\): cannot divide by 0 \(in \$\{ map"):
        value("map(&div(@, `0`), input.a)", input={"a": [1]})
