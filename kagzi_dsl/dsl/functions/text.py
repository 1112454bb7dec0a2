"""Text. Positions and widths count characters; the optional arguments follow JMESPath Community's JEP-14."""

from __future__ import annotations

import re
from typing import Final

from kagzi_dsl.dsl.budget import Evaluation
from kagzi_dsl.dsl.functions.bounds import Number, whole
from kagzi_dsl.dsl.functions.signature import function
from kagzi_dsl.dsl.values import as_text
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

_BRACES: Final = re.compile(r"\{\{|\}\}|\{\}|[{}]")


@function(
    "starts_with(text: string, prefix: string) -> boolean",
    "Whether a text begins with another.",
    example="starts_with('order-17', 'order-')",
    gives=True,
)
def _starts_with(text: str, prefix: str) -> bool:
    return text.startswith(prefix)


@function(
    "ends_with(text: string, suffix: string) -> boolean",
    "Whether a text ends with another.",
    example="ends_with('photo.jpg', '.jpg')",
    gives=True,
)
def _ends_with(text: str, suffix: str) -> bool:
    return text.endswith(suffix)


@function(
    "join(glue: string, texts: array[string]) -> string",
    "The texts in one, the glue between them.",
    example="join(', ', input.items[*].name)",
    gives="pen, ink",
    budgeted=True,
)
def _join(evaluation: Evaluation, glue: str, texts: list[str]) -> str:
    evaluation.write(sum(map(len, texts)) + len(glue) * len(texts))
    return glue.join(texts)


@function(
    "format(pattern: string, ...values: any) -> string",
    "The pattern with each {} replaced by the next value, written as in mixed text; {{ and }} are braces.",
    example="format('{} of {}', `3`, input.limit)",
    gives="3 of 10",
    budgeted=True,
)
def _format(evaluation: Evaluation, pattern: str, *values: Json) -> str:
    places = _BRACES.findall(pattern)
    if "{" in places or "}" in places:
        raise ExpressionError("the pattern has a lone brace; {} takes a value, {{ and }} are braces")
    if (wanted := places.count("{}")) != len(values):
        raise ExpressionError(f"the pattern has {wanted} {{}} and there are {len(values)} values for them")
    texts = [as_text(value, f"value {number}") for number, value in enumerate(values, 1)]
    evaluation.write(len(pattern) + sum(map(len, texts)))
    rest = iter(texts)
    return _BRACES.sub(lambda found: next(rest) if found[0] == "{}" else found[0][0], pattern)


@function("lower(text: string) -> string", "In small letters.", example="lower('ABC')", gives="abc", budgeted=True)
def _lower(evaluation: Evaluation, text: str) -> str:
    evaluation.write(len(text))
    return text.lower()


@function("upper(text: string) -> string", "In capitals.", example="upper('abc')", gives="ABC", budgeted=True)
def _upper(evaluation: Evaluation, text: str) -> str:
    evaluation.write(len(text))
    return text.upper()


@function(
    "trim(text: string, characters?: string) -> string",
    "The text without white space (or these characters) at both ends.",
    example="trim('  abc ')",
    gives="abc",
)
def _trim(text: str, characters: str = "") -> str:
    return text.strip(characters or None)


@function(
    "trim_left(text: string, characters?: string) -> string",
    "The text without white space (or these characters) at its start.",
    example="trim_left('007', '0')",
    gives="7",
)
def _trim_left(text: str, characters: str = "") -> str:
    return text.lstrip(characters or None)


@function(
    "trim_right(text: string, characters?: string) -> string",
    "The text without white space (or these characters) at its end.",
    example="trim_right('https://example.org/', '/')",
    gives="https://example.org",
)
def _trim_right(text: str, characters: str = "") -> str:
    return text.rstrip(characters or None)


@function(
    "pad_left(text: string, width: number, pad?: string) -> string",
    "The text, filled up at its start to a width with spaces or another character.",
    example="pad_left('7', `3`, '0')",
    gives="007",
    budgeted=True,
)
def _pad_left(evaluation: Evaluation, text: str, width: Number, pad: str = " ") -> str:
    return text.rjust(_width(evaluation, text, width, pad), pad)


@function(
    "pad_right(text: string, width: number, pad?: string) -> string",
    "The text, filled up at its end to a width with spaces or another character.",
    example="pad_right('7', `3`, '.')",
    gives="7..",
    budgeted=True,
)
def _pad_right(evaluation: Evaluation, text: str, width: Number, pad: str = " ") -> str:
    return text.ljust(_width(evaluation, text, width, pad), pad)


@function(
    "split(text: string, separator: string, count?: number) -> array",
    "The parts between the separators, at most `count` of which are used; an empty separator splits into characters.",
    example="split('a-b-c', '-')",
    gives=["a", "b", "c"],
    budgeted=True,
)
def _split(evaluation: Evaluation, text: str, separator: str, count: Number | None = None) -> list[str]:
    limit = -1 if count is None else min(whole(count, "count", low=0), len(text))
    if separator:
        evaluation.visit(text.count(separator))
        return text.split(separator, limit)
    evaluation.visit(len(text))
    parts = len(text) if limit < 0 else limit
    return [*text[:parts], *filter(None, (text[parts:],))]


@function(
    "replace(text: string, old: string, new: string, count?: number) -> string",
    "The text with every (or the first `count`) `old` replaced by `new`.",
    example="replace('a-b-c', '-', '/')",
    gives="a/b/c",
    budgeted=True,
)
def _replace(evaluation: Evaluation, text: str, old: str, new: str, count: Number | None = None) -> str:
    places = text.count(old)
    limit = places if count is None else min(whole(count, "count", low=0), places)
    evaluation.write(len(text) + limit * max(0, len(new) - len(old)))
    return text.replace(old, new, limit)


@function(
    "find_first(text: string, search: string, start?: number, end?: number) -> number|null",
    "Where a text first occurs within another, from 0; null when it does not.",
    example="find_first('order-17', '-')",
    gives=5,
)
def _find_first(text: str, search: str, start: Number = 0, end: Number | None = None) -> int | None:
    low, high = _bounds(text, start, end)
    found = text.find(search, low, high) if search else -1
    return None if found < 0 else found


@function(
    "find_last(text: string, search: string, start?: number, end?: number) -> number|null",
    "Where a text last occurs within another, from 0; null when it does not.",
    example="find_last('a-b-c', '-')",
    gives=3,
)
def _find_last(text: str, search: str, start: Number = 0, end: Number | None = None) -> int | None:
    low, high = _bounds(text, start, end)
    found = text.rfind(search, low, high) if search else -1
    return None if found < 0 else found


@function(
    "matches(text: string, pattern: string) -> boolean",
    "Whether a regular expression is found in a text; ^ and $ tie it to the ends.",
    example="matches('A-17', '^[A-Z]-[0-9]+$')",
    gives=True,
    budgeted=True,
)
def _matches(evaluation: Evaluation, text: str, pattern: str) -> bool:
    from kagzi_dsl.dsl import regex  # most documents have no pattern

    return regex.compile_pattern(pattern).search(text, evaluation.visit)


def _width(evaluation: Evaluation, text: str, width: Number, pad: str) -> int:
    if len(pad) != 1:
        raise ExpressionError(f"`pad` must be a single character, but is {pad[:20]!r}")
    wanted = whole(width, "width", low=0)
    evaluation.write(max(wanted, len(text)))
    return wanted


def _bounds(text: str, start: Number, end: Number | None) -> tuple[int, int]:
    low = max(0, whole(start, "start"))
    return low, len(text) if end is None else max(0, min(whole(end, "end"), len(text)))
