"""JSON Schemas read as static types, field by field when somebody asks, for a schema may refer to itself.

Only keywords that say which values there are count; those that narrow further (`minimum`, `if`, `not`, …) are left out,
so that a type is never smaller than what the schema lets through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from kagzi_dsl.dsl.data_schema import follow
from kagzi_dsl.dsl.types import ANY, KINDS, NEVER, Kind, Type, anything, kind_of, of_value, one_of, union
from kagzi_dsl.payload import Json

_DEEPEST_FORM = 4
_HIDING = ("patternProperties", "if", "then", "else", "dependentSchemas", "unevaluatedProperties", "$dynamicRef", "not")
"""Keywords beside which a property that `properties` does not list is no surprise."""


def of_schema(schema: Json) -> Type:
    """The values that a JSON Schema lets through, or more."""
    return _read(_Source(schema, filled=False), schema, 0)


def of_input(schema: Json) -> Type:
    """As `of_schema`, for a value whose missing properties are filled in from their `default`s."""
    return _read(_Source(schema, filled=True), schema, 0)


class _Source(NamedTuple):
    """The schema that references lead into, and whether defaults are filled in."""

    root: Json
    filled: bool


def _read(source: _Source, schema: Json, depth: int) -> Type:
    schema = follow(schema, source.root)
    if schema is False:
        return NEVER
    if not isinstance(schema, Mapping) or depth > _DEEPEST_FORM:
        return ANY
    found = _listed_values(schema)
    if found is None:
        found = _own(source, schema)
    for form in _forms(source, schema, depth):
        found = _both(found, form)
    return found


def _forms(source: _Source, schema: Mapping[str, Any], depth: int) -> Iterator[Type]:
    for keyword in ("anyOf", "oneOf"):
        forms = schema.get(keyword)
        if isinstance(forms, list) and forms:
            # Defaults inside a form are not filled in: nobody can tell which form holds.
            yield union([_read(source._replace(filled=False), form, depth + 1) for form in forms])
    parts = schema.get("allOf")
    if isinstance(parts, list):
        yield from (_read(source, part, depth + 1) for part in parts)


def _listed_values(schema: Mapping[str, Any]) -> Type | None:
    if "const" in schema:
        return of_value(schema["const"])
    values = schema.get("enum")
    if not isinstance(values, list):
        return None
    if any(isinstance(value, list | dict) for value in values):
        return union([of_value(value) for value in values])
    return one_of(values)


def _own(source: _Source, schema: Mapping[str, Any]) -> Type:
    """What `type` and the keywords about properties and items say."""
    found = Type(_kinds(schema.get("type")))
    if "object" in found.kinds:
        found = _with_fields(found, source, schema)
    if "array" in found.kinds and "items" in schema and "prefixItems" not in schema:
        items = schema["items"]
        found = replace(found, items=lambda: _read(source, items, 0))
    return found if found.fields is not None or found.items is not None or found.kinds != ANY.kinds else ANY


_KINDS: Mapping[str, Kind] = {**{kind: kind for kind in KINDS}, "integer": "number"}


def _kinds(said: Json) -> frozenset[Kind]:
    names = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    kinds = frozenset(_KINDS[name] for name in names if isinstance(name, str) and name in _KINDS)
    return kinds or ANY.kinds


def _with_fields(found: Type, source: _Source, schema: Mapping[str, Any]) -> Type:
    properties = schema.get("properties")
    others = schema.get("additionalProperties")
    if not isinstance(properties, Mapping):
        properties = {}
    if not properties and others is None:
        return found
    hidden = any(keyword in schema for keyword in _HIDING)

    def rest() -> Type:
        return _read(source, others, 0) if isinstance(others, Mapping) and not hidden else ANY

    return replace(
        found,
        fields=_Fields(source, properties),
        rest=None if others is False and "patternProperties" not in schema else rest,
        needed=_needed(source, schema, properties),
        listed=others is None and not hidden,
    )


def _needed(source: _Source, schema: Mapping[str, Any], properties: Mapping[str, Any]) -> frozenset[str]:
    required = schema.get("required")
    names = {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    if source.filled:
        names |= {name for name, inner in properties.items() if _has_default(inner, source.root)}
    return frozenset(names)


def _has_default(schema: Json, root: Json) -> bool:
    if isinstance(schema, Mapping) and "default" in schema:
        return True
    target = follow(schema, root)
    return isinstance(target, Mapping) and "default" in target


class _Fields(Mapping[str, Type]):
    """The types of an object's properties, read when they are asked for."""

    __slots__ = ("_properties", "_read", "_source")

    def __init__(self, source: _Source, properties: Mapping[str, Any]) -> None:
        self._source = source
        self._properties = properties
        self._read: dict[str, Type] = {}

    def __getitem__(self, name: str) -> Type:
        if name not in self._read:
            self._read[name] = _read(self._source, self._properties[name], 0)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._properties)

    def __len__(self) -> int:
        return len(self._properties)


class _Joined(Mapping[str, Type]):
    """The fields of an object that is described twice."""

    __slots__ = ("_one", "_other")

    def __init__(self, one: Mapping[str, Type], other: Mapping[str, Type]) -> None:
        self._one = one
        self._other = other

    def __getitem__(self, name: str) -> Type:
        if name not in self._one:
            return self._other[name]
        return _both(self._one[name], self._other[name]) if name in self._other else self._one[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._one, *self._other]))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _both(one: Type, other: Type) -> Type:
    """The values that are of both types, or more."""
    if one is ANY or other is ANY:
        return other if one is ANY else one
    kinds = one.kinds & other.kinds
    values = one.values if one.values is not None else other.values
    if values is not None:
        values = tuple(value for value in values if kind_of(value) in kinds)
    items = one.items or other.items
    joined = Type(kinds, values=values, items=items, elements=one.elements or other.elements)
    if "object" not in kinds or (one.fields is None and other.fields is None):
        return joined
    return _both_objects(joined, one, other)


def _both_objects(joined: Type, one: Type, other: Type) -> Type:
    described = [part for part in (one, other) if part.fields is not None]
    closed = any(part.rest is None for part in described)
    return replace(
        joined,
        fields=_Joined(one.fields or {}, other.fields or {}),
        rest=None if closed else anything,
        needed=one.needed | other.needed,
        listed=all(part.listed for part in described),
    )
