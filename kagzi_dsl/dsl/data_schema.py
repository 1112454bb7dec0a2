"""The JSON Schemas that an author writes for data: a run's `input`, its output, the payload of a signal.

A schema is checked each time its document is, and the jsonschema library takes a tenth of a second to load. So the
rules here decide on their own about every common keyword of JSON Schema 2020-12, and the library is asked only where a
schema uses more than that (another draft, `$id`, `$dynamicRef`, a keyword of somebody's own). A test holds the two
together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from kagzi_dsl.dsl.diagnostic import Pointer
from kagzi_dsl.dsl.nearest import nearest
from kagzi_dsl.payload import Json

DataSchema: TypeAlias = Mapping[str, Any] | bool
"""A JSON Schema: an object of keywords, or true (anything) or false (nothing)."""

TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEEPEST_REFERENCE = 32


class SchemaProblem(NamedTuple):
    """Why a schema is not one: the place inside it, what is wrong there, and what would be right."""

    path: Pointer
    message: str
    hint: str | None = None


def check_data_schema(schema: Json) -> list[SchemaProblem]:
    """What is wrong with a schema, in document order; nothing when it can be used."""
    if isinstance(schema, dict) and _is_of_another_draft(schema.get("$schema", DIALECT)):
        return _ask_library(schema)
    findings = list(_check(schema, (), schema))
    problems = [finding for finding in findings if isinstance(finding, SchemaProblem)]
    return problems if problems or not findings else _ask_library(schema)


def _is_of_another_draft(dialect: Json) -> bool:
    return isinstance(dialect, str) and dialect.rstrip("#") != DIALECT


def follow(schema: Json, root: Json) -> Json:
    """`schema` itself, or what its `$ref` into `root` leads to; True (anything) where that cannot be made out."""
    for _ in range(_DEEPEST_REFERENCE):
        if not isinstance(schema, Mapping):
            return True if schema is None else schema
        if "$ref" not in schema:
            return schema
        schema = _target(schema["$ref"], root)
    return True


def _target(reference: Json, root: Json) -> Json:
    """What a reference such as `#/$defs/address` points at (RFC 6901); None, which is no schema, when it is nothing."""
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        return None
    here = root
    for part in reference.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping) and key in here:
            here = here[key]
        elif isinstance(here, list) and key.isdecimal() and int(key) < len(here):
            here = here[int(key)]
        else:
            return None
    return here


class _Doubt:
    """A keyword only the library can judge."""


_DOUBT = _Doubt()
_Finding: TypeAlias = "SchemaProblem | _Doubt"


def _check(schema: Json, path: Pointer, root: Json) -> Iterator[_Finding]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        yield SchemaProblem(
            path, f"a schema is an object or true or false, and this is {_named(schema)}", _shorthand(schema)
        )
        return
    for keyword, value in schema.items():
        yield from _check_keyword(keyword, value, (*path, keyword), root)


def _check_keyword(keyword: str, value: Json, path: Pointer, root: Json) -> Iterator[_Finding]:
    if keyword == "$ref":
        yield from _check_reference(value, path, root)
    elif keyword in _VALUES:
        fits, wanted = _VALUES[keyword]
        if not fits(value):
            yield SchemaProblem(path, f"`{keyword}` must be {wanted}, not {_shown(value)}", _nearest(keyword, value))
    elif keyword in _ONE_SCHEMA:
        yield from _check(value, path, root)
    elif keyword in _MAP_OF_SCHEMAS:
        yield from _check_map(keyword, value, path, root)
    elif keyword in _LIST_OF_SCHEMAS:
        yield from _check_list(keyword, value, path, root)
    else:
        yield _DOUBT


def _check_map(keyword: str, value: Json, path: Pointer, root: Json) -> Iterator[_Finding]:
    if not isinstance(value, dict):
        yield SchemaProblem(path, f"`{keyword}` must be an object of schemas by name, not {_named(value)}")
        return
    for name, inner in value.items():
        if keyword == "patternProperties" and not _is_pattern(name):
            yield SchemaProblem((*path, name), f"{name!r} is not a regular expression")
        yield from _check(inner, (*path, name), root)


def _check_list(keyword: str, value: Json, path: Pointer, root: Json) -> Iterator[_Finding]:
    if not isinstance(value, list) or not value:
        yield SchemaProblem(path, f"`{keyword}` must be a list of at least one schema, not {_named(value)}")
        return
    for index, inner in enumerate(value):
        yield from _check(inner, (*path, index), root)


def _check_reference(value: Json, path: Pointer, root: Json) -> Iterator[_Finding]:
    if not isinstance(value, str):
        yield SchemaProblem(path, f"`$ref` must be a text such as '#/$defs/address', not {_named(value)}")
    elif not value.startswith("#"):
        yield SchemaProblem(
            path,
            f"`$ref: {value}` leads out of this schema, and nothing is ever fetched",
            "put the schema under `$defs` here and write `#/$defs/<name>`",
        )
    elif value != "#" and not value.startswith("#/"):
        yield _DOUBT
    elif _target(value, root) is None:
        yield SchemaProblem(path, f"`$ref: {value}` leads nowhere", _known_definitions(root))
    elif _turns_in_circles(value, root):
        yield SchemaProblem(path, f"`$ref: {value}` leads back to itself")


def _turns_in_circles(reference: str, root: Json) -> bool:
    """Whether a value would have to be checked against what `reference` means before it can be checked against it."""
    target = _target(reference, root)
    seen, left = set[int](), [target]
    while left:
        for schema in _of_the_same_value(left.pop(), root):
            if schema is target:
                return True
            if id(schema) not in seen:
                seen.add(id(schema))
                left.append(schema)
    return False


def _of_the_same_value(schema: Json, root: Json) -> Iterator[dict[str, Any]]:
    """The schemas that a value is checked against as a whole when it is checked against `schema`."""
    if not isinstance(schema, dict):
        return
    inner = [_target(schema.get("$ref"), root), *(schema.get(keyword) for keyword in ("not", "if", "then", "else"))]
    for keyword in ("allOf", "anyOf", "oneOf"):
        forms = schema.get(keyword)
        inner += forms if isinstance(forms, list) else []
    dependent = schema.get("dependentSchemas")
    inner += dependent.values() if isinstance(dependent, dict) else []
    yield from (one for one in inner if isinstance(one, dict))


def _known_definitions(root: Json) -> str | None:
    definitions = root.get("$defs") if isinstance(root, dict) else None
    if not isinstance(definitions, dict) or not definitions:
        return None
    return "there is " + ", ".join(f"`#/$defs/{name}`" for name in definitions)


def _ask_library(schema: Json) -> list[SchemaProblem]:
    from jsonschema.exceptions import best_match  # takes a tenth of a second: only for the rare schema
    from jsonschema.validators import Draft202012Validator, validator_for

    draft = validator_for(schema, default=Draft202012Validator)
    checker = draft(draft.META_SCHEMA, format_checker=draft.FORMAT_CHECKER)
    found: dict[Pointer, str] = {}
    for error in checker.iter_errors(schema):
        worst = best_match([error]) or error
        found.setdefault(tuple(worst.absolute_path), worst.message)
    return [SchemaProblem(path, message) for path, message in found.items()]


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


def _is_anything(value: Json) -> bool:
    return True


def _is_bool(value: Json) -> bool:
    return isinstance(value, bool)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_positive(value: Json) -> bool:
    return _is_number(value) and value > 0


def _is_count(value: Json) -> bool:
    # JSON Schema calls 2.0 an integer too (Core §4.2.3).
    return _is_number(value) and value >= 0 and (isinstance(value, int) or value.is_integer())


def _is_list(value: Json) -> bool:
    return isinstance(value, list)


def _is_pattern(value: Json) -> bool:
    try:
        re.compile(value)
    except (re.error, TypeError, RecursionError, OverflowError):
        return False
    return True


def _is_type(value: Json) -> bool:
    if isinstance(value, str):
        return value in TYPES
    return isinstance(value, list) and bool(value) and _are_names(value) and all(name in TYPES for name in value)


def _are_names(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)


def _are_dependencies(value: Json) -> bool:
    return isinstance(value, dict) and all(_are_names(names) for names in value.values())


_Rule: TypeAlias = tuple[Callable[[Json], bool], str]
_TEXT: _Rule = (_is_text, "a text")
_BOOL: _Rule = (_is_bool, "true or false")
_NUMBER: _Rule = (_is_number, "a number")
_COUNT: _Rule = (_is_count, "a whole number from 0 up")
_VALUES: Mapping[str, _Rule] = {
    **dict.fromkeys(
        ("title", "description", "$comment", "$schema", "format", "contentEncoding", "contentMediaType"), _TEXT
    ),
    **dict.fromkeys(("default", "const"), (_is_anything, "anything")),
    **dict.fromkeys(("enum", "examples"), (_is_list, "a list of values")),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "uniqueItems"), _BOOL),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _NUMBER),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"), _COUNT),
    **dict.fromkeys(("minProperties", "maxProperties"), _COUNT),
    "multipleOf": (_is_positive, "a number above 0"),
    "pattern": (_is_pattern, "a regular expression"),
    "type": (_is_type, f"one of {', '.join(TYPES)}, or a list of those without repetition"),
    "required": (_are_names, "a list of property names without repetition"),
    "dependentRequired": (_are_dependencies, "an object of lists of property names"),
}
_ONE_SCHEMA = frozenset(
    {"items", "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else", "contentSchema"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
_MAP_OF_SCHEMAS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_LIST_OF_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})

_SHORT_NAMES = {
    "str": "string", "text": "string", "int": "integer", "float": "number", "double": "number", "decimal": "number",
    "bool": "boolean", "list": "array", "dict": "object", "map": "object", "none": "null", "any": "",
}  # fmt: skip


def _nearest(keyword: str, value: Json) -> str | None:
    """What a mistaken `type` or `required` must have meant."""
    if keyword == "required" and isinstance(value, bool):
        return (
            "`required` stands beside `properties` and lists the names that must be there, as in `required: [order_id]`"
        )
    if keyword != "type" or not isinstance(value, str):
        return None
    if value.lower() == "any":
        return "leave `type` out to allow anything"
    meant = _SHORT_NAMES.get(value.lower()) or nearest(value.lower(), TYPES)
    return f"did you mean `{meant}`?" if meant else None


def _shorthand(schema: Json) -> str | None:
    """For `amount: number`, where a schema was meant."""
    if not isinstance(schema, str):
        return None
    meant = schema if schema in TYPES else _SHORT_NAMES.get(schema.lower())
    return f"did you mean `{{type: {meant}}}`?" if meant else None


def _named(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list():
            return "a list" if value else "an empty list"
        case _:
            return "an object"


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, str | int | float) and len(str(value)) <= 40 else _named(value)
