"""JSON values as they are stored: what is allowed, how they are written, how large they may be.

Allowed is what survives a round trip through PostgreSQL's `json` and any JSON reader: no NaN or Infinity (RFC 8259 §6),
no integer beyond 64 bits, no lone surrogate and no NUL character in a string, and only strings as keys.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import orjson

from kagzi_dsl.errors import PayloadError, PayloadTooLarge

Json: TypeAlias = Any
"""None, bool, int, float, str, list of Json or dict of str to Json: the JSON boundary of the type checker."""

WARN_BYTES = 1_000_000
LIMIT_BYTES = 2_000_000
_MIN_INT, _MAX_INT = -(2**63), 2**64 - 1


def dumps(value: Json) -> str:
    """The compact JSON text of `value`, keys in their own order.

    Raises PayloadError with the place of what cannot be stored.
    """
    return encode(value).decode()


def encode(value: Json) -> bytes:
    """As `dumps`, in UTF-8 bytes."""
    try:
        text = orjson.dumps(
            value,
            option=orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS,
        )
    except (orjson.JSONEncodeError, RecursionError) as error:
        check(value)
        raise PayloadError(str(error)) from error
    # orjson writes NaN and Infinity as null: a look at the text tells whether a closer look is needed.
    if b"null" in text or b"\\u0000" in text:
        check(value)
    return text


def canonical(value: Json) -> bytes:
    """The one JSON text of `value` in which keys are sorted: what a digest is taken of."""
    check(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def loads(text: str | bytes) -> Json:
    """The value of a JSON text. Raises PayloadError for text that is not JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise PayloadError(f"not JSON: {error}") from error


def check(value: Json) -> None:
    """Raises PayloadError naming the first place in `value` that JSON cannot hold."""
    stack: list[tuple[str, Json, int]] = [("", value, 0)]
    while stack:
        place, item, depth = stack.pop()
        if depth > 200:
            raise PayloadError("nested deeper than 200 levels", place=place[:200])
        match item:
            case None | bool():
                pass
            case str():
                _check_text(item, place)
            case int():
                if not _MIN_INT <= item <= _MAX_INT:
                    raise PayloadError(
                        f"the integer {_shortened(item)} does not fit in 64 bits; pass it as a string",
                        place=place or "/",
                    )
            case float():
                if not math.isfinite(item):
                    raise PayloadError(f"{item} is not a JSON number; use null or a string", place=place or "/")
            case dict():
                for key, inner in item.items():
                    if not isinstance(key, str):
                        raise PayloadError(
                            f"the key {key!r} is {type(key).__name__}, and JSON keys are strings", place=place or "/"
                        )
                    _check_text(key, place)
                    stack.append((f"{place}/{_escaped(key)}", inner, depth + 1))
            case list() | tuple():
                stack.extend((f"{place}/{index}", inner, depth + 1) for index, inner in enumerate(item))
            case _:
                raise PayloadError(f"a value of type {type(item).__name__} is not JSON", place=place or "/")


def limit(text: str | bytes, limit_bytes: int, *, of: str = "") -> None:
    """Raises PayloadTooLarge when the JSON text `of` something is longer than `limit_bytes`."""
    size = len(text) if isinstance(text, bytes) else len(text.encode())
    if size > limit_bytes:
        raise PayloadTooLarge(size, limit_bytes, of=of)


def _check_text(text: str, place: str) -> None:
    if "\x00" in text:
        raise PayloadError("a string holds the NUL character, which PostgreSQL cannot store", place=place or "/")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PayloadError("a string holds a lone surrogate, which is not Unicode text", place=place or "/") from error


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _shortened(number: int) -> str:
    return str(number) if number.bit_length() < 256 else f"of {number.bit_length()} bits"
