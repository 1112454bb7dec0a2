"""A document's text as the stream of YAML events, from libyaml where PyYAML has it, else from PyYAML's own parser.

They differ in tabs, which libyaml takes as white space between tokens and the other does not; that rule is put into the
Python scanner here. What still differs: unknown % directives, tabs inside text without quotes, a `?` in flow style, and
by a column the place of a value that is left empty there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import yaml
from yaml.events import Event
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from kagzi_dsl.dsl.span import Stretch

HAS_LIBYAML: bool = yaml.__with_libyaml__

if HAS_LIBYAML:
    from yaml._yaml import CParser


class Scalar(Stretch, Protocol):
    """What the reader needs of a scalar's event; `style` is empty or None for text without quotes."""

    value: str
    style: str | None
    tag: str | None
    anchor: str | None


class Collection(Stretch, Protocol):
    """What the reader needs of the event that opens a list or a mapping."""

    tag: str | None
    anchor: str | None


class Alias(Stretch, Protocol):
    """What the reader needs of an alias's event."""

    anchor: str


class DocumentStart(Stretch, Protocol):
    """What the reader needs of a document's first event; `version` is that of a %YAML line."""

    version: tuple[int, int] | None


def yaml_events(text: str, *, pure: bool = False) -> Iterator[Event]:
    """The events of `text`, lazily. `pure` asks for the Python parser even where libyaml is there.

    Raises yaml.MarkedYAMLError, while iterated, where the text is not YAML.
    """
    parser = CParser(text) if HAS_LIBYAML and not pure else _PythonParser(text)
    return iter(parser.get_event, None)


class _PythonParser(Reader, Scanner, Parser):
    """PyYAML's parser without its composer and constructor."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def scan_to_next_token(self) -> None:
        """Skips white space, comments and line breaks; a tab is white space where it is not indentation."""
        while True:
            self._skip_blanks()
            if self.peek() == "#":
                self._skip_comment()
            if not self.scan_line_break():  # type: ignore[no-untyped-call]
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def _skip_blanks(self) -> None:
        tabs_too = bool(self.flow_level) or not self.allow_simple_key
        while self.peek() == " " or (tabs_too and self.peek() == "\t"):
            self.forward()

    def _skip_comment(self) -> None:
        while self.peek() not in "\0\r\n\x85\u2028\u2029":
            self.forward()
