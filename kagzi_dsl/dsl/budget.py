"""What one evaluation of an expression may cost.

Expressions are evaluated by the interpreter itself, between two commits and while other runs wait, over data that
somebody else may have written. So each of them ends soon and small, whatever it is given. An expression has no loops of
its own and no recursion: its depth is that of its text, checked when it is compiled. What can grow is counted here,
over the whole evaluation, because a limit for each call is none inside a projection.
"""

from __future__ import annotations

from typing import Final

from kagzi_dsl.dsl.scope import Scope
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json

MAX_EXPRESSION_CHARACTERS: Final = 10_000
"""Length of one expression. Longer ones are data that belongs into a `set` or an activity."""

MAX_DEPTH: Final = 100
"""Brackets and operators within each other. Each level takes up to four frames of Python's stack of 1,000 to parse."""

MAX_VISITS: Final = 1_000_000
"""Items looked at by projections, filters and functions: about a second of work."""

MAX_RANGE: Final = 100_000
"""Numbers made by `range`, ten times the items of a large foreach."""

MAX_TEXT: Final = 10_000_000
"""Characters of text made by functions: well over the payload limit, well under a machine's memory."""

MAX_OUTPUT: Final = 10_000_000
"""Size of what an expression builds, in characters of JSON, roughly.

A list that holds one large value ten thousand times takes no memory until it is written out. This is why it is
counted although the payload limit would refuse it later.
"""


class Evaluation:
    """One evaluation: the scope it reads from and what it has left to spend."""

    # What is left belongs to the class until something is spent: most evaluations spend nothing, and each of three
    # assignments would cost as much as reading a field.
    _visits = MAX_VISITS
    _numbers = MAX_RANGE
    _text = MAX_TEXT

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def visit(self, count: int) -> None:
        """Pays for looking at `count` items. Raises ExpressionError when the budget is spent."""
        self._visits -= count
        if self._visits < 0:
            raise ExpressionError(
                f"looks at more than {MAX_VISITS:,} items", hint="do work of this size in an activity of your own"
            )

    def count(self, numbers: int) -> None:
        """Pays for making `numbers` numbers."""
        self._numbers -= numbers
        if self._numbers < 0:
            raise ExpressionError(f"makes more than {MAX_RANGE:,} numbers with range()")

    def write(self, characters: int) -> None:
        """Pays for making a text of `characters` characters; to be called before it is made."""
        self._text -= characters
        if self._text < 0:
            raise ExpressionError(f"makes more than {MAX_TEXT:,} characters of text")


def check_output(value: Json) -> int:
    """The size of `value`, written out, roughly. Raises ExpressionError when it is over MAX_OUTPUT."""
    left = MAX_OUTPUT
    stack = [value]
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is str:
            left -= len(item) + 3
        elif kind is list:
            left -= len(item) + 2
            stack.extend(item)
        elif kind is dict:
            left -= sum(map(len, item)) + 4 * len(item) + 2
            stack.extend(item.values())
        else:
            left -= 4
        if left < 0:
            raise ExpressionError(f"makes a value of more than {MAX_OUTPUT:,} characters of JSON")
    return MAX_OUTPUT - left
