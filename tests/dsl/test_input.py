"""A run's input against its schema: defaults, and sentences about what does not fit."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kagzi_dsl.dsl.input import prepare_input, validate_value, with_defaults
from kagzi_dsl.errors import InputError

ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["order_id", "amount"],
    "additionalProperties": False,
    "properties": {
        "order_id": {"type": "string"},
        "amount": {"type": "number", "exclusiveMinimum": 0},
        "currency": {"enum": ["EUR", "USD"], "default": "EUR"},
        "placed_at": {"type": "string", "format": "date-time"},
        "email": {"type": "string", "format": "email"},
        "customer": {"$ref": "#/$defs/customer", "default": {}},
        "lines": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/line"}},
        "note": {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]},
    },
    "$defs": {
        "customer": {"type": "object", "properties": {"tier": {"type": "integer", "default": 1}}},
        "line": {
            "type": "object",
            "required": ["sku"],
            "properties": {
                "sku": {"type": "string", "pattern": "^[A-Z]+$"},
                "quantity": {"type": "integer", "default": 1},
            },
        },
    },
}


def problems(value: Any, schema: Any = ORDER) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        prepare_input(schema, value)
    return caught.value.problems


def test_defaults_are_filled_in_at_every_depth_and_the_value_given_is_left_alone() -> None:
    given_value = {"order_id": "A-1", "amount": 5, "lines": [{"sku": "X"}, {"sku": "Y", "quantity": 3}]}
    before = copy.deepcopy(given_value)
    assert prepare_input(ORDER, given_value) == {
        "order_id": "A-1",
        "amount": 5,
        "currency": "EUR",
        "customer": {"tier": 1},
        "lines": [{"sku": "X", "quantity": 1}, {"sku": "Y", "quantity": 3}],
    }
    assert given_value == before


def test_a_default_is_a_copy_each_time() -> None:
    schema = {"properties": {"tags": {"default": []}}}
    first = prepare_input(schema, {})
    first["tags"].append("changed")
    assert prepare_input(schema, {}) == {"tags": []}


@pytest.mark.parametrize(
    ("schema", "value", "filled"),
    [
        ({"items": {"properties": {"a": {"default": 1}}}}, [{}, {"a": 2}], [{"a": 1}, {"a": 2}]),
        ({"prefixItems": [{"properties": {"a": {"default": 1}}}]}, [{}, {}], [{"a": 1}, {}]),
        ({"additionalProperties": {"properties": {"a": {"default": 1}}}}, {"x": {}}, {"x": {"a": 1}}),
        ({"allOf": [{"properties": {"a": {"default": 1}}}]}, {}, {"a": 1}),
        ({"properties": {"a": {"properties": {"b": {"default": 1}}}}}, {}, {}),
        ({"properties": {"a": {"default": None}}}, {}, {"a": None}),
        ({"properties": {"a": {"default": 1}}}, "text", "text"),
        ({"$ref": "#/$defs/x", "$defs": {"x": {"properties": {"a": {"default": 1}}}}}, {}, {"a": 1}),
        ({"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"default": 2}}}, {}, {"a": 2}),
        ({"anyOf": [{"properties": {"a": {"default": 1}}}]}, {}, {}),
        (True, {"a": 1}, {"a": 1}),
    ],
)
def test_defaults_are_found_through(schema: Any, value: Any, filled: Any) -> None:
    assert with_defaults(schema, value) == filled


def test_a_default_that_asks_for_itself_comes_to_an_end() -> None:
    schema = {"$ref": "#/$defs/x", "$defs": {"x": {"properties": {"next": {"$ref": "#/$defs/x", "default": {}}}}}}
    filled = with_defaults(schema, {})
    assert filled["next"]["next"]["next"] is not None


def test_without_a_schema_any_json_will_do() -> None:
    assert prepare_input(None, {"a": [1, None]}) == {"a": [1, None]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({}, ("input.order_id is missing; it must be a string", "input.amount is missing; it must be a number")),
        ({"order_id": 7, "amount": 1}, ("input.order_id is 7, and must be a string",)),
        ({"order_id": "A", "amount": "5"}, ('input.amount is "5", and must be a number',)),
        ({"order_id": "A", "amount": 0}, ("input.amount is 0, and must be more than 0",)),
        (
            {"order_id": "A", "amount": 1, "curency": "EUR"},
            ("input.curency is not known; did you mean currency?",),
        ),
        (
            {"order_id": "A", "amount": 1, "x": 1},
            ("input.x is not known; known are order_id, amount, currency, placed_at, email, customer, lines, note",),
        ),
        (
            {"order_id": "A", "amount": 1, "currency": "GBP"},
            ('input.currency is "GBP", and must be one of "EUR", "USD"',),
        ),
        (
            {"order_id": "A", "amount": 1, "placed_at": "now"},
            ('input.placed_at is "now", and must be a string in the form of a moment such as 2026-01-31T09:00:00Z',),
        ),
        (
            {"order_id": "A", "amount": 1, "email": "nobody"},
            ('input.email is "nobody", and must be a string in the form of an e-mail address',),
        ),
        (
            {"order_id": "A", "amount": 1, "lines": [{"sku": "a b"}, {}, 3]},
            (
                "input.lines has 3 items, and must have at most 2 items",
                'input.lines[0].sku is "a b", and must match the pattern ^[A-Z]+$',
                "input.lines[1].sku is missing; it must be a string",
                "input.lines[2] is 3, and must be an object",
            ),
        ),
        (
            {"order_id": "A", "amount": 1, "note": "too long"},
            ("input.note has 8 characters, and must have at most 5 characters",),
        ),
        ({"order_id": "A", "amount": 1, "note": 3}, ("input.note is 3, and must be a string or null",)),
        ([], ("input is [], and must be an object",)),
        (None, ("input is null, and must be an object",)),
    ],
)
def test_each_problem_is_one_sentence_with_place_value_and_what_would_be_right(
    value: Any, expected: tuple[str, ...]
) -> None:
    assert problems(value) == expected


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"minLength": 2}, "a", "input has 1 character, and must have at least 2 characters"),
        ({"minProperties": 1}, {}, "input has 0 properties, and must have at least 1 property"),
        ({"uniqueItems": True}, [1, 1], "input holds the same item twice, and every item must be different"),
        ({"multipleOf": 5}, 7, "input is 7, and must be a multiple of 5"),
        ({"maximum": 5}, 7, "input is 7, and must be at most 5"),
        ({"const": "x"}, "y", 'input is "y", and must be "x"'),
        ({"not": {"type": "null"}}, None, "input is null, which is ruled out"),
        ({"properties": {"a": False}}, {"a": 1}, "input holds 1, which is not allowed"),
        ({"contains": {"type": "string"}}, [1], "input must hold an item that is a string"),
        ({"type": ["string", "null"]}, 1, "input is 1, and must be a string or null"),
        ({"type": "string"}, "x" * 100, ""),
        ({"type": "integer"}, "x" * 100, f'input is "{"x" * 58}…, and must be a whole number'),
        (
            {"properties": {"two words": {"type": "null"}}},
            {"two words": 1},
            'input["two words"] is 1, and must be null',
        ),
        (
            {"oneOf": [{"type": "integer"}, {"minimum": 0}]},
            3,
            "input fits more than one of the forms of which it must fit exactly one",
        ),
        (
            {
                "oneOf": [
                    {"type": "string"},
                    {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
                ]
            },
            {},
            "input.id is missing; it must be a string",
        ),
        (
            {"additionalProperties": False, "patternProperties": {"^x-": {}}},
            {"x-a": 1, "b": 1},
            "input.b is not known; none is allowed here",
        ),
        ({"propertyNames": {"pattern": "^a"}}, {"b": 1}, 'input is "b", and must match the pattern ^a'),
        (
            {"dependentRequired": {"a": ["b"]}},
            {"a": 1},
            "input lacks a property that another one asks for: 'b' is a dependency of 'a'",
        ),
        (
            {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}]},
            [1],
            "input[0] is 1, and must be a string",
        ),
    ],
)
def test_other_keywords_are_put_in_words_too(schema: Any, value: Any, sentence: str) -> None:
    assert validate_value(schema, value, name="input") == ([sentence] if sentence else [])


def test_a_value_is_called_what_the_caller_calls_it() -> None:
    assert validate_value({"type": "string"}, 1) == ["value is 1, and must be a string"]
    assert validate_value({"required": ["ok"]}, {}, name="payload") == ["payload.ok is missing"]
    assert validate_value(True, 1) == []
    assert validate_value(False, 1) == ["value holds 1, which is not allowed"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"a": float("nan")}, "input.a: nan is not a JSON number; use null or a string"),
        ({"a": [2**64]}, "input.a[0]: the integer 18446744073709551616 does not fit in 64 bits; pass it as a string"),
        (float("inf"), "input: inf is not a JSON number; use null or a string"),
    ],
)
def test_what_json_cannot_hold_is_refused_with_its_place(value: Any, sentence: str) -> None:
    assert problems(value, None) == (sentence,)


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        (
            {"$ref": "http://example.com/other"},
            "value cannot be checked: its schema refers to 'http://example.com/other', which is nowhere in it",
        ),
        (
            {"$ref": "#/$defs/none"},
            "value cannot be checked: its schema refers to '/$defs/none', which is nowhere in it",
        ),
        ({"allOf": [{"$ref": "#"}]}, "value cannot be checked: its schema refers to itself without end"),
    ],
)
def test_a_schema_that_cannot_be_followed_fetches_nothing_and_says_so(schema: Any, sentence: str) -> None:
    assert validate_value(schema, 1) == [sentence]


def test_of_very_many_problems_only_the_first_are_told_and_soon() -> None:
    schema = {"properties": {f"name_{number}": {} for number in range(50)}, "additionalProperties": False}
    assert len(validate_value(schema, {f"nome_{number}": 1 for number in range(20_000)})) == 50


@pytest.mark.parametrize(
    ("form", "right", "wrong"),
    [
        ("date-time", ["2026-01-31T09:00:00Z", "2026-01-31t09:00:00.5+01:00", "2016-12-31T23:59:60Z"],
         ["2026-02-30T09:00:00Z", "2026-01-31T09:00:00", "2026-01-31 09:00:00Z", "2026-01-31T24:00:00Z"]),
        ("date", ["2026-01-31"], ["2026-02-30", "31.1.2026"]),
        ("time", ["09:00:00Z"], ["9:00", "25:00:00Z"]),
        ("duration", ["PT30M", "P1DT2H", "P2W"], ["30m", "P", "PT", "P1H"]),
        ("uri", ["https://example.com/a?b=c#d", "mailto:a@b.c"], ["example.com", "http://a b", "http://%zz"]),
        ("hostname", ["example.com", "localhost"], ["-a.com", "a..b", "a" * 64]),
        ("uuid", ["00000000-0000-7000-8000-000000000000"], ["none"]),
        ("ipv4", ["10.0.0.1"], ["10.0.0.256"]),
        ("no-such-format", ["anything"], []),
    ],
)  # fmt: skip
def test_formats_are_checked(form: str, right: list[str], wrong: list[str]) -> None:
    schema = {"type": "string", "format": form}
    assert [value for value in right if validate_value(schema, value)] == []
    assert [value for value in wrong if not validate_value(schema, value)] == []
    assert validate_value({"format": form}, 5) == []


@pytest.mark.parametrize("value", ["\x00", "\ud800", float("nan"), 2**70, ["\x00"]], ids=repr)
def test_a_value_that_cannot_be_stored_is_still_told_of(value: Any) -> None:
    assert len(validate_value({"type": "boolean"}, value)) == 1


objects = st.dictionaries(
    st.sampled_from(["order_id", "amount", "currency", "customer", "lines", "note"]),
    st.none()
    | st.integers(-5, 5)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3)
    | st.lists(st.dictionaries(st.sampled_from(["sku"]), st.sampled_from(["A", "b"])), max_size=3),
)


@given(objects)
@settings(max_examples=150, deadline=None)
def test_what_fits_once_its_defaults_are_there_is_prepared_and_nothing_else(value: dict[str, Any]) -> None:
    filled = with_defaults(ORDER, value)
    assert with_defaults(ORDER, filled) == filled
    assert set(value) <= set(filled)
    if validate_value(ORDER, filled):
        assert problems(value)
    else:
        assert prepare_input(ORDER, value) == filled
