"""Schemas, values that fit them, expressions over them; and whether a value is of a static type."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from kagzi_dsl.dsl.types import Type, kind_of

NAMES = ("a", "b", "c")
Schema = Any

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from((0.5, "", "a", "b", "7"))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)


def schemas(depth: int = 3) -> st.SearchStrategy[Schema]:
    """JSON Schemas of small values, references to themselves included."""
    return _schemas(depth).flatmap(_with_definitions)


def _with_definitions(schema: Schema) -> st.SearchStrategy[Schema]:
    if not isinstance(schema, dict):
        return st.just(schema)
    # An object may hold itself; a bare reference to itself would be no schema.
    return _objects(_schemas(0)).map(lambda inner: {**schema, "$defs": {"other": inner}})


def _schemas(depth: int) -> st.SearchStrategy[Schema]:
    kinds = st.sampled_from(("string", "number", "integer", "boolean", "null", "object", "array"))
    plain = st.one_of(
        st.just({}),
        st.just(True),
        kinds.map(lambda kind: {"type": kind}),
        st.lists(kinds, min_size=1, max_size=3, unique=True).map(lambda many: {"type": many}),
        st.lists(scalars, min_size=1, max_size=3).map(lambda many: {"enum": many}),
        scalars.map(lambda value: {"const": value}),
        st.just({"$ref": "#/$defs/other"}),
        st.just({"type": "integer", "minimum": 1, "maximum": 2}),
        st.just({"type": "string", "minLength": 1}),
    )
    if depth == 0:
        return plain
    inner = _schemas(depth - 1)
    forms = st.lists(inner, min_size=1, max_size=2)
    return st.one_of(
        plain,
        _objects(inner),
        _objects(inner),
        inner.map(lambda items: {"type": "array", "items": items}),
        forms.map(lambda many: {"anyOf": many}),
        forms.map(lambda many: {"allOf": many}),
        st.tuples(_objects(inner), forms).map(lambda pair: {**pair[0], "anyOf": pair[1]}),
    )


def _objects(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)},
        optional={
            "required": st.lists(st.sampled_from(NAMES), max_size=2, unique=True),
            "additionalProperties": st.just(False) | inner,
            "patternProperties": st.just({"^c": {"type": "string"}}),
        },
    )


@st.composite
def fitting(draw: st.DrawFn, schema: Schema, root: Schema, depth: int = 4) -> Any:
    """A value that was made with a schema in mind; whether it fits is for a validator to say."""
    if not isinstance(schema, dict) or depth == 0:
        return draw(values)
    if "$ref" in schema:
        return draw(fitting(root["$defs"]["other"], root, depth - 1))
    if "enum" in schema or "const" in schema:
        return draw(st.sampled_from(schema.get("enum") or [schema["const"]]))
    for keyword in ("anyOf", "allOf"):
        if keyword in schema and "properties" not in schema:
            return draw(fitting(draw(st.sampled_from(schema[keyword])), root, depth - 1))
    kinds = schema.get("type")
    kind = draw(st.sampled_from(kinds)) if isinstance(kinds, list) else kinds
    return draw(_of_kind(kind, schema, root, depth))


def _of_kind(kind: str | None, schema: Schema, root: Schema, depth: int) -> st.SearchStrategy[Any]:
    match kind:
        case "string":
            return st.sampled_from(("", "a", "b", "7"))
        case "number":
            return st.integers(-3, 3) | st.just(0.5)
        case "integer":
            return st.integers(-3, 3)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            return st.lists(fitting(schema.get("items", {}), root, depth - 1), max_size=3)
        case "object":
            return _object(schema, root, depth)
        case _:
            return values


@st.composite
def _object(draw: st.DrawFn, schema: Schema, root: Schema, depth: int) -> Any:
    found = {}
    for name, inner in schema.get("properties", {}).items():
        if name in schema.get("required", ()) or draw(st.booleans()):
            found[name] = draw(fitting(inner, root, depth - 1))
    others = schema.get("additionalProperties", {})
    if others is not False:
        for name in schema.get("required", ()):
            if name not in found:
                found[name] = draw(fitting(others, root, depth - 1))
    return found


def holds(kind: Type, value: Any) -> bool:
    """Whether a value is of a static type."""
    if kind_of(value) not in kind.kinds:
        return False
    if kind.values is not None and not any(_same(one, value) for one in kind.values):
        return False
    if isinstance(value, dict) and kind.fields is not None:
        known = kind.fields
        if kind.kinds == {"object"} and not kind.needed <= set(value):
            return False
        rest = kind.rest
        return all(
            holds(known[name], inner) if name in known else rest is not None and holds(rest(), inner)
            for name, inner in value.items()
        )
    if isinstance(value, list) and kind.elements is not None:
        return len(value) == len(kind.elements) and all(map(holds, kind.elements, value))
    if isinstance(value, list) and kind.items is not None:
        return all(holds(kind.items(), inner) for inner in value)
    return True


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


_LITERALS = ("`1`", "'a'", "`null`", "`true`", "`[1, 2]`", '`{"a": 1}`', "'7'")
_OF_ONE = (
    *("length(X)", "upper(X)", "sum(X)", "keys(X)", "values(X)", "items(X)", "sort(X)", "reverse(X)", "max(X)"),
    *("to_array(X)", "to_string(X)", "not_null(X)", "type(X)", "abs(X)", "unique(X)", "split(X, 'a')", "avg(X)"),
    *("(X)[0]", "(X)[-1]", "(X)[0:1]", "(X).a", "!(X)"),
)
_OF_TWO = (
    *("X == Y", "X != Y", "X < Y", "X >= Y", "add(X, Y)", "contains(X, Y)", "join(X, Y)", "merge(X, Y)"),
    *("[X, Y]", "{a: X, b: Y}", "not_null(X, Y)", "starts_with(X, Y)", "zip(X, Y)"),
)
_LAZY = ("X || Y", "X && Y", "if(X, Y, X)")
_INSIDE = (
    *("(X)[*].(Y)", "(X)[?Y]", "(X)[]", "(X).*", "(X) | Y", "map(&Y, X)", "sort_by(X, &Y)", "max_by(X, &Y)"),
    *("group_by(X, &Y)", "(X).{a: Y, b: a}", "(X).[Y]", "(X)[*].a", "(X)[?Y].b"),
)


def expressions(depth: int = 3, *, lazy: bool = True) -> st.SearchStrategy[str]:
    """Expressions over `input`. Without `lazy` every part of one is evaluated, whatever the values are."""
    return _expressions(depth, lazy, ("input", "input.a", "input.b", "input.c", "input.a.b"))


def _expressions(depth: int, lazy: bool, paths: tuple[str, ...]) -> st.SearchStrategy[str]:
    if depth == 0:
        return st.sampled_from((*paths, *_LITERALS))
    inner = _expressions(depth - 1, lazy, paths)
    eager = inner | _made(_OF_ONE, inner, inner) | _made(_OF_TWO, inner, inner)
    if not lazy:
        return eager
    fields = _expressions(min(depth - 1, 1), lazy, ("a", "b", "@"))
    return eager | _made(_LAZY, inner, inner) | _made(_INSIDE, inner, fields)


def _made(forms: tuple[str, ...], x: st.SearchStrategy[str], y: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Forms with expressions in the places of X and Y."""
    return st.tuples(st.sampled_from(forms), x, y).map(lambda made: _filled(*made))


def _filled(form: str, x: str, y: str) -> str:
    parts = {"X": f"({x})" if " " in x else x, "Y": f"({y})" if " " in y else y}
    return re.sub("[XY]", lambda found: parts[found[0]], form)
