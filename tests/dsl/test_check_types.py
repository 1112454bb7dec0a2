"""What the checker believes of values is never less than what can be."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from static_types import expressions, fitting, holds, scalars, schemas, values

from kagzi_dsl.dsl.data_schema import check_data_schema
from kagzi_dsl.dsl.expressions import Expression, compile_expression
from kagzi_dsl.dsl.infer import Inference
from kagzi_dsl.dsl.misfit import Wanted, misfits
from kagzi_dsl.dsl.schema_types import of_input, of_schema
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.dsl.truth import always
from kagzi_dsl.dsl.types import Type, of_value, one_of, or_null, union, without_null
from kagzi_dsl.dsl.values import is_false
from kagzi_dsl.errors import ExpressionError

schemas_and_values = schemas().flatmap(lambda schema: st.tuples(st.just(schema), fitting(schema, schema) | values))


class _Input:
    """The one root `input`."""

    def __init__(self, kind: Type) -> None:
        self._kind = kind

    def root(self, name: str) -> Type:
        assert name == "input"
        return self._kind


@settings(max_examples=200)
@given(schemas_and_values)
def test_a_value_that_fits_a_schema_is_of_the_type_read_from_it(pair: tuple[Any, Any]) -> None:
    schema, value = pair
    assume(Draft202012Validator(schema).is_valid(value))
    assert holds(of_schema(schema), value)


@settings(max_examples=200)
@given(schemas_and_values)
def test_nothing_is_said_against_a_value_that_fits_its_schema(pair: tuple[Any, Any]) -> None:
    schema, value = pair
    assume(Draft202012Validator(schema).is_valid(value))
    assert list(misfits(of_value(value), Wanted(schema, schema))) == []
    assert list(misfits(of_value(value), Wanted(schema, schema, coerced=True))) == []


ITSELF = {"$ref": "#/$defs/itself"}
HOLDING_ITSELF: dict[str, Any] = {
    **dict.fromkeys(("additionalProperties", "items", "contains", "propertyNames", "unevaluatedProperties"), ITSELF),
    **dict.fromkeys(("not", "if", "then", "else"), ITSELF),
    **{word: [ITSELF] for word in ("allOf", "anyOf", "prefixItems")},
    **{word: {"a": ITSELF} for word in ("properties", "patternProperties", "dependentSchemas")},
    "oneOf": [ITSELF, {"type": "null"}],
    "required": ["a"],
    "default": {},
}


@given(
    st.sets(st.sampled_from(sorted(HOLDING_ITSELF)), min_size=1, max_size=4),
    st.sampled_from(("object", "array", ["object", "array", "null"])),
    values,
    expressions(1),
)
def test_a_schema_that_holds_itself_in_whatever_way_is_read(words: set[str], said: Any, value: Any, text: str) -> None:
    schema = {**ITSELF, "$defs": {"itself": {"type": said, **{word: HOLDING_ITSELF[word] for word in words}}}}
    circles = check_data_schema(schema) != []
    assert circles == bool(words & {"not", "if", "then", "else", "allOf", "anyOf", "oneOf", "dependentSchemas"})
    wanted = Wanted(schema, schema)
    assert str(wanted)
    for kind in (of_schema(schema), of_input(schema)):
        Inference(_Input(kind)).infer(_evaluated(text, value)[0].tree)
        assert list(misfits(kind, wanted)) == []
    if list(misfits(of_value(value), wanted)):
        assert circles or not Draft202012Validator(schema).is_valid(value)


@given(schemas_and_values, schemas())
def test_nothing_is_said_against_a_type_that_holds_a_fitting_value(pair: tuple[Any, Any], other: Any) -> None:
    schema, value = pair
    assume(Draft202012Validator(schema).is_valid(value))
    for kind in (union([of_value(value), of_schema(other)]), of_schema(schema), or_null(of_value(value))):
        assert list(misfits(kind, Wanted(schema, schema))) == []


@given(values, values)
def test_a_union_holds_what_its_parts_hold(one: Any, other: Any) -> None:
    both = union([of_value(one), of_value(other)])
    assert holds(both, one)
    assert holds(both, other)
    assert holds(or_null(both), None)


@given(st.lists(scalars, min_size=1), values)
def test_a_type_without_null_holds_everything_else(listed: list[Any], value: Any) -> None:
    for kind in (one_of(listed), of_value(value)):
        for each in [*listed, value]:
            if each is not None and holds(kind, each):
                assert holds(without_null(kind), each)


@given(schemas_and_values)
def test_what_is_always_true_is_true_of_every_value(pair: tuple[Any, Any]) -> None:
    schema, value = pair
    assume(Draft202012Validator(schema).is_valid(value))
    known = always(of_schema(schema))
    assert known is None or known is not is_false(value)


def _evaluated(text: str, value: Any) -> tuple[Expression, Any, bool]:
    """An expression, its value over an input, and whether there is one."""
    try:
        expression = compile_expression(text)
    except ExpressionError:
        assume(False)
        raise
    try:
        return expression, expression.evaluate(MappingScope({"input": value})), True
    except ExpressionError:
        return expression, None, False


@settings(max_examples=250)
@given(schemas_and_values, expressions())
def test_the_value_of_an_expression_is_of_the_type_inferred_for_it(pair: tuple[Any, Any], text: str) -> None:
    schema, value = pair
    assume(Draft202012Validator(schema).is_valid(value))
    expression, found, done = _evaluated(text, value)
    if done:
        assert holds(Inference(_Input(of_schema(schema))).infer(expression.tree), found)


@settings(max_examples=250)
@given(values, expressions(lazy=False))
def test_an_expression_that_can_be_evaluated_is_never_said_to_have_a_wrong_operand(value: Any, text: str) -> None:
    expression, _, done = _evaluated(text, value)
    walk = Inference(_Input(of_value(value)))
    walk.infer(expression.tree)
    if done:
        assert [finding for finding in walk.findings if finding.code == "wrong-operand"] == []


@settings(max_examples=250)
@given(schemas_and_values, expressions(2), expressions(2), st.sampled_from(("==", "!=", "<", ">=")))
def test_a_comparison_said_to_be_useless_always_comes_out_the_same(
    pair: tuple[Any, Any], left: str, right: str, operator: str
) -> None:
    schema, value = pair
    assume(Draft202012Validator(schema).is_valid(value))
    expression, found, done = _evaluated(f"({left}) {operator} ({right})", value)
    walk = Inference(_Input(of_schema(schema)))
    walk.infer(expression.tree)
    said = [finding for finding in walk.findings if finding.tree is expression.tree]
    if done and said:
        assert is_false(found) is not (operator == "!=")
