"""What `key=value` and `key:=json` mean."""

from __future__ import annotations

from typing import Any

import pytest

from kagzi_dsl.dsl.input import prepare_input, typed_assignments
from kagzi_dsl.errors import InputError

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "count": {"type": "integer"},
        "amount": {"type": "number"},
        "fast": {"type": "boolean"},
        "tags": {"type": "array"},
        "extra": {"type": "object"},
        "nothing": {"type": "null"},
        "maybe": {"type": ["integer", "null"]},
        "either": {"type": ["string", "integer"]},
        "level": {"enum": [1, 2, "high"]},
        "rank": {"enum": [1, 2]},
        "forms": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
        "customer": {"$ref": "#/$defs/customer"},
        "labels": {"type": "object", "additionalProperties": {"type": "integer"}},
        "dotted.key": {"type": "integer"},
        "free": {},
    },
    "allOf": [{"properties": {"inherited": {"type": "integer"}}}],
    "$defs": {"customer": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}},
}


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ("name=Ada", {"name": "Ada"}),
        ("name=5", {"name": "5"}),
        ("name=", {"name": ""}),
        ("name=a=b:=c", {"name": "a=b:=c"}),
        ("count=42", {"count": 42}),
        ("count=-7", {"count": -7}),
        ("count=0042", {"count": "0042"}),
        ("count=many", {"count": "many"}),
        ("amount=42.5", {"amount": 42.5}),
        ("amount=1e3", {"amount": 1000.0}),
        ("amount=42", {"amount": 42}),
        ("amount=NaN", {"amount": "NaN"}),
        ("count=" + "9" * 5000, {"count": "9" * 5000}),
        ("fast=true", {"fast": True}),
        ("fast=false", {"fast": False}),
        ("fast=yes", {"fast": "yes"}),
        ('tags=["a", 1]', {"tags": ["a", 1]}),
        ("tags=a,b", {"tags": "a,b"}),
        ("tags={}", {"tags": "{}"}),
        ('extra={"a": {"b": null}}', {"extra": {"a": {"b": None}}}),
        ("extra={broken", {"extra": "{broken"}),
        ("nothing=null", {"nothing": None}),
        ("maybe=null", {"maybe": None}),
        ("maybe=3", {"maybe": 3}),
        ("either=3", {"either": "3"}),
        ("level=1", {"level": "1"}),
        ("rank=1", {"rank": 1}),
        ("forms=true", {"forms": True}),
        ("forms=3", {"forms": 3}),
        ("customer.name=Ada", {"customer": {"name": "Ada"}}),
        ("customer.age=36", {"customer": {"age": 36}}),
        ("customer.other=36", {"customer": {"other": "36"}}),
        ("labels.a=1", {"labels": {"a": 1}}),
        ("dotted.key=5", {"dotted.key": 5}),
        ("inherited=5", {"inherited": 5}),
        ("free=5", {"free": "5"}),
        ("unknown=5", {"unknown": "5"}),
        ("deep.er.still=5", {"deep": {"er": {"still": "5"}}}),
        ("name:=5", {"name": 5}),
        ("unknown:=[1, {\"a\": true}]", {"unknown": [1, {"a": True}]}),
        ("customer.age:=null", {"customer": {"age": None}}),
        ("big:=99999999999999999999", {"big": 99999999999999999999}),
    ],
)  # fmt: skip
def test_a_value_takes_the_type_its_schema_asks_for(pair: str, expected: dict[str, Any]) -> None:
    assert typed_assignments(SCHEMA, [pair]) == expected


def test_several_pairs_make_one_object() -> None:
    pairs = ["customer.name=Ada", "customer.age=36", "name=x"]
    assert typed_assignments(SCHEMA, pairs) == {"customer": {"name": "Ada", "age": 36}, "name": "x"}


def test_without_a_schema_every_value_is_a_string() -> None:
    assert typed_assignments(None, ["a=1", "b=true", "c:=1"]) == {"a": "1", "b": "true", "c": 1}
    assert typed_assignments(True, ["a=1"]) == {"a": "1"}
    assert typed_assignments(None, []) == {}


@pytest.mark.parametrize(
    ("pairs", "problem"),
    [
        (["amount"], "'amount' has no `=`; write amount=value, or amount:=json"),
        (["=5"], "'=5' has no name before the `=`"),
        ([":=5"], "':=5' has no name before the `=`"),
        (["a..b=5"], "'a..b' has an empty name between dots"),
        ([".a=5"], "'.a' has an empty name between dots"),
        (["a=1", "a=2"], "a is given twice"),
        (["a=1", "a.b=2"], "a.b cannot be set, because a is given as a value of its own"),
        (["a.b=1", "a=2"], "a is given twice"),
    ],
)
def test_a_pair_that_makes_no_sense_is_told(pairs: list[str], problem: str) -> None:
    with pytest.raises(InputError) as caught:
        typed_assignments(None, pairs)
    assert caught.value.problems == (problem,)


@pytest.mark.parametrize("text", ["Ada", "{", "NaN", "", "'a'", "[" * 100_000])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not JSON"):
        typed_assignments(None, [f"a:={text}"])


def test_a_text_after_the_json_sign_is_shown_how_to_be_written() -> None:
    with pytest.raises(InputError, match="for a text write a=Ada"):
        typed_assignments(None, ["a:=Ada"])


def test_every_malformed_pair_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        typed_assignments(None, ["a", "b=1", "c:=x"])
    assert len(caught.value.problems) == 2


def test_a_value_that_is_not_of_its_type_is_left_for_the_check_of_the_input() -> None:
    with pytest.raises(InputError) as caught:
        prepare_input(SCHEMA, typed_assignments(SCHEMA, ["count=many", "fast=yes"]))
    assert caught.value.problems == (
        'input.count is "many", and must be a whole number',
        'input.fast is "yes", and must be true or false',
    )


def test_a_schema_that_turns_in_circles_ends_the_search_for_types() -> None:
    circle: dict[str, Any] = {"properties": {"a": {"anyOf": [{"$ref": "#/properties/a"}, {"type": "integer"}]}}}
    assert typed_assignments(circle, ["a=5"]) == {"a": 5}
