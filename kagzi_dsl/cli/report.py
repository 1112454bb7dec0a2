"""Diagnostics as text: the place, what is wrong, the line with a caret, what would be right.

flow.yaml:12:9: error[unknown-step]: there is no step `valdate`
   12 |     with: {id: "${ steps.valdate.id }"}
      |                          ^^^^^^^
   hint: did you mean `steps.validate`?
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import click

from kagzi_dsl.cli.output import clean
from kagzi_dsl.dsl.diagnostic import Diagnostic, Related, Span

_COLOURS = {"error": "red", "warning": "yellow"}
_WIDEST = 110
_BEFORE = 40


class Texts:
    """The lines of the files that diagnostics point into; each file is read once."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def line(self, file: str, number: int) -> str | None:
        """A line, numbered from 1; None where it cannot be shown."""
        if file not in self._lines:
            self._lines[file] = _read(file)
        lines = self._lines[file]
        return lines[number - 1] if 0 < number <= len(lines) else None


def _read(file: str) -> list[str]:
    try:
        with open(file, encoding="utf-8-sig", errors="replace", newline="") as stream:
            text = stream.read()
    except (OSError, ValueError):
        return []
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def text_of(diagnostics: Sequence[Diagnostic], *, colour: bool = False) -> str:
    """Every diagnostic as people read it, in the order given; a blank line between two."""
    texts = Texts()
    return "\n\n".join("\n".join(_one(diagnostic, texts, colour)) for diagnostic in diagnostics)


def summary_of(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty when there is neither."""
    counts = {severity: sum(one.severity == severity for one in diagnostics) for severity in _COLOURS}
    return ", ".join(f"{count} {name}{'s' * (count > 1)}" for name, count in counts.items() if count)


def place_of(file: str, span: Span | None) -> str:
    """`flow.yaml:12:9`, or less where less is known."""
    parts = [file] if file else []
    return ":".join([*parts, str(span.line), str(span.column)] if span else parts)


def _one(diagnostic: Diagnostic, texts: Texts, colour: bool) -> list[str]:
    place = place_of(diagnostic.file, diagnostic.span)
    severity = _styled(f"{diagnostic.severity}[{diagnostic.code}]", colour, fg=_COLOURS[diagnostic.severity], bold=True)
    head = f"{severity}: {_indented(diagnostic.message)}"
    lines = [f"{_styled(clean(place), colour, bold=True)}: {head}" if place else head]
    lines += _shown(diagnostic.file, diagnostic.span, texts, colour, _COLOURS[diagnostic.severity])
    if diagnostic.hint:
        lines.append(f"   {_styled('hint', colour, fg='green')}: {_indented(diagnostic.hint)}")
    for related in diagnostic.related:
        lines += _related(related, diagnostic, texts, colour)
    return lines


def _related(related: Related, diagnostic: Diagnostic, texts: Texts, colour: bool) -> list[str]:
    file = related.file or diagnostic.file
    place = clean(place_of(file, related.span))
    lines = [f"   {place}: {_styled('note', colour, fg='cyan')}: {_indented(related.message)}"]
    return lines + _shown(file, related.span, texts, colour, "cyan")


def _indented(text: str) -> str:
    return "\n      ".join(clean(line) for line in text.split("\n"))


def _shown(file: str, span: Span | None, texts: Texts, colour: bool, fg: str) -> list[str]:
    """The line a span begins on, and carets under it."""
    line = texts.line(file, span.line) if span and file else None
    if span is None or line is None:
        return []
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    cut, start, end = _cut(line, start, max(end, start + 1))
    before, marked = cut[:start], cut[start:end]
    carets = "^" * max(1, _width(marked))
    gutter = f"{span.line:>5} | "
    below = " " * 5 + " | " + _blank(before) + _styled(carets, colour, fg=fg, bold=True)
    return [_styled(gutter, colour, dim=True) + _printable(cut), below]


def _cut(line: str, start: int, end: int) -> tuple[str, int, int]:
    """A long line around the marked stretch, with dots where something was left out."""
    if len(line) <= _WIDEST:
        return line, start, end
    first = max(0, start - _BEFORE)
    window = line[first : first + _WIDEST]
    head, tail = ("…" if first else ""), ("…" if first + _WIDEST < len(line) else "")
    shift = len(head) - first
    return head + window + tail, start + shift, min(end + shift, len(head) + len(window))


def _printable(text: str) -> str:
    return "".join("\ufffd" if _steers(char) else char for char in text)


def _steers(char: str) -> bool:
    return char != "\t" and clean(char) != char


def _blank(text: str) -> str:
    """Blanks as wide as `text`, tabs kept."""
    return "".join("\t" if char == "\t" else " " * _width(char) for char in text)


def _width(text: str) -> int:
    """The columns a terminal gives to `text`."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _styled(
    text: str, colour: bool, *, fg: str | None = None, bold: bool | None = None, dim: bool | None = None
) -> str:
    return click.style(text, fg=fg, bold=bold, dim=dim) if colour else text
