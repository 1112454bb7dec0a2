"""What a YAML scalar means: the core schema of YAML 1.2.2 (§10.3), and nothing of YAML 1.1.

So `on`, `off`, `yes` and `no` are text, `010` is ten, `1:30` and `2024-01-31` are text. What JSON cannot hold (`.nan`,
`.inf`, integers beyond 64 bits, the NUL character) is refused here, where its place is still known.
"""

from __future__ import annotations

import math
import re

from kagzi_dsl.payload import Json

_CONSTANTS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_NUMBER = 400
_MIN_INT, _MAX_INT = -(2**63), 2**64 - 1

CORE = "tag:yaml.org,2002:"
"""What `!!` stands for in front of a tag."""

_TYPES: dict[str, tuple[type, ...]] = {
    "null": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
}


def plain_value(text: str) -> Json:
    """What a scalar without quotes stands for.

    Raises ValueError with a sentence for a number that JSON or the database cannot hold.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMERIC_START:
        return text
    return _number_or_text(text)


def tagged_value(text: str, tag: str) -> Json:
    """What a scalar with a core tag (`!!str`, `!!int`, …) stands for; `tag` is written out in full.

    Raises ValueError when the text is not of the tag's type, KeyError when the tag is not of the core schema.
    """
    name = tag.removeprefix(CORE)
    if name == "str" or tag == "!":
        return text
    types = _TYPES[name]
    value = plain_value(text)
    if type(value) not in types:
        raise ValueError(f"{_shortened(text)} is not a value of the type !!{name}")
    return float(value) if name == "float" else value


def check_text(text: str) -> str | None:
    """Why a string cannot be stored, or None when it can."""
    if "\0" in text:
        return "the string holds the NUL character, which PostgreSQL cannot store"
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        return "the string holds half of a surrogate pair; write the character itself, or \\U and its eight digits"
    return None


def quoted(text: str) -> str:
    """`text` as a scalar in quotes, single ones where they do."""
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number_or_text(text: str) -> Json:
    if _DECIMAL.fullmatch(text):
        return _checked_int(text, 10)
    if _OCTAL.fullmatch(text):
        return _checked_int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return _checked_int(text[2:], 16)
    if _FLOAT.fullmatch(text):
        return _checked_float(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a JSON number; use null or a string")
    return text


def _checked_int(digits: str, base: int) -> int:
    # int() is quadratic in the number of digits, so a text that cannot fit is refused before it.
    number = int(digits, base) if len(digits.lstrip("+-0")) <= 64 else _MAX_INT + 1
    if not _MIN_INT <= number <= _MAX_INT:
        raise ValueError(
            f"the integer {_shortened(digits)} does not fit in 64 bits; put it in quotes to pass it as text"
        )
    return number


def _checked_float(text: str) -> float:
    number = float(text) if len(text) <= _LONGEST_NUMBER else math.inf
    if not math.isfinite(number):
        raise ValueError(f"the number {_shortened(text)} is too large; put it in quotes to pass it as text")
    return number


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:30]}… ({len(text):,} characters)"
