"""What to say about an expression that does not parse, and how it should have been written.

JMESPath looks like the languages people know and differs from them in a few places; nearly every mistake is one of
these.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from jmespath.exceptions import IncompleteExpressionError, LexerError, ParseError

from kagzi_dsl.errors import ExpressionError

_SLIPS: Final = re.compile(
    r"""(?P<keep>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|\[\s*-?\d*(?:\s*:\s*-?\d*){0,2}\s*\])"""
    r"""|(?P<number>(?<![\w.\])])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))"""
    r"""|(?P<word>(?<![\w.])(?:and|or|not|AND|OR|NOT)(?![\w(.]))"""
    r"""|(?P<sign>===?|!==|<>|(?<![=!<>])=(?!=))"""
    r"""|(?P<curly>[“”‘’][^“”‘’]*[“”‘’])""",
    re.DOTALL,
)
_WORDS: Final = {"and": "&&", "or": "||", "not": "!"}
_SIGNS: Final = {"=": "==", "==": "==", "===": "==", "!==": "!=", "<>": "!="}
_STRANGERS: Final = {
    "+": "there are no operators for arithmetic: add(a, b) adds, join('', [a, b]) puts texts together",
    "-": "there are no operators for arithmetic: use sub(a, b); names with a dash stand in double quotes",
    "/": "there are no operators for arithmetic: use div(a, b)",
    "%": "there are no operators for arithmetic: use mod(a, b)",
    "*": "there are no operators for arithmetic: use mul(a, b)",
    "=": "equality is written ==",
    "?": "a choice is written if(condition, then, otherwise)",
    "$": "inside of ${ } names are written bare",
    "#": "there are no comments in expressions",
}


def explained(text: str, error: Exception, parses: Callable[[str], bool]) -> ExpressionError:
    """The error to raise for a text the jmespath library refused with `error`; `parses` tries a corrected text."""
    message, offset = _what(text, error)
    return ExpressionError(
        message, expression=text, offset=offset, hint=_corrected(text, parses) or _advice(text, offset)
    )


def _what(text: str, error: Exception) -> tuple[str, int]:
    match error:
        case LexerError() if str(error.message).startswith("Unclosed"):
            return f"the {text[error.lexer_position]} that opens here is never closed", error.lexer_position
        case LexerError() if text[error.lexer_position : error.lexer_position + 1] == '"':
            return f"not a valid quoted name: {error.message}", error.lexer_position
        case LexerError():
            return f"unexpected {text[error.lexer_position]!r}", error.lexer_position
        case IncompleteExpressionError():
            return "the expression ends too early", len(text)
        case ParseError() if error.token_type == "EOF":
            return "the expression ends too early", len(text)
        case ParseError() if error.msg.startswith("Quoted identifier not allowed"):
            offset = text.find("(")
            return "a function's name stands without quotes", max(0, offset)
        case ParseError():
            return f"unexpected {str(error.token_value)[:40]!r}", error.lex_position
        case IndexError():
            return "the expression ends too early", len(text)
        case _:
            return "a number is too long", 0


def _corrected(text: str, parses: Callable[[str], bool]) -> str | None:
    """`text` with the usual slips put right, if that makes it parse."""
    better = _SLIPS.sub(_replacement, text)
    return f"write: {better}" if better != text and parses(better) else None


def _replacement(found: re.Match[str]) -> str:
    slip = found[0]
    match found.lastgroup:
        case "number":
            return f"`{slip}`"
        case "word":
            return _WORDS[slip.lower()]
        case "sign":
            return _SIGNS[slip]
        case "curly":
            return f"'{slip[1:-1]}'"
        case _:
            return slip


def _advice(text: str, offset: int) -> str | None:
    return _STRANGERS.get(text[offset : offset + 1])
