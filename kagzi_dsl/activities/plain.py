"""Type hints that are JSON already, read and described without pydantic.

Most activities take and return nothing else, pydantic takes 150 ms to import, and an exact type needs no conversion.
What is said here of a hint is what pydantic says of it; a test holds the two together. Any other hint is left to
pydantic.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

from kagzi_dsl.payload import Json

Accepts: TypeAlias = Callable[[Json], bool]


class Plain(NamedTuple):
    """A JSON Schema, and a test that holds for values that may be passed as they are.

    A value that fails the test is not wrong yet: pydantic may still convert it.
    """

    schema: dict[str, Any]
    accepts: Accepts


@dataclass(frozen=True, slots=True)
class Described:
    """Beside a JSON type in Annotated: the schema that tells more of it than the type does."""

    schema: dict[str, Any]


def plain(hint: Any) -> Plain | None:
    """What a hint means in JSON, None when it takes pydantic to tell."""
    if hint in (Any, object, Parameter.empty):
        return Plain({}, lambda value: True)
    if hint is None or hint is types.NoneType:
        return Plain({"type": "null"}, lambda value: value is None)
    if scalar := _SCALARS.get(hint) if isinstance(hint, type) else None:
        return Plain({"type": scalar}, lambda value: type(value) is hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in (list, typing.List) or origin is list:  # noqa: UP006
        return _list_of(arguments)
    if hint in (dict, typing.Dict) or origin is dict:  # noqa: UP006
        return _dict_of(arguments)
    if origin in (typing.Union, types.UnionType):
        return _any_of(arguments)
    if origin is Literal:
        return _one_of(arguments)
    if origin is Annotated:
        return _described(arguments)
    return None


_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def _list_of(arguments: tuple[Any, ...]) -> Plain | None:
    inner = plain(arguments[0] if arguments else Any)
    if inner is None:
        return None
    accepts = inner.accepts
    if not inner.schema:
        return Plain({"items": {}, "type": "array"}, lambda value: type(value) is list)
    return Plain(
        {"items": inner.schema, "type": "array"},
        lambda value: type(value) is list and all(map(accepts, value)),
    )


def _dict_of(arguments: tuple[Any, ...]) -> Plain | None:
    key, item = arguments or (str, Any)
    inner = plain(item)
    if key is not str or inner is None:
        return None
    accepts = inner.accepts
    if not inner.schema:
        return Plain({"additionalProperties": True, "type": "object"}, lambda value: type(value) is dict)
    return Plain(
        {"additionalProperties": inner.schema, "type": "object"},
        lambda value: type(value) is dict and all(map(accepts, value.values())),
    )


def _any_of(arguments: tuple[Any, ...]) -> Plain | None:
    options = [option for argument in arguments if (option := plain(argument))]
    if len(options) < len(arguments):
        return None
    tests = [option.accepts for option in options]
    return Plain(
        {"anyOf": [option.schema for option in options]},
        lambda value: any(accepts(value) for accepts in tests),
    )


def _one_of(choices: tuple[Any, ...]) -> Plain | None:
    if not all(type(choice) is str for choice in choices):
        return None
    shown = {"const": choices[0]} if len(choices) == 1 else {"enum": list(choices)}
    return Plain({**shown, "type": "string"}, lambda value: type(value) is str and value in choices)


def _described(arguments: tuple[Any, ...]) -> Plain | None:
    inner = plain(arguments[0])
    match arguments[1:]:
        case (Described(schema),) if inner is not None:
            return Plain(schema, inner.accepts)
        case _:
            return None
