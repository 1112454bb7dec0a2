"""Reading the pattern of a regular expression into a tree."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from kagzi_dsl.errors import ExpressionError

MAX_PATTERN_CHARACTERS: Final = 1_000
_MAX_DEPTH: Final = 50


class Anchor(Enum):
    """A place in the text rather than a character."""

    START = "start"
    END = "end"
    BOUNDARY = "boundary"
    NO_BOUNDARY = "no boundary"


@dataclass(frozen=True, slots=True)
class One:
    """One character that `accepts` gives something true for."""

    accepts: Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Series:
    """Its parts one after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of its parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """Its part `low` to `high` times; None: any number of times."""

    part: Node
    low: int
    high: int | None


Node: TypeAlias = One | Series | Choice | Repeat | Anchor

_FLAGS: Final = re.compile(r"\(\?([is]+)\)")
_FLAG_VALUES: Final = {"i": re.IGNORECASE, "s": re.DOTALL}
_ANCHORS: Final = {
    "^": Anchor.START,
    "$": Anchor.END,
    "\\A": Anchor.START,
    "\\Z": Anchor.END,
    "\\b": Anchor.BOUNDARY,
    "\\B": Anchor.NO_BOUNDARY,
}
_GROUP: Final = re.compile(r"\((?:\?:|\?P?<[A-Za-z_]\w*>)?(?!\?)")
_CLASS: Final = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[AZbBdDwWsStnrfv]|[^A-Za-z0-9])", re.DOTALL)
_QUANTIFIER: Final = re.compile(r"([*+?]|\{(?=[0-9,])([0-9]*)(,?)([0-9]*)\})(\??)")
_COUNTS: Final[dict[str, tuple[int, int | None]]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def parse_pattern(pattern: str) -> Node:
    """The tree of a pattern. Raises ExpressionError that says what is wrong with it."""
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        raise ExpressionError(
            f"the pattern has {len(pattern):,} characters, over the limit of {MAX_PATTERN_CHARACTERS:,}"
        )
    reader = _Reader(pattern)
    node = reader.choice(0)
    if reader.rest():
        raise reader.wrong("a ) without a (")
    return node


class _Reader:
    """Recursive descent over a pattern."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._flags = re.RegexFlag(0)
        self._position = 0
        if flags := _FLAGS.match(pattern):
            self._position = flags.end()
            for letter in flags[1]:
                self._flags |= _FLAG_VALUES[letter]

    def rest(self) -> str:
        """The next character, empty at the end."""
        return self._pattern[self._position : self._position + 1]

    def wrong(self, what: str) -> ExpressionError:
        """The error to raise about this place of the pattern."""
        return ExpressionError(f"the pattern {self._pattern[:60]!r} has {what} at character {self._position + 1}")

    def choice(self, depth: int) -> Node:
        """Alternatives with | between them."""
        if depth > _MAX_DEPTH:
            raise self.wrong(f"groups deeper than {_MAX_DEPTH} levels")
        parts = [self._series(depth)]
        while self.rest() == "|":
            self._position += 1
            parts.append(self._series(depth))
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _series(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.rest() not in ("", "|", ")"):
            parts.append(self._quantified(self._atom(depth)))
        return Series(tuple(parts))

    def _quantified(self, part: Node) -> Node:
        found = _QUANTIFIER.match(self._pattern, self._position)
        if found is None:
            return part
        if isinstance(part, Anchor):
            raise self.wrong("a repetition of a place")
        low, high = _COUNTS.get(found[1]) or self._counts(found)
        self._position = found.end()
        if _QUANTIFIER.match(self._pattern, self._position):
            raise self.wrong("a repetition of a repetition")
        return Repeat(part, low, high)

    def _counts(self, found: re.Match[str]) -> tuple[int, int | None]:
        low = int(found[2] or 0)
        high = low if not found[3] else int(found[4]) if found[4] else None
        if high is not None and high < low:
            raise self.wrong("a repetition whose least is more than its most")
        return low, high

    def _atom(self, depth: int) -> Node:
        match self.rest():
            case "(":
                return self._group(depth)
            case "[":
                return self._class()
            case "\\":
                return self._escape()
            case "*" | "+" | "?":
                raise self.wrong("nothing to repeat")
            case "^" | "$" as sign:
                self._position += 1
                return _ANCHORS[sign]
            case character:
                self._position += 1
                return self._one("." if character == "." else re.escape(character))

    def _group(self, depth: int) -> Node:
        opening = _GROUP.match(self._pattern, self._position)
        if opening is None:
            raise self.wrong("a group of a kind that is not supported (lookaround, flags or a condition)")
        self._position = opening.end()
        inside = self.choice(depth + 1)
        if self.rest() != ")":
            raise self.wrong("an end before a ) ")
        self._position += 1
        return inside

    def _class(self) -> Node:
        found = _CLASS.match(self._pattern, self._position)
        if found is None:
            raise self.wrong("a [ that is never closed")
        # These are reserved for set operations in Python, which warns of them; here they are characters.
        plain = found[0][0] + re.sub(
            r"(\\.)|([\[&|~])", lambda sign: sign[1] or f"\\{sign[2]}", found[0][1:], flags=re.DOTALL
        )
        if "--" in plain:
            raise self.wrong("a -- in a class: put a backslash before the dash")
        node = self._one(plain)
        self._position = found.end()
        return node

    def _escape(self) -> Node:
        found = _ESCAPE.match(self._pattern, self._position)
        if found is None:
            raise self.wrong("an escape that is not supported (as are references to groups)")
        node = _ANCHORS.get(found[0]) or self._one(found[0])
        self._position = found.end()
        return node

    def _one(self, fragment: str) -> Node:
        try:
            return One(re.compile(fragment, self._flags).fullmatch)
        except (re.error, OverflowError) as error:
            raise self.wrong(f"a class that is not valid ({error})") from None
