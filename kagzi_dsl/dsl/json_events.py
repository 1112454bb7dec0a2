"""A JSON text (RFC 8259) as the stream of events that YAML has, so that one reader puts both together.

JSON is nearly a part of YAML 1.2. It has a scanner of its own because of surrogate pairs in `\\u` escapes and tabs as
white space, and because a mistake in a .json file should be told in JSON's words.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from yaml import Mark, MarkedYAMLError
from yaml.events import (
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

_TOKEN = re.compile(
    r"""
        (?P<mark>[{}\[\],:])
      | (?P<text>"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+")
      | (?P<plain>(?:-?(?:0|[1-9][0-9]*+)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null)(?![0-9A-Za-z_.+-]))
    """,
    re.VERBOSE,
)
_BLANK = re.compile(r"[ \t\n\r]*")

_VALUE, _FIRST_ITEM, _FIRST_KEY, _KEY, _COLON, _AFTER = range(6)  # what may come next
_WANTED = {
    _VALUE: "a value",
    _FIRST_ITEM: "a value or ]",
    _FIRST_KEY: "a key in double quotes or }",
    _KEY: "a key in double quotes",
    _COLON: "a colon",
}


def json_events(text: str) -> Iterator[Event]:
    """The events of a JSON text, lazily.

    Raises yaml.MarkedYAMLError, while iterated, at the first place that is not JSON; its `note` is a hint.
    """
    return _Scanner(text).events()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *(found.end() for found in re.finditer("\n", text))]
        self._expected = _VALUE
        self._open: list[str] = []

    def events(self) -> Iterator[Event]:
        position = self._skip_blank(0)
        while position < len(self._text):
            found = _TOKEN.match(self._text, position)
            if found is None or (self._expected == _AFTER and not self._open):
                raise self._error(position)
            event = self._take(found)
            if event is not None:
                yield event
            position = self._skip_blank(found.end())
        if self._open or self._expected == _VALUE:
            raise self._error(position)
        yield StreamEndEvent(self._at(position), self._at(position))

    def _take(self, found: re.Match[str]) -> Event | None:
        if found.lastgroup == "mark":
            return self._take_mark(found[0], found.start())
        is_key = self._expected in (_KEY, _FIRST_KEY)
        if (is_key and found.lastgroup != "text") or self._expected in (_COLON, _AFTER):
            raise self._error(found.start())
        self._expected = _COLON if is_key else _AFTER
        quoted = found.lastgroup == "text"
        value = json.loads(found[0]) if quoted and "\\" in found[0] else found[0].strip('"')
        start, end = self._at(found.start()), self._at(found.end())
        return ScalarEvent(None, None, (not quoted, quoted), value, start, end, '"' if quoted else "")

    def _take_mark(self, mark: str, position: int) -> Event | None:
        match mark, self._expected:
            case "{" | "[", 0 | 1:
                return self._begin(mark, position)
            case "}", 2 | 5 if self._open and self._open[-1] == "{":
                return self._end(MappingEndEvent, position)
            case "]", 1 | 5 if self._open and self._open[-1] == "[":
                return self._end(SequenceEndEvent, position)
            case ",", 5 if self._open:
                self._expected = _KEY if self._open[-1] == "{" else _VALUE
            case ":", 4:
                self._expected = _VALUE
            case _:
                raise self._error(position)
        return None

    def _begin(self, mark: str, position: int) -> Event:
        self._open.append(mark)
        start, end = self._at(position), self._at(position + 1)
        if mark == "{":
            self._expected = _FIRST_KEY
            return MappingStartEvent(None, None, True, start, end, True)
        self._expected = _FIRST_ITEM
        return SequenceStartEvent(None, None, True, start, end, True)

    def _end(self, event: type[MappingEndEvent] | type[SequenceEndEvent], position: int) -> Event:
        self._open.pop()
        self._expected = _AFTER
        return event(self._at(position), self._at(position + 1))

    def _skip_blank(self, position: int) -> int:
        found = _BLANK.match(self._text, position)
        return found.end() if found else position

    def _at(self, index: int) -> Mark:
        line = bisect_right(self._lines, index) - 1
        return Mark("", index, line, index - self._lines[line], None, 0)

    def _error(self, position: int) -> MarkedYAMLError:
        rest = self._text[position : position + 40]
        wanted = self._wanted()
        found = "the end of the file" if not rest else f"`{rest.split()[0][:20]}`" if rest.strip() else "white space"
        return MarkedYAMLError(
            problem=f"expected {wanted}, found {found}",
            problem_mark=self._at(position),
            note=self._hint(rest, position),
        )

    def _wanted(self) -> str:
        if self._expected != _AFTER:
            return _WANTED[self._expected]
        if not self._open:
            return "the end of the file"
        return "a comma or }" if self._open[-1] == "{" else "a comma or ]"

    def _hint(self, rest: str, position: int) -> str | None:
        before = self._text[max(0, position - 200) : position].rstrip()
        if rest.startswith(("}", "]")) and before.endswith(","):
            return "JSON has no comma after the last entry"
        if rest.startswith("'"):
            return 'JSON text is in double quotes: "'
        if rest.startswith(("//", "/*", "#")):
            return "JSON has no comments; a .yaml file may have them"
        if rest.startswith('"'):
            return _text_hint(self._text[position:]) if self._expected not in (_AFTER, _COLON) else None
        if rest.startswith(("NaN", "Infinity", "-Infinity", "None", "True", "False")):
            return "JSON knows true, false, null and finite numbers"
        return None


def _text_hint(rest: str) -> str:
    line = rest.partition("\n")[0]
    if re.match(r'"(?:[^"\\]|\\.)*"', line):
        return r"of escapes JSON has \" \\ \/ \b \f \n \r \t and \u with four digits, and no raw control characters"
    return "the text is not closed on its line"
