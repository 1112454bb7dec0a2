"""Whether a schema is one: our rules for the common keywords say what the jsonschema library says."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kagzi_dsl.dsl.data_schema import TYPES, check_data_schema, follow


@pytest.mark.parametrize(
    ("schema", "path", "message", "hint"),
    [
        ({"type": "strnig"}, ("type",), "must be one of", "did you mean `string`?"),
        ({"type": "int"}, ("type",), "must be one of", "did you mean `integer`?"),
        ({"type": "any"}, ("type",), "must be one of", "leave `type` out to allow anything"),
        ({"type": ["string", "string"]}, ("type",), "without repetition", None),
        (
            {"properties": {"a": "number"}},
            ("properties", "a"),
            "a schema is an object",
            "did you mean `{type: number}`?",
        ),
        ({"properties": {"a": 5}}, ("properties", "a"), "and this is a number", None),
        ({"properties": []}, ("properties",), "must be an object of schemas by name", None),
        ({"items": [{"type": "string"}]}, ("items",), "a schema is an object or true or false", None),
        ({"required": True}, ("required",), "list of property names", "stands beside `properties`"),
        ({"required": ["a", "a"]}, ("required",), "without repetition", None),
        ({"anyOf": []}, ("anyOf",), "at least one schema", None),
        ({"allOf": [{}, {"minimum": "1"}]}, ("allOf", 1, "minimum"), "must be a number, not '1'", None),
        ({"minLength": -1}, ("minLength",), "a whole number from 0 up", None),
        ({"minLength": 1.5}, ("minLength",), "a whole number from 0 up", None),
        ({"multipleOf": 0}, ("multipleOf",), "a number above 0", None),
        ({"uniqueItems": 1}, ("uniqueItems",), "true or false, not 1", None),
        ({"enum": "a"}, ("enum",), "a list of values", None),
        ({"pattern": "("}, ("pattern",), "a regular expression", None),
        ({"patternProperties": {"(": {}}}, ("patternProperties", "("), "is not a regular expression", None),
        ({"dependentRequired": {"a": "b"}}, ("dependentRequired",), "lists of property names", None),
        ({"$ref": 5}, ("$ref",), "must be a text", None),
        ({"$ref": "#/$defs/x", "$defs": {"y": {}}}, ("$ref",), "leads nowhere", "there is `#/$defs/y`"),
        ({"$ref": "other.json"}, ("$ref",), "nothing is ever fetched", "under `$defs`"),
        ({"$ref": "#"}, ("$ref",), "leads back to itself", None),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, ("$ref",), "leads back to itself", None),
        ({"anyOf": [{"type": "string"}, {"$ref": "#"}]}, ("anyOf", 1, "$ref"), "leads back to itself", None),
        (
            {"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}},
            ("$defs", "a", "allOf", 0, "$ref"),
            "leads back to itself",
            None,
        ),
        ({"$id": 5}, ("$id",), "is not of type 'string'", None),
        ({"$schema": "http://json-schema.org/draft-07/schema#", "items": 5}, ("items",), "", None),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    schema: Any, path: tuple[str | int, ...], message: str, hint: str | None
) -> None:
    problem = check_data_schema(schema)[0]
    assert problem.path == path
    assert message in problem.message
    assert (problem.hint or "") == "" if hint is None else hint in (problem.hint or "")


@pytest.mark.parametrize(
    "schema",
    [
        {},
        True,
        {"type": ["string", "null"], "minLength": 2.0, "default": None, "examples": ["a"]},
        {"$ref": "#/$defs/a~1b", "$defs": {"a/b": True}},
        {"$ref": "#/prefixItems/0", "prefixItems": [{"type": "string"}]},
        {"properties": {"next": {"$ref": "#"}}},
        {
            "additionalProperties": {"$ref": "#"},
            "items": {"$ref": "#"},
            "anyOf": [{"required": ["a"]}, {"type": "null"}],
        },
        {"allOf": [{"$ref": "#/$defs/a"}, {"anyOf": [{"$ref": "#/$defs/a"}]}], "$defs": {"a": {"type": "object"}}},
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "const": {"type": "nonsense"}},
        {"$schema": "http://json-schema.org/draft-07/schema#", "items": [{"type": "string"}]},
        {"x-internal": {"type": 5}},
        {"$anchor": "a", "$ref": "#a"},
    ],
)
def test_what_is_right_passes(schema: Any) -> None:
    assert check_data_schema(schema) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from([1.5, 2.0, "a", "(", *TYPES, "strin"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "type", "minimum"]), inner, max_size=2)
    ),
    max_leaves=4,
)
schemas = st.recursive(
    st.dictionaries(
        st.sampled_from(
            (
                *("type", "minimum", "minLength", "multipleOf", "uniqueItems", "required", "enum", "const", "title"),
                *("dependentRequired", "default", "examples", "properties", "items", "anyOf", "$defs", "format"),
            )
        ),
        values,
        max_size=3,
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2)}),
        st.fixed_dictionaries({"items": inner}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, max_size=2)}),
    ),
    max_leaves=3,
)


@given(schemas)
@settings(max_examples=300, deadline=None)
def test_the_rules_agree_with_the_library(schema: dict[str, Any]) -> None:
    library = Draft202012Validator(Draft202012Validator.META_SCHEMA).is_valid(schema)
    assert (check_data_schema(schema) == []) == library


def test_common_schemas_are_checked_without_loading_the_library() -> None:
    code = (
        "import sys; from kagzi_dsl.dsl.data_schema import check_data_schema;"
        "check_data_schema({'required': ['a'], 'properties': {'a': {'type': 'strin', 'format': 'date'}}});"
        "print('jsonschema' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_reference_is_followed_through_others() -> None:
    root = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"type": "string"}}}
    assert follow({"$ref": "#/$defs/a"}, root) == {"type": "string"}
    assert follow({"$ref": "#/$defs/none"}, root) is True
    assert follow({"$ref": "#"}, {"$ref": "#"}) is True
