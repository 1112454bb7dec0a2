"""From the text of an expression to JMESPath's syntax tree, with the places the tree itself does not keep.

The jmespath library does the parsing. Its tree has no positions; but identifiers, literals and `@` stand in the tree in
the order in which they stand in the text, so the tokens of these kinds, in order, are all that is needed to find them
again. What the library leaves open is settled before it sees the text: how long and how deep an expression may be, and
what its literals may hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Final, NamedTuple, TypeAlias

from jmespath.exceptions import JMESPathError
from jmespath.lexer import Lexer
from jmespath.parser import Parser

from kagzi_dsl.dsl.budget import MAX_DEPTH, MAX_EXPRESSION_CHARACTERS
from kagzi_dsl.dsl.json_text import loads
from kagzi_dsl.dsl.quoting import QUOTED
from kagzi_dsl.errors import ExpressionError, PayloadError

Tree: TypeAlias = Mapping[str, Any]
"""A node of JMESPath's syntax tree: {"type": …, "value": …, "children": […]}."""

Token: TypeAlias = Mapping[str, Any]

_WORDS: Final = re.compile(r"\s*(?!NaN|Infinity)[A-Za-z_][\w .-]{,60}")
_ANCHORS: Final = frozenset({"unquoted_identifier", "quoted_identifier", "literal", "current"})
_OPENING: Final = frozenset({"lparen", "lbracket", "lbrace", "filter"})
_CLOSING: Final = frozenset({"rparen", "rbracket", "rbrace"})
_NESTING: Final = frozenset(
    {"not", "expref", "star", "flatten", "or", "and", "pipe", "eq", "ne", "lt", "lte", "gt", "gte"} | _CLOSING
)


class Parsed(NamedTuple):
    """A syntax tree, and the tokens of its identifiers, literals and `@` in order.

    Every chain of names is the leftmost part of what is selected from it: the library's tree for `steps.a[0]` takes
    `a[0]` of `steps`, this one takes item 0 of `steps.a`. The two always have the same value. `commas` holds, for each
    function call in order, how many commas stand between its arguments.
    """

    tree: Tree
    anchors: Sequence[Token]
    commas: Sequence[int]


def parse(text: str) -> Parsed:
    """The syntax tree of `text`. Raises ExpressionError with the offset of what is wrong."""
    if len(text) > MAX_EXPRESSION_CHARACTERS:
        raise ExpressionError(
            f"the expression has {len(text):,} characters, over the limit of {MAX_EXPRESSION_CHARACTERS:,}",
            hint="split it with `set`, or do the work in an activity",
        )
    if not text:
        raise ExpressionError("the expression is empty", offset=0)
    _check_literals(text)
    try:
        tokens: list[Token] = [*Lexer().tokenize(text)]
        _check_depth(tokens)
        tree = Parser().parse(text).parsed
    except (JMESPathError, IndexError, ValueError) as error:
        from kagzi_dsl.dsl.syntax_errors import explained  # many patterns, for those whose text is no expression

        # Beside its own errors the library lets an IndexError escape when the text ends within brackets, and a
        # ValueError for a number of thousands of digits.
        raise explained(text, error, _parses) from None
    return Parsed(_leaning_left(tree), [token for token in tokens if token["type"] in _ANCHORS], _commas(tokens))


_SELECTING: Final = frozenset({"index_expression", "projection", "value_projection", "filter_projection", "flatten"})


def _leaning_left(tree: Tree) -> Tree:
    if tree["type"] == "slice":
        return tree
    children = [_leaning_left(child) for child in tree["children"]]
    if tree["type"] == "subexpression":
        return reduce(_dotted, children)
    return {**tree, "children": children}


def _dotted(left: Tree, right: Tree) -> Tree:
    """The tree for `left.right`."""
    if right["type"] in _SELECTING:
        first, *others = right["children"]
        return {**right, "children": [_dotted(left, first), *others]}
    before = left["children"] if left["type"] == "subexpression" else [left]
    return {"type": "subexpression", "children": [*before, right]}


def _parses(text: str) -> bool:
    try:
        _check_literals(text)
        Parser().parse(text)
    except (JMESPathError, ExpressionError, IndexError, ValueError):
        return False
    return True


def _check_literals(text: str) -> None:
    """Refuses literals that are not JSON: the library would take them for text, with a warning."""
    for found in QUOTED.finditer(text):
        if found[0][0] != "`":
            continue
        inside = found[0][1:-1].replace("\\`", "`")
        try:
            loads(inside)
        except PayloadError as error:
            message = f"the literal {_short(found[0])} cannot be read: {error.reason}"
            hint = f"text stands in single quotes: '{inside.strip()}'" if _WORDS.fullmatch(inside) else None
            raise ExpressionError(message, offset=found.start(), hint=hint) from None


def _check_depth(tokens: Sequence[Token]) -> None:
    """Refuses what would nest deeper than MAX_DEPTH, before the parser, which is recursive, sees it.

    Counted too high rather than too low: every operator between two commas counts as a level of its own.
    """
    levels = [0]
    depth = 0
    for token in tokens:
        kind = token["type"]
        if kind in _OPENING:
            levels.append(0)
            depth += 1
        elif kind in _CLOSING and len(levels) > 1:
            depth -= levels.pop() + 1
        elif kind == "comma":
            depth -= levels[-1]
            levels[-1] = 0
        if kind in _NESTING:
            levels[-1] += 1
            depth += 1
        if depth > MAX_DEPTH:
            raise ExpressionError(
                f"the expression nests deeper than {MAX_DEPTH} levels, operators in a row counted as well",
                offset=token["start"],
                hint="split it with `set`, or do the work in an activity",
            )


def _commas(tokens: Sequence[Token]) -> list[int]:
    """How many commas each call has, calls in the order of their names."""
    calls: list[int] = []
    open_calls: list[int | None] = []
    for before, token in zip(({"type": ""}, *tokens), tokens, strict=False):
        kind = token["type"]
        if kind in _OPENING:
            is_call = kind == "lparen" and before["type"] == "unquoted_identifier"
            open_calls.append(len(calls) if is_call else None)
            calls.extend([0] * is_call)
        elif kind in _CLOSING:
            open_calls.pop()
        elif kind == "comma" and open_calls and (call := open_calls[-1]) is not None:
            calls[call] += 1
    return calls


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"
