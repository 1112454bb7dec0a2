"""Why no value of a static type can fit a JSON Schema.

The opposite of a validator: what may fit is let through, and only what surely fails is told. So
`limit: "${ steps.x.n }"` is nothing to speak of unless it is known that `n` is no number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from kagzi_dsl.dsl.conformance import describe, shown
from kagzi_dsl.dsl.data_schema import follow
from kagzi_dsl.dsl.diagnostic import Pointer
from kagzi_dsl.dsl.nearest import did_you_mean, nearest
from kagzi_dsl.dsl.types import KINDS, Kind, Type, kind_of
from kagzi_dsl.payload import Json

_DEEPEST = 12
_DEEPEST_FORM = 4


class Misfit(NamedTuple):
    """One reason: the place inside the value, what is wrong there, and what would be right.

    `missing` and `unknown` name the property a misfit is about, where it is about one.
    """

    path: Pointer
    message: str
    hint: str | None = None
    missing: str | None = None
    unknown: str | None = None


class Wanted(NamedTuple):
    """A schema to fit into: `root` is what its references lead into.

    `coerced`: values are converted where that can be done without loss, as those of an activity's arguments are (the
    rules of pydantic's lax mode), so that "3" may stand for a number. `depth` counts the forms around this one: in what
    is wrong with the schema, a form may hold itself.
    """

    schema: Json
    root: Json
    coerced: bool = False
    depth: int = 0

    def at(self, schema: Json) -> Wanted:
        """What is wanted inside the value."""
        return Wanted(schema, self.root, self.coerced)

    def form(self, schema: Json) -> Wanted:
        """What else is wanted of the value as a whole."""
        return Wanted(schema, self.root, self.coerced, self.depth + 1)

    def __str__(self) -> str:
        return describe(self.schema, self.root) or "something else"


def misfits(given: Type, wanted: Wanted, path: Pointer = ()) -> Iterator[Misfit]:
    """Every reason why no value of `given` fits; none when one may."""
    schema = follow(wanted.schema, wanted.root)
    if not given.kinds or schema is True or len(path) > _DEEPEST or wanted.depth > _DEEPEST_FORM:
        return
    if not isinstance(schema, Mapping):
        if schema is False:
            yield Misfit(path, "is not allowed here")
        return
    kind = _of_kind(given, wanted.at(schema), schema)
    if kind is not None:
        yield Misfit(path, kind)
        return
    yield from _of_forms(given, wanted, schema, path)
    if given.kinds == {"object"} and given.fields is not None:
        yield from _of_fields(given, wanted, schema, path)
    if given.kinds == {"array"} and given.elements is not None and "prefixItems" not in schema:
        for index, element in enumerate(given.elements):
            yield from misfits(element, wanted.at(schema.get("items", True)), (*path, index))


def fits(given: Type, wanted: Wanted) -> bool:
    """Whether a value of `given` may fit."""
    return next(misfits(given, wanted), None) is None


def _of_kind(given: Type, wanted: Wanted, schema: Mapping[str, Any]) -> str | None:
    """What is wrong with the value as a whole."""
    accepted = _accepted(schema, coerced=wanted.coerced)
    if not given.kinds & accepted:
        return f"is {_said(given)}, and must be {wanted}"
    if given.values is None:
        return None
    usable = [value for value in given.values if _may_fit(value, schema, coerced=wanted.coerced)]
    return None if usable else f"is {_said(given)}, and must be {_demand(wanted, schema)}"


def _said(given: Type) -> str:
    if given.values is not None and len(given.values) == 1:
        return shown(given.values[0])
    return str(given)


_WORDS: Mapping[str, frozenset[Kind]] = {
    **{kind: frozenset({kind}) for kind in KINDS},
    "integer": frozenset({"number"}),
}
_COERCED: Mapping[str, frozenset[Kind]] = {
    "number": frozenset({"number", "string", "boolean"}),
    "integer": frozenset({"number", "string", "boolean"}),
    "boolean": frozenset({"number", "string", "boolean"}),
}


def _accepted(schema: Mapping[str, Any], *, coerced: bool) -> frozenset[Kind]:
    said = schema.get("type")
    names = [said] if isinstance(said, str) else said if isinstance(said, list) else list(KINDS)
    accepted: set[Kind] = set()
    for name in names:
        accepted |= _WORDS.get(name, frozenset(KINDS))
        if coerced:
            accepted |= _COERCED.get(name, frozenset())
            if name == "string" and "format" in schema:
                accepted.add("number")  # moments and durations are also taken as seconds
    return frozenset(accepted)


def _may_fit(value: Json, schema: Mapping[str, Any], *, coerced: bool) -> bool:
    """Whether one known scalar may fit; what is not looked at counts as fitting."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(values, list) and not any(_same(value, other) for other in values):
        return coerced and _may_name(value, values)
    if coerced and not _is_plain(value, schema):
        return _may_be_coerced(value, schema)
    return all(rule(value, schema) for rule in _RULES)


def _may_name(value: Json, members: list[Json]) -> bool:
    """Whether a value that is none of an enumeration's may be turned into one: a number as text, or the wrong case.

    The latter is what people write `_missing_` of an Enum for.
    """
    if not isinstance(value, str) or not all(isinstance(member, str) for member in members):
        return True
    return value.casefold() in (member.casefold() for member in members)


def _same(one: Json, other: Json) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _is_plain(value: Json, schema: Mapping[str, Any]) -> bool:
    """Whether the value is of the very type asked for, so that nothing is converted."""
    said = schema.get("type")
    if isinstance(value, bool):
        return said == "boolean"
    return (isinstance(value, int | float) and said in ("integer", "number")) or (
        isinstance(value, str) and said == "string" and "format" not in schema
    )


def _may_be_coerced(value: Json, schema: Mapping[str, Any]) -> bool:
    match schema.get("type"), value:
        case (("integer" | "number"), str()):
            return _reads_as_number(value)
        case "boolean", str():
            return value.lower() in _BOOLEAN_WORDS
        case "boolean", int() | float():
            return value in (0, 1)
        case _:
            return True


_BOOLEAN_WORDS = frozenset({"0", "off", "f", "false", "n", "no", "1", "on", "t", "true", "y", "yes"})


def _reads_as_number(text: str) -> bool:
    try:
        float(text.replace("_", ""))
    except ValueError:
        return False
    return True


def _fits_type(value: Json, schema: Mapping[str, Any]) -> bool:
    if schema.get("type") != "integer":
        return _kind_fits(value, schema)
    return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()


def _kind_fits(value: Json, schema: Mapping[str, Any]) -> bool:
    return kind_of(value) in _accepted(schema, coerced=False)


def _fits_bounds(value: Json, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return all(holds(value, schema[word]) for word, holds in _BOUNDS.items() if _is_number(schema.get(word)))


def _fits_length(value: Json, schema: Mapping[str, Any]) -> bool:
    if not isinstance(value, str):
        return True
    least, most = schema.get("minLength", 0), schema.get("maxLength", len(value))
    return (not _is_number(least) or len(value) >= least) and (not _is_number(most) or len(value) <= most)


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_BOUNDS: Mapping[str, Callable[[float, float], bool]] = {
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "exclusiveMaximum": lambda value, bound: value < bound,
}
_RULES = (_fits_type, _fits_bounds, _fits_length)
_SAID = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "minLength": "in characters at least",
    "maxLength": "in characters at most",
}


def _demand(wanted: Wanted, schema: Mapping[str, Any]) -> str:
    bounds = [f"{words} {schema[word]}" for word, words in _SAID.items() if word in schema]
    return ", ".join([str(wanted), *bounds])


def _of_forms(given: Type, wanted: Wanted, schema: Mapping[str, Any], path: Pointer) -> Iterator[Misfit]:
    for keyword in ("anyOf", "oneOf"):
        forms = schema.get(keyword)
        if not isinstance(forms, list) or any(fits(given, wanted.form(form)) for form in forms):
            continue
        near = [form for form in forms if _is_near(given, wanted.form(form))]
        if len(near) == 1:
            yield from misfits(given, wanted.form(near[0]), path)
        elif forms:
            yield Misfit(path, f"is {_said(given)}, and must be {wanted.at({keyword: forms})}")
    parts = schema.get("allOf")
    for part in parts if isinstance(parts, list) else ():
        yield from misfits(given, wanted.form(part), path)


def _is_near(given: Type, wanted: Wanted) -> bool:
    schema = follow(wanted.schema, wanted.root)
    return isinstance(schema, Mapping) and bool(given.kinds & _accepted(schema, coerced=False))


def _of_fields(given: Type, wanted: Wanted, schema: Mapping[str, Any], path: Pointer) -> Iterator[Misfit]:
    assert given.fields is not None
    said = schema.get("properties")
    properties: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    meant: set[str] = set()
    for name in given.fields:
        if name not in given.needed:
            continue
        if name in properties:
            yield from misfits(given.fields[name], wanted.at(properties[name]), (*path, name))
        elif wanted.coerced and (alias := _alias(name, properties)) is not None:
            meant.add(alias)
        elif schema.get("additionalProperties") is False and "patternProperties" not in schema:
            meant.add(nearest(name, properties) or "")
            yield _unknown(name, properties, path)
    if given.closed:
        # A property that is misspelt is not missing as well.
        yield from (one for one in _missing(given, wanted, schema, properties, path) if one.missing not in meant)


def _alias(name: str, properties: Mapping[str, Any]) -> str | None:
    """The property that is spelt otherwise: a model may take `order_id` by that name where its schema has `orderId`."""
    plain = name.replace("_", "").casefold()
    return next((known for known in properties if known.replace("_", "").casefold() == plain), None)


def _missing(
    given: Type, wanted: Wanted, schema: Mapping[str, Any], properties: Mapping[str, Any], path: Pointer
) -> Iterator[Misfit]:
    required = schema.get("required")
    for name in required if isinstance(required, list) else ():
        if name in (given.fields or ()) or _has_default(properties.get(name), wanted.root):
            continue
        form = describe(properties.get(name, True), wanted.root)
        yield Misfit(path, f"lacks `{name}`" + (f", which must be {form}" if form else ""), missing=name)


def _has_default(schema: Json, root: Json) -> bool:
    if isinstance(schema, Mapping) and "default" in schema:
        return True
    target = follow(schema, root)
    return isinstance(target, Mapping) and "default" in target


def _unknown(name: str, properties: Mapping[str, Any], path: Pointer) -> Misfit:
    hint = did_you_mean(name, properties) or "none is allowed"
    return Misfit((*path, name), f"`{name}` is not known", hint, unknown=name)
