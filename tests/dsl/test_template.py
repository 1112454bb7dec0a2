"""Templates: what is replaced, what is kept, and what is said about mistakes."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.lexer import Lexer

from kagzi_dsl.dsl.budget import MAX_OUTPUT
from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.dsl.template import (
    ExpressionPart,
    LiteralPart,
    bare_expression,
    compile_template,
    compile_template_collecting,
    split_text,
)
from kagzi_dsl.errors import ExpressionError

SCOPE = MappingScope(
    {
        "input": {"n": 3, "x": 1.5, "yes": True, "none": None, "list": [1, 2], "name": "Ada", "text": "${ input.n }"},
        "steps": {"charge": {"id": "ch_1"}},
        "secrets": {"KEY": "s3cret"},
    }
)


def value(source: Any) -> Any:
    return compile_template(source).evaluate(SCOPE)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("${ input.n }", 3),
        ("${input.n}", 3),
        ("  ${ input.list }\n", [1, 2]),
        ("${ input.none }", None),
        ("${ input.yes }", True),
        ("n: ${ input.n }", "n: 3"),
        ("${ input.n }${ input.x }", "31.5"),
        ("${ input.yes } and ${ input.name }", "true and Ada"),
        ("$${ input.n }", "${ input.n }"),
        ("$${ ${ input.n } }", "${ 3 }"),
        ("$$${ input.n }", "$${ input.n }"),
        ("$ {x} $5 {}", "$ {x} $5 {}"),
        ("", ""),
        ("   ", "   "),
        ("${ input.text }", "${ input.n }"),
        ("[${ input.text }]", "[${ input.n }]"),
        ("${ {a: input.n, b: {c: '}'}} }", {"a": 3, "b": {"c": "}"}}),
        ("${ '}' }${ `\"}\"` }", "}}"),
        ("${ input.\"a}b\" || 'none' }", "none"),
        ("${ 'it\\'s }' }!", "it's }!"),
        ({"a": ["${ input.n }", {"b": "x${ input.n }"}], "c": 1}, {"a": [3, {"b": "x3"}], "c": 1}),
        ({"${ input.n }": "$${x}"}, {"${ input.n }": "${x}"}),
        (None, None),
        (17, 17),
        ([], []),
    ],
)
def test_a_template_is_filled_in(source: Any, expected: Any) -> None:
    found = value(source)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("a ${ input.none }", "it is null, which has no place in a text (in ${ input.none })"),
        ("a ${ input.list }", "it is the array [1,2], which has no place in a text (in ${ input.list })"),
        ("a ${ input }", "it is the object"),
        ("a ${ [secrets.KEY] }", "it failed; the details are withheld"),
    ],
)
def test_null_objects_and_arrays_have_no_place_in_a_text(source: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(source)
    assert message in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_constant_template_is_its_own_value() -> None:
    source = {"a": [1, {"b": "text"}]}
    template = compile_template(source)
    assert template.is_constant
    assert template.evaluate(SCOPE) is source


def test_constant_parts_of_a_template_are_shared() -> None:
    source = {"large": [1, 2, 3], "n": "${ input.n }"}
    assert value(source)["large"] is source["large"]


def test_a_template_knows_its_expressions_and_their_places() -> None:
    template = compile_template({"a": ["x", "id: ${  steps.charge.id } ${ input.n }"], "b": "${ secrets.KEY }"})
    assert [(each.path, each.expression.text, each.offset) for each in template.expressions] == [
        (("a", 1), "steps.charge.id", 8),
        (("a", 1), "input.n", 29),
        (("b",), "secrets.KEY", 3),
    ]
    assert template.uses_secrets
    assert not template.is_constant
    assert template.source == {"a": ["x", "id: ${  steps.charge.id } ${ input.n }"], "b": "${ secrets.KEY }"}


def test_two_templates_are_equal_when_their_sources_are_the_same_json() -> None:
    one, other = compile_template({"a": 1, "b": "${ input.n }"}), compile_template({"b": "${ input.n }", "a": 1})
    assert one == other
    assert hash(one) == hash(other)
    assert one != compile_template({"a": True, "b": "${ input.n }"})
    assert compile_template(1) != compile_template(True)


def test_every_mistake_of_a_template_is_collected_with_its_place() -> None:
    source = {"a": "${ input.n > 1 }", "b": ["ok", "x ${ foo( } ${ steps }", "${ input.n"], "c": "${ input.n }"}
    template, problems = compile_template_collecting(source)
    assert template is None
    assert [(path, error.offset, error.message) for path, error in problems] == [
        (("a",), 13, "unexpected '1'"),
        (("b", 1), 8, "the ( that opens here is never closed"),
        (("b", 1), 15, "a step's id must follow `steps`"),
        (("b", 2), 0, "the ${ that opens here is never closed by }"),
    ]
    assert problems[0][1].hint == "write: input.n > `1`"
    with pytest.raises(ExpressionError, match="unexpected '1'"):
        compile_template(source)


def test_a_template_that_is_right_has_no_problems() -> None:
    template, problems = compile_template_collecting(["${ input.n }"])
    assert template == compile_template(["${ input.n }"])
    assert problems == []


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("a ${ input.n", 2, "the ${ that opens here is never closed by }"),
        ("${ {a: input.n }", 0, "the ${ that opens here is never closed by }"),
        ("${ 'abc }", 3, "the ' that opens here is never closed"),
        ("${ `1 }", 3, "the ` that opens here is never closed"),
        ('${ "a }', 3, 'the " that opens here is never closed'),
    ],
)
def test_an_expression_that_does_not_end_is_an_error_with_its_place(text: str, offset: int, message: str) -> None:
    for split in (split_text, bare_expression) if text.startswith("$") else (split_text,):
        with pytest.raises(ExpressionError) as caught:
            split(text)
        assert (caught.value.offset, caught.value.message) == (offset, message)


def test_a_template_too_deep_to_be_stored_is_an_error() -> None:
    source: Any = "${ input.n }"
    for _ in range(300):
        source = [source]
    with pytest.raises(ExpressionError, match="nests deeper than 200 levels"):
        compile_template(source)


def test_a_template_that_repeats_a_large_value_is_stopped() -> None:
    template = compile_template([f"${{ input.large || `{n}` }}" for n in range(100)])
    large = ["x" * 1_000] * (MAX_OUTPUT // 50_000)
    with pytest.raises(ExpressionError, match="characters of JSON"):
        template.evaluate(MappingScope({"input": {"large": large}}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.a", "input.a"),
        ("  input.a ", "input.a"),
        ("${ input.a }", "input.a"),
        (" ${input.a} ", "input.a"),
        ("${ {a: b} }", "{a: b}"),
        ("${ a } || ${ b }", "${ a } || ${ b }"),
        ("'${ a }'", "'${ a }'"),
        ("", ""),
    ],
)
def test_a_field_that_is_always_an_expression_may_drop_the_braces(text: str, expected: str) -> None:
    assert bare_expression(text) == expected


PIECES = st.sampled_from(
    [
        "'}'",
        "'it\\'s'",
        '"}"',
        '"\\"}"',
        '`"}"`',
        '`{"a": {}}`',
        '`"\\`}"`',
        "{",
        "}",
        "a",
        ".",
        ":",
        " ",
        "{a: b}",
        "'$ {'",
        '`"\\\\"`',
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_an_expression_ends_where_the_lexer_of_jmespath_meets_the_closing_brace(inside: str) -> None:
    depth, end = 0, None
    for token in Lexer().tokenize(f"{inside}}}"):
        if token["type"] == "rbrace" and depth == 0:
            end = token["start"]
            break
        depth += {"lbrace": 1, "rbrace": -1}.get(token["type"], 0)
    try:
        parts = split_text(f"<${{{inside}}}>")
    except ExpressionError:
        assert end is None
        return
    assert end is not None
    assert parts[:2] == [LiteralPart("<"), ExpressionPart(inside[:end].strip(), 3 + end - len(inside[:end].lstrip()))]


@given(st.lists(st.sampled_from(["a", "$", "{", "}", "$${", "${ input.n }", "${ input.name }", " "]), max_size=8))
def test_what_is_not_an_expression_is_kept(pieces: list[str]) -> None:
    source = "|".join(["", *pieces, ""])
    expected = "|".join(
        ["", *({"$${": "${", "${ input.n }": "3", "${ input.name }": "Ada"}.get(p, p) for p in pieces), ""]
    )
    assert value(source) == expected


def test_evaluating_changes_neither_the_template_nor_the_scope() -> None:
    source = {"a": "${ input.list }", "b": ["${ merge(input, {n: input.list}) }"], "c": [1]}
    template = compile_template(source)
    before = copy.deepcopy((source, SCOPE.values))
    assert template.evaluate(SCOPE) == template.evaluate(SCOPE)
    assert (source, SCOPE.values) == before


def test_a_long_text_of_many_expressions_is_split_in_one_pass() -> None:
    parts = split_text("x${ input.n }" * 20_000)
    assert len(parts) == 40_000
    assert compile_expression("input.n").text == parts[1].text
