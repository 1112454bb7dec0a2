"""Whether a value fits a JSON Schema, said in sentences a person can act on.

The jsonschema library decides; what it finds is put in words here, with the place (`input.lines[2].sku`), what stands
there and what should. References are never fetched: `$ref` reaches only into the schema itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from kagzi_dsl import payload
from kagzi_dsl.dsl.data_schema import DataSchema, follow
from kagzi_dsl.dsl.formats import FORMATS
from kagzi_dsl.dsl.nearest import nearest
from kagzi_dsl.errors import PayloadError
from kagzi_dsl.payload import Json

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

_LONGEST_VALUE = 60
_DEEPEST_FORM = 4
_LONGEST_LIST = 12
_MOST_SENTENCES = 50
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,59}")


def validate_value(schema: DataSchema, value: Json, *, name: str = "value") -> list[str]:
    """Why `value` does not fit `schema`, one sentence a problem; nothing when it fits, the first 50 of very many.

    `name` is what the value is called in the sentences: `input`, `output`, `payload`.
    """
    from referencing.exceptions import Unresolvable  # comes with jsonschema, which is slow to load

    try:
        errors = _validator(payload.dumps(schema)).iter_errors(value)
        return list(islice(_sentences(errors, schema, name), _MOST_SENTENCES))
    except Unresolvable as error:
        return [f"{name} cannot be checked: its schema refers to {error.ref!r}, which is nowhere in it"]
    except RecursionError:
        return [f"{name} cannot be checked: its schema refers to itself without end"]


@lru_cache(maxsize=256)
def _validator(text: str) -> Validator:
    from jsonschema.validators import Draft202012Validator, validator_for  # a tenth of a second: only where needed
    from referencing import Registry

    schema = payload.loads(text)
    draft: Any = validator_for(schema, default=Draft202012Validator)
    formats = type(draft.FORMAT_CHECKER)(formats=())
    formats.checkers = {**draft.FORMAT_CHECKER.checkers, **{name: (fits, ()) for name, fits in FORMATS.items()}}
    validator: Validator = draft(schema, format_checker=formats, registry=Registry())
    return validator


def _sentences(errors: Iterable[ValidationError], root: DataSchema, name: str) -> Iterator[str]:
    told: set[str] = set()
    for error in errors:
        for sentence in _of(error, root, name):
            if sentence not in told:
                told.add(sentence)
                yield sentence


def _of(error: ValidationError, root: DataSchema, name: str) -> Iterator[str]:
    place = place_of(name, error.absolute_path)
    match error.validator:
        case "required":
            yield from _missing(error, root, place)
        case "additionalProperties" if error.validator_value is False:
            yield from _unknown(error, place)
        case "anyOf" | "oneOf":
            yield from _alternatives(error, root, name)
        case _:
            yield f"{place} {_complaint(error, root)}"


def _missing(error: ValidationError, root: DataSchema, place: str) -> Iterator[str]:
    known = _properties(error.schema)
    required: Json = error.validator_value
    given: Json = error.instance
    for key in required:
        if key not in given:
            wanted = describe(known[key], root) if key in known else ""
            yield f"{place_of(place, [key])} is missing" + (f"; it must be {wanted}" if wanted else "")


def _unknown(error: ValidationError, place: str) -> Iterator[str]:
    known = list(_properties(error.schema))
    patterns = list(error.schema.get("patternProperties", {})) if isinstance(error.schema, dict) else []
    given: Json = error.instance
    for key in given:
        if key in known or any(re.search(pattern, key) for pattern in patterns):
            continue
        close = nearest(key, known)
        better = (
            f"did you mean {close}?" if close else f"known are {_listed(known)}" if known else "none is allowed here"
        )
        yield f"{place_of(place, [key])} is not known; {better}"


def _alternatives(error: ValidationError, root: DataSchema, name: str) -> Iterator[str]:
    """Of several forms the one the value comes nearest to is what its author meant, if there is just one such."""
    place = place_of(name, error.absolute_path)
    if not error.context:
        yield f"{place} fits more than one of the forms of which it must fit exactly one"
        return
    forms: dict[Any, list[ValidationError]] = {}
    for inner in error.context:
        forms.setdefault(inner.relative_schema_path[0], []).append(inner)
    near = [inner for inner in forms.values() if not any(_is_about_kind(e) and not e.relative_path for e in inner)]
    if len(near) == 1:
        yield from _sentences(near[0], root, name)
        return
    all_forms: Json = error.validator_value
    wanted = [describe(form, root) or "something else" for form in all_forms]
    yield f"{place} is {shown(error.instance)}, and must be {' or '.join(dict.fromkeys(wanted))}"


def _is_about_kind(error: ValidationError) -> bool:
    return error.validator in ("type", "const", "enum")


def _complaint(error: ValidationError, root: DataSchema) -> str:
    value: Json = error.instance
    limit: Json = error.validator_value
    keyword = str(error.validator)
    match keyword:
        case "type" | "enum" | "const" | "format":
            return f"is {shown(value)}, and must be {describe(error.schema, root)}"
        case "pattern":
            return f"is {shown(value)}, and must match the pattern {limit}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return f"is {shown(value)}, and must be {_BOUNDS[keyword]} {limit}"
        case "multipleOf":
            return f"is {shown(value)}, and must be a multiple of {limit}"
        case "minLength" | "minItems" | "minProperties" | "maxLength" | "maxItems" | "maxProperties":
            return _size(keyword, len(value), limit)
        case "uniqueItems":
            return "holds the same item twice, and every item must be different"
        case "dependentRequired":
            return f"lacks a property that another one asks for: {error.message}"
        case "not":
            return f"is {shown(value)}, which is ruled out"
        case "contains":
            return f"must hold an item that is {describe(limit, root) or 'of a certain form'}"
        case "None":
            # The schema is `false`; the library tells no more of the place than the object or list around the value.
            return f"holds {shown(value)}, which is not allowed"
        case _:
            return f"does not fit `{keyword}`: {error.message}"


_BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}


def _size(keyword: str, size: int, limit: int) -> str:
    unit = {"Length": "character", "Items": "item", "Properties": "property"}[keyword[3:]]
    bound = "at least" if keyword.startswith("min") else "at most"
    return f"has {_counted(size, unit)}, and must have {bound} {_counted(limit, unit)}"


def _counted(number: int, unit: str) -> str:
    many = "properties" if unit == "property" else f"{unit}s"
    return f"{number:,} {unit if number == 1 else many}"


_TYPES = {
    "string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "object": "an object", "array": "an array", "null": "null",
}  # fmt: skip


def describe(schema: Json, root: Json) -> str:
    """What a schema asks for, in a few words: `a string`, `one of "a", "b"`; empty when it is nothing special."""
    return _described(schema, root, 0)


def _described(schema: Json, root: Json, depth: int) -> str:
    schema = follow(schema, root)
    if not isinstance(schema, dict) or depth > _DEEPEST_FORM:
        return ""
    if "const" in schema:
        return shown(schema["const"])
    if isinstance(schema.get("enum"), list):
        return f"one of {_listed([shown(value) for value in schema['enum']])}"
    types = schema.get("type")
    names = [types] if isinstance(types, str) else types if isinstance(types, list) else []
    said = " or ".join(_TYPES.get(name, str(name)) for name in names)
    form = schema.get("format")
    if isinstance(form, str) and "string" in names:
        said += f" in the form of {_FORMS.get(form, form)}"
    return said or _described_by_parts(schema, root, depth)


_FORMS = {
    "date-time": "a moment such as 2026-01-31T09:00:00Z", "date": "a date such as 2026-01-31",
    "time": "a time such as 09:00:00Z", "duration": "an ISO 8601 duration such as PT30M",
    "uri": "a URI such as https://example.com/", "uuid": "a UUID", "email": "an e-mail address",
    "ipv4": "an IPv4 address", "ipv6": "an IPv6 address", "hostname": "a host name", "regex": "a regular expression",
}  # fmt: skip


def _described_by_parts(schema: dict[str, Any], root: Json, depth: int) -> str:
    for keyword in ("anyOf", "oneOf"):
        if isinstance(schema.get(keyword), list):
            forms = (_described(form, root, depth + 1) for form in schema[keyword])
            return " or ".join(dict.fromkeys(filter(None, forms)))
    return "an object" if "properties" in schema else ""


def place_of(name: str, path: Iterable[str | int]) -> str:
    """How a place inside a value is written: `input.lines[2].sku`, `input["two words"]`."""
    for part in path:
        if isinstance(part, str):
            name += f".{part}" if _NAME.fullmatch(part) else f"[{shown(part)}]"
        else:
            name += f"[{part}]"
    return name


def shown(value: Json) -> str:
    """A value as JSON, cut short when it is long."""
    try:
        text = payload.dumps(value)
    except PayloadError:
        text = json.dumps(value)  # what cannot be stored is to be shown all the same
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _properties(schema: Json) -> dict[str, Any]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _listed(names: list[str]) -> str:
    more = len(names) - _LONGEST_LIST
    return ", ".join(names[:_LONGEST_LIST]) + (f" and {more} more" if more > 0 else "")
