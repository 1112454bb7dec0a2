"""What is written where: results to stdout, everything else to stderr, colours only on terminals that want them."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator
from typing import IO, TextIO

import click

from kagzi_dsl.payload import Json

_STDOUT, _STDERR = 1, 2
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def say(text: str = "", *, fg: str | None = None, bold: bool | None = None) -> None:
    """Writes a line to stderr."""
    stream = sys.stderr  # looked up each time: a live tree takes its place for a while
    if stream is None:
        return
    text = clean(text)
    line = click.style(text, fg=fg, bold=bold) if (fg or bold) and colourful(stream) else text
    with contextlib.suppress(OSError):  # nobody reads what is said: no reason to stop working
        try:
            stream.write(line + "\n")
        except UnicodeEncodeError:
            stream.write(line.encode("ascii", "backslashreplace").decode() + "\n")
        stream.flush()


def clean(text: str) -> str:
    """`text` with the characters that would steer a terminal, or turn its text around, made visible."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person looks at `stream`."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it was closed
        return False


def colourful(stream: IO[str] | None) -> bool:
    """Whether `stream` is a terminal that wants colours (https://no-color.org)."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def write_json(value: Json, stream: IO[str] | None = None) -> None:
    """Writes one JSON value: indented for a person, in one line for a program."""
    import json  # orjson writes no blank after a colon, and refuses integers beyond 64 bits that an older run may hold

    stream = stream or sys.stdout
    if is_terminal(stream):
        text = clean(json.dumps(value, indent=2, ensure_ascii=False))
    else:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    write_text(text, stream)


def write_text(text: str, stream: IO[str] | None = None) -> None:
    """Writes `text` as a result, to stdout if nothing else is said; as UTF-8 where the locale knows too few letters."""
    stream = stream or sys.stdout
    if stream is None:
        return
    try:
        stream.write(text + "\n")
    except UnicodeEncodeError:
        stream.flush()
        getattr(stream, "buffer", io.BytesIO()).write(f"{text}\n".encode("utf-8", "backslashreplace"))
    stream.flush()


@contextlib.contextmanager
def stdout_kept() -> Iterator[IO[str]]:
    """Sends whatever prints meanwhile (activities, and programs they start) to stderr; gives the real stdout.

    So stdout holds the result and nothing else.
    """
    before = sys.stdout
    try:
        before.fileno()
    except (AttributeError, OSError, ValueError):  # closed, or replaced by something that is no file
        with contextlib.redirect_stdout(sys.stderr):
            yield before or io.StringIO()
        return
    before.flush()
    with _elsewhere(before) as kept, contextlib.redirect_stdout(sys.stderr):
        yield kept


@contextlib.contextmanager
def _elsewhere(before: TextIO) -> Iterator[IO[str]]:
    """Leads descriptor 1 to stderr, and gives a file that still writes where it led before."""
    saved = os.dup(_STDOUT)
    os.dup2(_stderr(), _STDOUT)
    try:
        with os.fdopen(os.dup(saved), "w", encoding=before.encoding, errors=before.errors) as kept:
            yield kept
    finally:
        os.dup2(saved, _STDOUT)
        os.close(saved)


def _stderr() -> int:
    try:
        os.fstat(_STDERR)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY)
    return _STDERR
