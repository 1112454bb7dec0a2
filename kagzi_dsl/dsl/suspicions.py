"""What is legal in an expression and surely not meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from kagzi_dsl.dsl.quoting import QUOTED, as_literal
from kagzi_dsl.dsl.syntax import Token, Tree
from kagzi_dsl.dsl.values import shown


class Suspicion(NamedTuple):
    """A warning about an expression; `code` is a lasting word, `offset` counts characters into the expression."""

    code: str
    offset: int
    message: str
    hint: str


DOUBLE_QUOTED: Final = "double-quoted-text"

_WORDS: Final = frozenset({"true", "false", "null"})
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def suspicious_name(text: str, token: Token, *, alone: bool, at_root: bool) -> Suspicion | None:
    """A warning for a name that looks like a literal: bare true, false and null, and text in double quotes.

    `alone` says that no field follows it, `at_root` that it is looked up among the roots. Quotes are needed for fields
    like "content-type"; no root needs them, and a name that would do without them and stands alone is meant as text.
    """
    name, offset = token["value"], token["start"]
    if token["type"] == "unquoted_identifier":
        if name not in _WORDS or not alone:
            return None
        better = f"{text[:offset]}`{name}`{text[offset + len(name) :]}"
        return Suspicion(
            "bare-literal", offset, f"`{name}` is read as a name here", f"the literal stands in backticks: {better}"
        )
    written = QUOTED.match(text, offset)
    if written is None or not (at_root or (alone and _PLAIN_NAME.fullmatch(name))):
        return None
    better = f"{text[:offset]}{as_literal(name)}{text[written.end() :]}"
    return Suspicion(
        DOUBLE_QUOTED, offset, f"{written[0]} is read as a name here", f"text stands in single quotes: {better}"
    )


def suspicious_comparison(tree: Tree, offsets: Mapping[int, int]) -> Suspicion | None:
    """A warning for a comparison with a literal that never holds; `offsets` has every node's by its identity."""
    if tree["value"] in ("eq", "ne"):
        return None
    for side in tree["children"]:
        if side["type"] == "literal" and type(side["value"]) not in (int, float, str):
            return Suspicion(
                "no-order",
                offsets[id(side)],
                f"{shown(side['value'])} is neither larger nor smaller than anything, so this is never true",
                "only numbers and strings have an order",
            )
    return None
