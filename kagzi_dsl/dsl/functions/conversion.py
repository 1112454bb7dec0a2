"""What a value is, and making one type of another."""

from __future__ import annotations

import json
import re
from typing import Final

from kagzi_dsl.dsl.budget import Evaluation, check_output
from kagzi_dsl.dsl.functions.bounds import fitting
from kagzi_dsl.dsl.functions.signature import function
from kagzi_dsl.dsl.values import type_name
from kagzi_dsl.payload import Json

_JSON_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MAX_NUMBER_CHARACTERS: Final = 400
"""Room for any float written out in full; reading a text of many more digits takes time that grows with its square."""


@function("type(value: any) -> string", "The type of a value, as a word.", example="type(input.limit)", gives="number")
def _type(value: Json) -> str:
    return type_name(value)


@function(
    "not_null(value: any, ...more: any) -> any",
    "The first argument that is not null.",
    example="not_null(input.discount, `0`)",
    gives=0,
)
def _not_null(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)


@function(
    "to_array(value: any) -> array",
    "An array as it is; anything else as an array of one item.",
    example="to_array('a')",
    gives=["a"],
)
def _to_array(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


@function(
    "to_string(value: any) -> string",
    "A string as it is; anything else as its JSON, in ASCII.",
    example="to_string(`[1, true]`)",
    gives="[1,true]",
    budgeted=True,
)
def _to_string(evaluation: Evaluation, value: Json) -> str:
    if isinstance(value, str):
        return value
    check_output(value)
    text = json.dumps(value, separators=(",", ":"))
    evaluation.write(len(text))
    return text


@function(
    "to_number(value: any) -> number|null",
    "A number as it is, the number a string holds (in the syntax of JSON), or null.",
    example="to_number('42.5')",
    gives=42.5,
)
def _to_number(value: Json) -> Json:
    if type(value) in (int, float):
        return value
    if type(value) is not str or len(value) > _MAX_NUMBER_CHARACTERS:
        return None
    found = _JSON_NUMBER.fullmatch(value)
    if found is None:
        return None
    return fitting(float(value) if found[2] or found[3] else int(value))
