"""JSON Schemas of data that are legal and contradict themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.misfit import Wanted, misfits
from kagzi_dsl.dsl.model import WaitFor
from kagzi_dsl.dsl.nearest import did_you_mean, nearest
from kagzi_dsl.dsl.types import of_value
from kagzi_dsl.payload import Json

WRONG_DEFAULT = DiagnosticCode(
    "wrong-default",
    "error",
    "A `default` in the `input` schema does not fit the schema it stands in: a run that relies on it is refused.",
    "input: {type: object, properties: {copies: {type: integer, default: one}}}",
)
UNDECLARED_REQUIRED = DiagnosticCode(
    "undeclared-required",
    "warning",
    "`required` names a property that `properties` beside it does not list.",
    "input: {type: object, required: [amuont], properties: {amount: {type: number}}}",
)
UNKNOWN_KEYWORD = DiagnosticCode(
    "unknown-keyword",
    "warning",
    "A JSON Schema holds a keyword that is spelled almost like one of JSON Schema's, and so says nothing.",
    "input: {type: object, propertys: {amount: {type: number}}}",
)
CODES = (WRONG_DEFAULT, UNDECLARED_REQUIRED, UNKNOWN_KEYWORD)

_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_OBJECTS = frozenset({"properties", "$defs", "definitions", "patternProperties", "dependentSchemas"})
_SCHEMAS = frozenset({"items", "additionalProperties", "if", "then", "else", "not", "contains", "propertyNames"})
_VALUES = frozenset(
    {"type", "enum", "const", "required", "default", "title", "description", "examples", "format", "pattern"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"}
    | {"minItems", "maxItems", "uniqueItems", "minContains", "maxContains", "minProperties", "maxProperties"}
    | {"dependentRequired", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType"}
    | {"contentSchema", "unevaluatedItems", "unevaluatedProperties", "$ref", "$schema", "$id", "$anchor", "$comment"}
    | {"$dynamicRef", "$dynamicAnchor", "$vocabulary"}
)
_KEYWORDS = _LISTS | _OBJECTS | _SCHEMAS | _VALUES


def check(context: Context) -> Iterator[Diagnostic]:
    workflow = context.workflow
    if workflow.input_schema is not None:
        for pointer, schema in _schemas(workflow.input_schema, ("input",)):
            yield from _default(context, pointer, schema, workflow.input_schema)
            yield from _of_any(context, pointer, schema)
    if workflow.output_schema is not None:
        for pointer, schema in _schemas(workflow.output_schema, ("output_schema",)):
            yield from _of_any(context, pointer, schema)
    for _, node in context.nodes(WaitFor):
        if node.schema is not None:
            for pointer, schema in _schemas(node.schema, context.pointer(node, "schema")):
                yield from _of_any(context, pointer, schema)


def _schemas(root: Json, pointer: Pointer) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """A schema and every schema inside it."""
    stack: list[tuple[Pointer, Json]] = [(pointer, root)]
    while stack:
        place, schema = stack.pop()
        if not isinstance(schema, dict):
            continue
        yield place, schema
        for word, inner in schema.items():
            if word in _SCHEMAS:
                stack.append(((*place, word), inner))
            elif word in _OBJECTS and isinstance(inner, dict):
                stack.extend(((*place, word, name), one) for name, one in inner.items())
            elif word in _LISTS and isinstance(inner, list):
                stack.extend(((*place, word, index), one) for index, one in enumerate(inner))


def _of_any(context: Context, pointer: Pointer, schema: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """What is wrong with a schema, whatever it is used for."""
    yield from _required(context, pointer, schema)
    for word in (word for word in schema if word not in _KEYWORDS):
        meant = nearest(word, sorted(_KEYWORDS), likeness=0.75)
        if meant is not None:
            message = f"`{word}` is no keyword of JSON Schema, so it says nothing"
            yield context.at_key((*pointer, word), UNKNOWN_KEYWORD, message, f"did you mean `{meant}`?")


def _default(context: Context, pointer: Pointer, schema: Mapping[str, Any], root: Json) -> Iterator[Diagnostic]:
    if "default" not in schema:
        return
    for misfit in misfits(of_value(schema["default"]), Wanted(schema, root)):
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in misfit.path)
        what = f"`default{place}`" if place else "this default"
        target = (*pointer, "default", *misfit.path)
        yield context.at_value(target, WRONG_DEFAULT, f"{what} {misfit.message}", misfit.hint)


def _required(context: Context, pointer: Pointer, schema: Mapping[str, Any]) -> Iterator[Diagnostic]:
    required, properties = schema.get("required"), schema.get("properties")
    if not isinstance(required, list) or not isinstance(properties, dict) or "patternProperties" in schema:
        return
    for index, name in enumerate(required):
        if name not in properties and not _is_expected(schema):
            message = f"`{name}` is required, and `properties` does not say what it is"
            hint = did_you_mean(name, properties)
            yield context.at_value((*pointer, "required", index), UNDECLARED_REQUIRED, message, hint)


def _is_expected(schema: Mapping[str, Any]) -> bool:
    """Whether properties are described elsewhere too."""
    others = schema.get("additionalProperties")
    return (
        others is True
        or isinstance(others, dict)
        or any(word in schema for word in ("allOf", "anyOf", "oneOf", "$ref"))
    )
