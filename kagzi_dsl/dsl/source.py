"""A workflow file as a JSON value whose every place in the text is known.

YAML 1.2 with its core schema, and JSON. What is wrong with the text becomes diagnostics; nothing is raised. All sizes
are budgeted, so that no file, however hostile, takes more than moments: the bytes, the nesting, the number of values,
and what aliases expand to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from yaml import MarkedYAMLError

from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer, Span
from kagzi_dsl.dsl.scalar import written_offset
from kagzi_dsl.dsl.span import Spans, index_at, span_at
from kagzi_dsl.dsl.yaml_events import yaml_events
from kagzi_dsl.dsl.yaml_tree import MAX_EVENTS, Tree
from kagzi_dsl.payload import Json

MAX_BYTES = 5_000_000
"""How large a workflow file may be."""

# What YAML 1.2 allows (§5.1), less what PyYAML takes for a line break and YAML 1.2 does not, and the byte order mark.
_FORBIDDEN_ASCII = re.compile(r"[^\t\n\x20-\x7e]")
_FORBIDDEN = "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
"""Takes 5 ms to compile, so that is done for a text that is more than ASCII."""
_JSON_STRING = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"')
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Source:
    """A document that was read: its text and value, and the spans of values and keys by pointer.

    `text` has newlines for line ends and no byte order mark. A key's span is found by the pointer of the value it leads
    to. Spans of what stands below an alias are those of the anchor's text. `value` is not to be changed: an alias
    shares it with its anchor.
    """

    file: str
    text: str
    value: Json
    spans: Mapping[Pointer, Span]
    key_spans: Mapping[Pointer, Span]


class Loaded(NamedTuple):
    """What reading a file came to. `source` is None when its text could not be read to the end."""

    source: Source | None
    diagnostics: tuple[Diagnostic, ...]


def read_source(path: str | Path) -> Loaded:
    """Reads a workflow file. A file that is not there, or is none, is a diagnostic too."""
    file = str(path)
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return _refused("unreadable-file", f"{file} cannot be read: {_reason(error)}", file)
    return load_source(data, file=file)


def load_source(data: bytes | str, *, file: str = "") -> Loaded:
    """Reads a document from its text; JSON if the file's name ends in .json or the text is JSON, else YAML."""
    if len(data) > MAX_BYTES:
        return _refused("too-large", f"the file is larger than {MAX_BYTES // 1_000_000} MB", file)
    try:
        text = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        return _not_utf8(error, file)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _load_text(text, file)


def scalar_position(source: Source, pointer: Pointer, offset: int) -> Span | None:
    """Where the character `offset` of the text at `pointer` stands, or the whole scalar where that cannot be told.

    Exact for text without escapes, whatever its style; behind an escape, through an alias, and for what is no text it
    is the value's span. None when nothing is written at `pointer`.
    """
    span = source.spans.get(pointer)
    value = _value_at(source.value, pointer)
    if span is None or not isinstance(value, str):
        return span
    start = index_at(source.text, span.line, span.column)
    written = source.text[start : index_at(source.text, span.end_line, span.end_column)]
    found = written_offset(written, value, offset)
    return span if found is None else span_at(source.text, start + found)


def _value_at(value: Json, pointer: Pointer) -> Json:
    for part in pointer:
        value = value[part]
    return value


def _load_text(text: str, file: str) -> Loaded:
    if file.endswith(".json"):
        return _load_json(text, file)
    if text.lstrip().startswith("{"):
        loaded = _load_json(text, file)
        if not any(one.code == "json-syntax" for one in loaded.diagnostics):
            return loaded
    return _load_yaml(text, file)


def _load_yaml(text: str, file: str) -> Loaded:
    forbidden = (_FORBIDDEN_ASCII if text.isascii() else re.compile(_FORBIDDEN)).search(text)
    if forbidden:
        return _forbidden_character(text, forbidden.start(), file)
    tree = Tree(text, file)
    if _too_many(text):
        tree.refuse_size()
        return _loaded(tree, text, file)
    try:
        tree.read(yaml_events(text))
    except MarkedYAMLError as error:
        from kagzi_dsl.dsl.yaml_errors import explain  # many patterns, for those whose text is no YAML

        tree.diagnostics.append(explain(error, text, file))
    return _loaded(tree, text, file)


def _too_many(text: str) -> bool:
    """Whether a YAML text has more events than are read: found out before anything is made of them, which takes longer.

    An event takes a character at least, so that most documents need not be asked.
    """
    if len(text) <= MAX_EVENTS:
        return False
    try:
        return next(islice(yaml_events(text), MAX_EVENTS, None), None) is not None
    except MarkedYAMLError:
        return False


def _too_many_in_json(text: str) -> bool:
    """The same of JSON, where what stands before and behind a comma or a colon is an event."""
    if len(text) <= MAX_EVENTS:
        return False
    bare = _JSON_STRING.sub("", text)
    return bare.count(",") + bare.count(":") > MAX_EVENTS


def _load_json(text: str, file: str) -> Loaded:
    tree = Tree(text, file)
    if _too_many_in_json(text):
        tree.refuse_size()
        return _loaded(tree, text, file)
    from kagzi_dsl.dsl.json_events import json_events  # most documents are YAML

    try:
        tree.read(json_events(text))
    except MarkedYAMLError as error:
        from kagzi_dsl.dsl.yaml_errors import explain  # as above

        tree.diagnostics.append(explain(error, text, file, code="json-syntax"))
    return _loaded(tree, text, file)


def _loaded(tree: Tree, text: str, file: str) -> Loaded:
    diagnostics = tuple(tree.diagnostics)
    if not tree.complete or tree.value is None:
        return Loaded(None, diagnostics)
    spans = Spans(tree.starts, tree.ends, tree.aliases)
    return Loaded(Source(file, text, tree.value, spans, Spans(tree.keys, {}, tree.aliases)), diagnostics)


def _forbidden_character(text: str, index: int, file: str) -> Loaded:
    character = f"U+{ord(text[index]):04X}"
    message = f"the character {character} cannot stand in a YAML file"
    hint = (
        f'remove it, or write it in double quotes as "\\u{ord(text[index]):04X}"'
        if text[index] > "\x7f"
        else "remove it"
    )
    return _refused("yaml-syntax", message, file, span=span_at(text, index), hint=hint)


def _not_utf8(error: UnicodeDecodeError, file: str) -> Loaded:
    data = error.object
    before = data[: error.start].decode(errors="replace").replace("\r\n", "\n")
    span = span_at(before, len(before))
    if data.startswith(_UTF16) or b"\0" in data[:200]:
        return _refused("not-utf8", "the file is UTF-16 or no text at all", file, span=span, hint="save it as UTF-8")
    message = f"the byte 0x{data[error.start]:02X} here is not UTF-8"
    return _refused("not-utf8", message, file, span=span, hint="save the file as UTF-8")


def _reason(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "it is a folder"
        case PermissionError():
            return "permission denied"
        case _:
            return (error.strerror or str(error)).lower()


def _refused(code: str, message: str, file: str, *, span: Span | None = None, hint: str | None = None) -> Loaded:
    return Loaded(None, (Diagnostic(code, "error", message, (), span, hint, (), file),))
