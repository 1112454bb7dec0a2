"""What an activity returns, made into JSON of its own.

JSON is taken as it is. Beyond it: dataclasses and pydantic models become objects; tuples, sets (sorted by their JSON
text) and deques lists; dates and times RFC 3339 text, a timedelta ISO 8601; Decimal, UUID and paths text; an Enum its
value; keys that are numbers, dates or UUIDs text. Bytes are refused, as nothing says which text they are, and so is
anything else that pydantic does not know.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from kagzi_dsl.errors import PayloadError
from kagzi_dsl.payload import Json, dumps, loads

_DEEPEST = 200


def to_json(value: Any) -> tuple[Json, str]:
    """`value` as JSON that shares nothing with it, and the JSON text of that.

    Raises PayloadError naming the place of what is not JSON.
    """
    try:
        text = dumps(value)
    except PayloadError:
        text = dumps(_converted(value, "", 0))
    return loads(text), text


def _converted(value: Any, place: str, depth: int) -> Json:
    if depth > _DEEPEST:
        raise PayloadError(f"nested deeper than {_DEEPEST} levels, or holding itself", place=place[:_DEEPEST])
    match value:
        case Enum():
            return _converted(value.value, place, depth)
        case None | bool() | int() | float() | str():
            return _bare(value)
        case bytes() | bytearray() | memoryview():
            raise PayloadError("bytes are not JSON; decode them, or encode them in base64", place=place or "/")
        case PurePath():
            return str(value)
        case Mapping():
            return _object(value.items(), place, depth)
        case set() | frozenset():
            return sorted(_list(value, place, depth), key=dumps)
        case list() | tuple() | deque():
            return _list(value, place, depth)
        case Iterator():
            raise PayloadError(f"a {type(value).__name__} is not JSON; make it a list", place=place or "/")
        case _ if _is_plain_dataclass(value):
            return _object(((f.name, getattr(value, f.name)) for f in dataclasses.fields(value)), place, depth)
        case _:
            return _as_pydantic_does(value, place, depth)


def _bare(value: Any) -> Json:
    """A number or text without the subclass it may be of."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return value if type(value) is kind else kind(value)
    return None


def _object(items: Iterable[tuple[Any, Any]], place: str, depth: int) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for key, value in items:
        name = _key(key, place)
        if name in result:
            raise PayloadError(f"two of its keys are {name!r} as JSON", place=place or "/")
        step = name.replace("~", "~0").replace("/", "~1")  # RFC 6901 §3
        result[name] = _converted(value, f"{place}/{step}", depth + 1)
    return result


def _list(items: Iterable[Any], place: str, depth: int) -> list[Json]:
    return [_converted(item, f"{place}/{index}", depth + 1) for index, item in enumerate(items)]


def _key(key: Any, place: str) -> str:
    key = key.value if isinstance(key, Enum) else key
    if isinstance(key, str):
        return str(key)
    if isinstance(key, int | date | UUID) and not isinstance(key, bool):
        return str(_as_pydantic_does(key, place, 0))
    raise PayloadError(
        f"the key {key!r} is of type {type(key).__name__}, and JSON keys are strings", place=place or "/"
    )


def _is_plain_dataclass(value: Any) -> bool:
    # A dataclass of pydantic's has serializers of its own.
    return dataclasses.is_dataclass(value) and not hasattr(value, "__pydantic_serializer__")


def _as_pydantic_does(value: Any, place: str, depth: int) -> Json:
    from pydantic_core import (
        PydanticSerializationError,
        to_jsonable_python,
    )  # lazily: most activities return plain JSON

    try:
        result = to_jsonable_python(value)
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        reason = str(error) if hasattr(value, "__pydantic_serializer__") else "use a dataclass, a model or plain JSON"
        raise PayloadError(
            f"a value of type {type(value).__name__} is not JSON; {reason}", place=place or "/"
        ) from error
    # A model may hold what a serializer of its own leaves as it is; it must not come back here, or it would for ever.
    return _converted(result, place, depth + 1) if isinstance(result, dict | list) else result
