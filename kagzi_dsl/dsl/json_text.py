"""Reading JSON text strictly: what cannot be stored is refused, never bent into something near it."""

from __future__ import annotations

import json
from typing import NoReturn

from kagzi_dsl import payload
from kagzi_dsl.errors import PayloadError
from kagzi_dsl.payload import Json


def loads(text: str) -> Json:
    """The value of a JSON text, any white space around it.

    Raises PayloadError for text that is not JSON, and for NaN, integers beyond 64 bits, duplicate keys, nesting beyond
    200 levels and characters that cannot be stored: orjson would make floats of large integers and keep the last of
    several equal keys.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise PayloadError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise PayloadError("nested deeper than 200 levels") from None
    except ValueError:
        # int() refuses more digits than it can read in linear time.
        raise PayloadError("an integer does not fit in 64 bits; pass it as a string") from None
    payload.check(value)
    return value


def _refuse_constant(word: str) -> NoReturn:
    raise PayloadError(f"{word} is not JSON; use null or a string")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise PayloadError(f"the key {twice[:40]!r} comes twice in one object")
    return made
