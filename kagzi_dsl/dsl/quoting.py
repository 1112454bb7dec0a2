"""Quotes in expressions: finding them without a lexer, and writing them."""

from __future__ import annotations

import json
import re
from typing import Final

QUOTED: Final = re.compile(
    r"""'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+"|`[^`\\]*+(?:\\.[^`\\]*+)*+`""", re.DOTALL
)
"""A string, a quoted name or a literal, by the rules of JMESPath's lexer: a backslash takes the next character with it.

The quantifiers are possessive, so that a quote that is never closed costs one look at the text.
"""


def as_literal(text: str) -> str:
    """The expression whose value is `text`: in single quotes, or as a JSON literal where it has backslashes.

    In single quotes a backslash stands for itself unless a quote follows, so that not every text can be written so.
    """
    if "\\" not in text:
        return "'" + text.replace("'", "\\'") + "'"
    return "`" + json.dumps(text, ensure_ascii=False).replace("`", "\\`") + "`"
