"""Static types of values: what is certain about a value before the run, and nothing more.

A `Type` is a set of JSON values, always a superset of what can really occur: where something is not known, it is
larger. So a mistake is reported only where the set holds no value that would be right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from kagzi_dsl.payload import Json

Kind: TypeAlias = Literal["null", "boolean", "number", "string", "array", "object"]

KINDS: tuple[Kind, ...] = ("null", "boolean", "number", "string", "array", "object")
_NAMED: Mapping[str, str] = {
    "null": "null", "boolean": "a boolean", "number": "a number", "string": "a string", "array": "an array",
    "object": "an object",
}  # fmt: skip
_MOST_VALUES = 64


@dataclass(frozen=True, slots=True, eq=False)
class Type:
    """A set of JSON values.

    `values`, where it is known, holds every value there can be. Of an object `fields` are the known fields and `rest`
    gives the type of the others, None where there are none; `needed` are the fields that are certainly there, and
    `listed` says that whoever described it meant to name them all. Of a list `items` gives the type of an element, and
    `elements`, where the list is known one by one, the type of each. `rest` and `items` are functions, for a type may
    hold itself.
    """

    kinds: frozenset[Kind]
    values: tuple[Json, ...] | None = None
    fields: Mapping[str, Type] | None = None
    rest: Callable[[], Type] | None = None
    needed: frozenset[str] = frozenset()
    listed: bool = True
    items: Callable[[], Type] | None = None
    elements: tuple[Type, ...] | None = None

    @property
    def closed(self) -> bool:
        """Whether this is an object, and every field it can have is known."""
        return self.kinds == _OBJECT and self.fields is not None and self.rest is None

    @property
    def nullable(self) -> bool:
        return "null" in self.kinds

    def may_be(self, kind: Kind) -> bool:
        return kind in self.kinds

    def field(self, name: str) -> Type:
        """What reading the field `name` gives; null where there is no such field, as JMESPath has it."""
        if "object" not in self.kinds:
            return NULL
        if self.fields is not None and name in self.fields:
            found = self.fields[name]
            certain = self.kinds == _OBJECT and name in self.needed
            return found if certain else or_null(found)
        return or_null(self.rest()) if self.rest is not None else (ANY if self.fields is None else NULL)

    def element(self) -> Type:
        """The type of a list's elements; nothing at all where it cannot be a list."""
        if "array" not in self.kinds:
            return NEVER
        if self.elements is not None:
            return union(self.elements)
        return self.items() if self.items is not None else ANY

    def member(self) -> Type:
        """The type of the values of an object's fields."""
        if "object" not in self.kinds:
            return NEVER
        if self.fields is None:
            return ANY
        return union([*self.fields.values(), *([self.rest()] if self.rest is not None else [])])

    def __str__(self) -> str:
        """As a message says it: `a number`, `a string or null`."""
        if self.kinds == _ALL:
            return "anything"
        return " or ".join(_NAMED[kind] for kind in reversed(KINDS) if kind in self.kinds) or "nothing"


_ALL: frozenset[Kind] = frozenset(KINDS)
_OBJECT: frozenset[Kind] = frozenset({"object"})

ANY = Type(_ALL)
NEVER = Type(frozenset())
NULL = Type(frozenset({"null"}), values=(None,))
BOOLEAN = Type(frozenset({"boolean"}))
NUMBER = Type(frozenset({"number"}))
STRING = Type(frozenset({"string"}))
ARRAY = Type(frozenset({"array"}))
OBJECT = Type(_OBJECT)


def anything() -> Type:
    """Any value: what the other fields of an object may hold where nothing is said of them."""
    return ANY


def list_of(item: Type) -> Type:
    """A list of any length with elements of one type."""
    return Type(frozenset({"array"}), items=lambda: item)


def list_with(elements: Iterable[Type]) -> Type:
    """A list known element by element."""
    return Type(frozenset({"array"}), elements=tuple(elements))


def object_with(fields: Mapping[str, Type]) -> Type:
    """An object with exactly these fields."""
    return Type(_OBJECT, fields=fields, needed=frozenset(fields))


def one_of(values: Iterable[Json]) -> Type:
    """One of these strings, numbers, booleans and nulls."""
    listed = tuple(values)
    return Type(frozenset(kind_of(value) for value in listed), values=listed)


def of_value(value: Json) -> Type:
    """The type of one value known beforehand."""
    match value:
        case dict():
            return object_with({key: of_value(inner) for key, inner in value.items()})
        case list() | tuple():
            return list_with(of_value(inner) for inner in value)
        case _:
            return Type(frozenset({kind_of(value)}), values=(value,))


def kind_of(value: Json) -> Kind:
    """The JSON kind of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case dict():
            return "object"
        case _:
            return "array"


def or_null(kind: Type) -> Type:
    """The same, or null."""
    if kind.nullable:
        return kind
    values = None if kind.values is None else (*kind.values, None)
    return Type(
        kind.kinds | NULL.kinds, values, kind.fields, kind.rest, kind.needed, kind.listed, kind.items, kind.elements
    )


def without_null(kind: Type) -> Type:
    """The same, but not null."""
    if not kind.nullable:
        return kind
    values = None if kind.values is None else tuple(value for value in kind.values if value is not None)
    return Type(
        kind.kinds - NULL.kinds, values, kind.fields, kind.rest, kind.needed, kind.listed, kind.items, kind.elements
    )


def union(types: Iterable[Type]) -> Type:
    """A type that holds every value of `types`; of objects, what all of them have in common stays known."""
    parts = [part for part in types if part.kinds]
    if not parts:
        return NEVER
    if len(parts) == 1:
        return parts[0]
    if any(part is ANY for part in parts):
        return ANY
    kinds: frozenset[Kind] = frozenset().union(*(part.kinds for part in parts))
    return _of_objects(_of_lists(Type(kinds, values=_all_values(parts)), parts), parts)


def _all_values(parts: list[Type]) -> tuple[Json, ...] | None:
    values: list[Json] = []
    for part in parts:
        if part.values is None:
            return None
        values.extend(part.values)
    return tuple(values) if len(values) <= _MOST_VALUES else None


def _of_lists(kind: Type, parts: list[Type]) -> Type:
    lists = [part for part in parts if part.may_be("array")]
    if not lists:
        return kind
    if len(lists) == 1:
        return replace(kind, items=lists[0].items, elements=lists[0].elements)
    return replace(kind, items=lambda: union(part.element() for part in lists))


def _of_objects(kind: Type, parts: list[Type]) -> Type:
    objects = [part for part in parts if part.may_be("object")]
    if not objects or any(part.fields is None for part in objects):
        return kind
    if len(objects) == 1:
        first = objects[0]
        return replace(kind, fields=first.fields, rest=first.rest, needed=first.needed, listed=first.listed)
    rests = [part.rest for part in objects if part.rest is not None]
    rest = (lambda: union(each() for each in rests)) if rests else None
    needed = frozenset.intersection(*(part.needed for part in objects))
    listed = all(part.listed for part in objects)
    return replace(kind, fields=_Merged(objects), rest=rest, needed=needed, listed=listed)


class _Merged(Mapping[str, Type]):
    """The fields of one of several objects."""

    __slots__ = ("_objects",)

    def __init__(self, objects: list[Type]) -> None:
        self._objects = objects

    def __getitem__(self, name: str) -> Type:
        holders = [part for part in self._objects if part.fields is not None and name in part.fields]
        if not holders:
            raise KeyError(name)
        others = [part.rest() for part in self._objects if part not in holders and part.rest is not None]
        return union([*(part.fields[name] for part in holders if part.fields is not None), *others])

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for part in self._objects for name in part.fields or ()))

    def __len__(self) -> int:
        return sum(1 for _ in self)
