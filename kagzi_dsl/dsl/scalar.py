"""From a character of a scalar's value to its place in the file.

The value and the text it was written as are walked side by side: white space may differ, since YAML folds lines and
takes indentation away, everything else must be the same character. Only escapes in double quotes break that, and there
the answer is that there is none.
"""

from __future__ import annotations


def written_offset(written: str, value: str, offset: int) -> int | None:
    """Where in `written`, a scalar's own text, the character `offset` of its value stands; None behind an escape.

    The offset just past the value's end is allowed.
    """
    style = written[:1]
    if style == "*":
        return None
    start = 1 if style in ("'", '"') else written.find("\n") + 1 if style in ("|", ">") else 0
    here, there = 0, start
    while there < len(written) and not here == offset == len(value):
        character = written[there]
        wanted = value[here : here + 1]
        if style == '"' and character == "\\":
            return None
        if character == wanted:
            if here == offset:
                return there
            here += 1
            there += 2 if style == "'" and character == "'" else 1
        elif character.isspace():
            there += 1
        elif wanted.isspace():
            here += 1
        else:
            return None
    return there if here == offset else None
