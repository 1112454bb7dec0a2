"""A run's input: what the command line's assignments mean, defaults filled in, checked against the input schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, NoReturn

from kagzi_dsl import payload
from kagzi_dsl.dsl.conformance import place_of, validate_value
from kagzi_dsl.dsl.data_schema import TYPES, DataSchema, follow
from kagzi_dsl.errors import InputError, PayloadError
from kagzi_dsl.payload import Json

__all__ = ["prepare_input", "typed_assignments", "validate_value", "with_defaults"]

_DEEPEST_DEFAULT = 32


def prepare_input(schema: DataSchema | None, value: Json) -> Json:
    """The input a run starts with: `value`, the schema's defaults filled in; `value` itself is left as it was.

    Raises InputError with a sentence for every way in which it does not fit, or cannot be stored as JSON.
    """
    try:
        payload.check(value)
    except PayloadError as error:
        raise InputError([f"{_place_in_input(error.place)}: {error.reason}"]) from error
    if schema is None:
        return value
    filled = with_defaults(schema, value)
    problems = validate_value(schema, filled, name="input")
    if problems:
        raise InputError(problems)
    return filled


def _place_in_input(pointer: str) -> str:
    """A JSON Pointer (RFC 6901) into the input as the other sentences write places."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/") if part]
    return place_of("input", [int(part) if part.isdecimal() else part for part in parts])


def with_defaults(schema: DataSchema, value: Json) -> Json:
    """`value` with every property that is missing and has a `default` in `schema`, at any depth.

    Followed are `properties`, `additionalProperties`, `items`, `prefixItems`, `allOf` and `$ref` into the schema; not
    the forms of `anyOf`, `oneOf` and `if`, of which nobody can tell yet which one holds.
    """
    return _filled(schema, value, schema, 0)


def _filled(schema: Json, value: Json, root: Json, depth: int) -> Json:
    """`depth` counts defaults inside defaults, so that a schema whose default asks for itself comes to an end."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST_DEFAULT:
        return value
    if "$ref" in schema:
        value = _filled(follow(schema, root), value, root, depth)
    for part in schema.get("allOf", ()):
        value = _filled(part, value, root, depth)
    if isinstance(value, dict):
        return _filled_object(schema, value, root, depth)
    if isinstance(value, list):
        return [_filled(_item_schema(schema, index), item, root, depth) for index, item in enumerate(value)]
    return value


def _filled_object(schema: Mapping[str, Any], value: dict[str, Any], root: Json, depth: int) -> dict[str, Any]:
    properties = schema.get("properties", {})
    others = schema.get("additionalProperties")
    filled = {key: _filled(properties.get(key, others), inner, root, depth) for key, inner in value.items()}
    for name, inner in properties.items():
        if name not in filled and (default := _default(inner, root)) is not _NONE:
            filled[name] = _filled(inner, deepcopy(default), root, depth + 1)
    return filled


_NONE = object()


def _default(schema: Json, root: Json) -> Json:
    if isinstance(schema, Mapping) and "default" in schema:
        return schema["default"]
    target = follow(schema, root)
    return target.get("default", _NONE) if isinstance(target, Mapping) else _NONE


def _item_schema(schema: Mapping[str, Any], index: int) -> Json:
    first = schema.get("prefixItems", [])
    return first[index] if index < len(first) else schema.get("items")


_ASSIGNMENT = re.compile(r"(?P<key>[^=]*?)(?P<json>:?)=(?P<value>.*)", re.DOTALL)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def typed_assignments(schema: DataSchema | None, pairs: Sequence[str]) -> dict[str, Any]:
    """The object that `key=value` and `key:=json` pairs write, dots in a key leading into nested objects.

    A `value` takes the type its schema asks for; where that allows a string, or nothing is known of the key, it stays a
    string, and so does one that is not of its type (`prepare_input` will say so). Raises InputError for a pair that is
    malformed or contradicts another one.
    """
    root: DataSchema = True if schema is None else schema
    result: dict[str, Any] = {}
    problems: list[str] = []
    for pair in pairs:
        try:
            keys, value = _assignment(pair, root)
            _put(result, keys, value)
        except _Malformed as problem:
            problems.append(str(problem))
    if problems:
        raise InputError(problems)
    return result


class _Malformed(Exception):
    pass


def _assignment(pair: str, root: DataSchema) -> tuple[list[str], Json]:
    match = _ASSIGNMENT.fullmatch(pair)
    if match is None:
        raise _Malformed(f"{pair!r} has no `=`; write {pair or 'key'}=value, or {pair or 'key'}:=json")
    key, text = match["key"].strip(), match["value"]
    keys = [key] if key in _properties(root, root) else key.split(".")
    if not all(keys):
        raise _Malformed(
            f"{pair!r} has no name before the `=`" if not key else f"{key!r} has an empty name between dots"
        )
    if match["json"]:
        return keys, _json(text, key)
    return keys, _typed(text, _schema_of(keys, root), root)


def _put(result: dict[str, Any], keys: list[str], value: Json) -> None:
    here = result
    for index, key in enumerate(keys[:-1]):
        here = here.setdefault(key, {})
        if not isinstance(here, dict):
            before = ".".join(keys[: index + 1])
            raise _Malformed(f"{'.'.join(keys)} cannot be set, because {before} is given as a value of its own")
    if keys[-1] in here:
        raise _Malformed(f"{'.'.join(keys)} is given twice")
    here[keys[-1]] = value


def _json(text: str, key: str) -> Json:
    import json  # orjson would round integers beyond 64 bits where `prepare_input` is to refuse them

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        hint = f"; for a text write {key}={text}, or {key}:='\"…\"'" if re.match(r"\s*[A-Za-z_]", text) else ""
        raise _Malformed(f"the value of {key}:= is not JSON ({error}){hint}") from error


def _typed(text: str, schema: Json, root: Json) -> Json:
    """`text` as the first of the schema's types it can be read as; a string where that is allowed."""
    types = _types(schema, root)
    if types is None or "string" in types:
        return text
    for name in types:
        value = _read_as(name, text)
        if value is not _NONE:
            return value
    return text


def _read_as(name: str, text: str) -> Json:
    match name, text.strip():
        case "null", "null":
            return None
        case "boolean", ("true" | "false") as word:
            return word == "true"
        case (("integer" | "number"), number) if _NUMBER.fullmatch(number):
            return _number(number)
        case (("array" | "object"), json_text) if json_text[:1] == ("[" if name == "array" else "{"):
            return _json_or_none(json_text)
        case _:
            return _NONE


def _number(text: str) -> Json:
    try:
        return int(text) if _is_whole(text) else float(text)
    except ValueError:  # Python reads no integer of more than 4,300 digits
        return _NONE


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdecimal()


def _json_or_none(text: str) -> Json:
    try:
        return _json(text, "")
    except _Malformed:
        return _NONE


def _schema_of(keys: Sequence[str], root: Json) -> Json:
    """The schema of the value at a path of property names; True where nothing is known of it."""
    schema = root
    for key in keys:
        properties = _properties(schema, root)
        schema = properties[key] if key in properties else _other(schema, root)
    return schema


def _properties(schema: Json, root: Json) -> dict[str, Any]:
    """The properties of an object schema, those of its `allOf` too."""
    found: dict[str, Any] = {}
    for part in _parts(schema, root, "allOf"):
        found = {**part.get("properties", {}), **found}
    return found


def _other(schema: Json, root: Json) -> Json:
    target = follow(schema, root)
    return target.get("additionalProperties", True) if isinstance(target, Mapping) else True


def _parts(schema: Json, root: Json, *keywords: str) -> Iterator[Mapping[str, Any]]:
    """A schema and the ones it is put together from under `keywords`, references followed."""
    stack, seen = [schema], set[int]()
    while stack:
        target = follow(stack.pop(), root)
        if isinstance(target, Mapping) and id(target) not in seen:
            seen.add(id(target))
            yield target
            for keyword in keywords:
                stack.extend(reversed(target.get(keyword, [])))


def _types(schema: Json, root: Json) -> list[str] | None:
    """The types a schema names, of `anyOf`, `oneOf`, `allOf`, `enum` and `const` too; None when it names none."""
    names: list[str] = []
    for part in _parts(schema, root, "anyOf", "oneOf", "allOf"):
        said = part.get("type", [])
        names += [said] if isinstance(said, str) else said
        values = part.get("enum", [part["const"]] if "const" in part else [])
        names += [_type_of(value) for value in values if "type" not in part]
    # One order whatever order the author named them in: `true`, `1`, `null`, `[1]` each fit one kind of type alone.
    return sorted(set(names), key=TYPES.index) or None


def _type_of(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int():
            return "integer"
        case float():
            return "number"
        case list():
            return "array"
        case _:
            return "object"
