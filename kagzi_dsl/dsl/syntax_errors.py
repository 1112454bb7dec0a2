"""What to say about an expression that does not parse, and how it should have been written.

JMESPath looks like the languages people know and differs from them in a few places; nearly every mistake is one of
these.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from jmespath.exceptions import LexerError, ParseError

from kagzi_dsl.dsl.quoting import QUOTED, as_literal
from kagzi_dsl.errors import ExpressionError

_SLIPS: Final = re.compile(
    r"""(?<=[\w)\]"])\[\s*(?P<quote>['"])(?P<member>[^'"\\]+)(?P=quote)\s*\]"""
    rf"""|(?P<keep>{QUOTED.pattern}|\[\s*-?\d*(?:\s*:\s*-?\d*){{0,2}}\s*\])"""
    r"""|(?P<number>(?<![\w.\])])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))"""
    r"""|(?P<negation>(?<![\w.])(?:not|NOT)\s+(?P<negated>[\w.@\[\]"-]+))"""
    r"""|(?P<word>(?<![\w.])(?:and|or|not|AND|OR|NOT)(?![\w(.]))"""
    r"""|(?P<sign>===?|!==|<>|(?<![=!<>])=(?!=))"""
    r"""|[“”‘’](?P<curly>[^“”‘’]*)[“”‘’]""",
    re.DOTALL,
)
"""What is written as in other languages; `keep` is for what must not be looked into."""

_SPELLINGS: Final = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "=": "==",
    "==": "==",
    "===": "==",
    "!==": "!=",
    "<>": "!=",
}
_ADVICE: Final = {
    "+": "there are no operators for arithmetic: add(a, b) adds, join('', [a, b]) puts texts together",
    "-": "there are no operators for arithmetic: use sub(a, b); names with a dash stand in double quotes",
    "/": "there are no operators for arithmetic: use div(a, b)",
    "%": "there are no operators for arithmetic: use mod(a, b)",
    "*": "there are no operators for arithmetic: use mul(a, b)",
    "=": "equality is written ==",
    "?": "a choice is written if(condition, then, otherwise), a default not_null(value, default)",
    "$": "inside of ${ } names are written bare",
    "#": "there are no comments in expressions",
    "in": "whether a list holds a value is written contains(list, value)",
    "not": "the opposite is written !(condition)",
    "is": "equality is written ==",
    "if": "a choice is written if(condition, then, otherwise)",
}
_WORD: Final = re.compile(r"\w+|.", re.DOTALL)
_BRACKETS: Final = re.compile(rf"{QUOTED.pattern}|[][(){{}}]", re.DOTALL)


def explained(text: str, error: Exception, parses: Callable[[str], bool]) -> ExpressionError:
    """The error to raise for a text the jmespath library refused with `error`; `parses` tries a corrected text."""
    message, offset = _what(text, error)
    return ExpressionError(
        message, expression=text, offset=offset, hint=_corrected(text, parses) or _advice(text, offset)
    )


def _what(text: str, error: Exception) -> tuple[str, int]:
    """What is wrong, and where."""
    match error:
        case LexerError() if str(error.message).startswith("Unclosed"):
            return f"the {text[error.lexer_position]} that opens here is never closed", error.lexer_position
        case LexerError() if text[error.lexer_position : error.lexer_position + 1] == '"':
            return f"not a valid quoted name: {error.message}", error.lexer_position
        case LexerError():
            return _unexpected(text, error.lexer_position)
        case ParseError() if error.msg.startswith("Quoted identifier not allowed"):
            return "a function's name stands without quotes", max(0, text.find("("))
        case ParseError() if error.token_type not in (None, "EOF"):
            return _unexpected(text, error.lex_position)
        case ParseError() | IndexError():
            return _ends_early(text)
        case _:
            return "a number has too many digits", 0


def _unexpected(text: str, offset: int) -> tuple[str, int]:
    found = _WORD.match(text, offset)
    return f"unexpected {found[0][:40] if found else ''!r}", offset


def _ends_early(text: str) -> tuple[str, int]:
    open_brackets: list[int] = []
    for found in _BRACKETS.finditer(text):
        if found[0] in "([{":
            open_brackets.append(found.start())
        elif found[0] in ")]}" and open_brackets:
            open_brackets.pop()
    if not open_brackets:
        return "the expression ends too early", len(text)
    return f"the {text[open_brackets[-1]]} that opens here is never closed", open_brackets[-1]


def _corrected(text: str, parses: Callable[[str], bool]) -> str | None:
    """`text` with the usual slips put right, if that makes it parse."""
    if text[0] == "{" and text[-1] == "}" and parses(text[1:-1].strip()):
        return f"one pair of braces is enough: {text[1:-1].strip()}"
    better = _SLIPS.sub(_replacement, text)
    return f"write: {better}" if better != text and parses(better) else None


def _replacement(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "member":
            name = found["member"]
            return f".{name}" if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else f'."{name}"'
        case "number":
            return f"`{found[0]}`"
        case "negation":
            # `!` takes only the name right behind it: `!input.a` reads `a` of a boolean.
            return f"!({found['negated']})"
        case "word" | "sign":
            return _SPELLINGS[found[0].lower()]
        case "curly":
            return as_literal(found["curly"])
        case _:
            return found[0]


def _advice(text: str, offset: int) -> str | None:
    found = _WORD.match(text, offset)
    return _ADVICE.get(found[0].lower()) if found else None
