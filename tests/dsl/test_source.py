"""Reading a document: what its scalars mean, what is refused, and where the complaint points."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagzi_dsl.dsl.diagnostic import Diagnostic, Span
from kagzi_dsl.dsl.source import MAX_BYTES, load_source, read_source


def only(text: str | bytes, *, file: str = "") -> Diagnostic:
    """The one diagnostic of a text."""
    loaded = load_source(text, file=file)
    assert len(loaded.diagnostics) == 1, loaded.diagnostics
    return loaded.diagnostics[0]


def start(diagnostic: Diagnostic) -> tuple[int, int]:
    assert diagnostic.span is not None
    return diagnostic.span.line, diagnostic.span.column


def value_of(text: str | bytes) -> object:
    loaded = load_source(text)
    assert loaded.diagnostics == ()
    assert loaded.source is not None
    return loaded.source.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("true", True),
        ("False", False),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("+12", 12),
        ("-12", -12),
        ("010", 10),
        ("0o17", 15),
        ("0xFf", 255),
        ("-0x1", "-0x1"),
        ("0b1", "0b1"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T08:00:00Z", "2024-01-31T08:00:00Z"),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1e3", -1000.0),
        ("1.2.0", "1.2.0"),
        (".", "."),
        ("+", "+"),
        ("-.", "-."),
        ("1e", "1e"),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!!float 1", 1.0),
        ("! 12", "12"),
        ("=", "="),
    ],
)
def test_a_scalar_means_what_the_core_schema_of_yaml_1_2_says(written: str, value: object) -> None:
    found = value_of(f"a: {written}\n")
    assert found == {"a": value}
    assert isinstance(found, dict)
    assert type(found["a"]) is type(value)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (".nan", ".nan is not a JSON number; use null or a string"),
        ("-.inf", "-.inf is not a JSON number; use null or a string"),
        ("1e999", "the number 1e999 is too large; put it in quotes to pass it as text"),
        (
            "18446744073709551616",
            "the integer 18446744073709551616 does not fit in 64 bits; put it in quotes to pass it as text",
        ),
        (
            "9" * 5000,
            f"the integer {'9' * 30}… (5,000 characters) does not fit in 64 bits; put it in quotes to pass it as text",
        ),
    ],
)
def test_a_number_that_json_cannot_hold_is_refused_where_it_stands(written: str, message: str) -> None:
    diagnostic = only(f"a:\n  - b: {written}\n")
    assert (diagnostic.code, diagnostic.message) == ("invalid-number", message)
    assert diagnostic.span == Span(2, 8, 2, 8 + len(written))
    assert diagnostic.path == ("a", 0, "b")


def test_a_text_that_cannot_be_stored_is_refused_where_it_stands() -> None:
    diagnostic = only('a: "x\\0y"\n')
    assert diagnostic.code == "invalid-text"
    assert diagnostic.message == "the string holds the NUL character, which PostgreSQL cannot store"
    assert diagnostic.span == Span(1, 4, 1, 10)


def test_a_duplicate_key_is_an_error_that_names_both_places() -> None:
    loaded = load_source("a:\n  b: 1\n  c: 2\n  b: {x: .nan}\n", file="flow.yaml")
    (duplicate, inside) = loaded.diagnostics
    assert duplicate.code == "duplicate-key"
    assert duplicate.message == "the key `b` stands here a second time; line 2 has it already"
    assert (duplicate.span, duplicate.path, duplicate.file) == (Span(4, 3, 4, 4), ("a", "b"), "flow.yaml")
    assert [(one.message, one.span, one.file) for one in duplicate.related] == [
        ("`b` stands here first", Span(2, 3, 2, 4), "flow.yaml")
    ]
    assert (inside.code, inside.path) == ("invalid-number", ("a",))
    assert loaded.source is not None
    assert loaded.source.value == {"a": {"b": 1, "c": 2}}
    assert set(loaded.source.spans) == {(), ("a",), ("a", "b"), ("a", "c")}
    assert len(loaded.source.spans) == 4


def test_every_mistake_of_a_text_is_told_in_one_go() -> None:
    loaded = load_source("a: 1\na: 2\n3: x\nb: !foo bar\nc: .inf\n<<: {}\n")
    assert [one.code for one in loaded.diagnostics] == [
        "duplicate-key",
        "invalid-key",
        "yaml-tag",
        "invalid-number",
        "merge-key",
    ]
    assert loaded.source is not None
    assert list(loaded.source.value) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("1: x\n", "the key 1 is a number, and keys are text", 'put it in quotes: "1":'),
        ("1.5: x\n", "the key 1.5 is a number, and keys are text", 'put it in quotes: "1.5":'),
        ("true: x\n", "the key true is true or false, and keys are text", 'put it in quotes: "true":'),
        ("~: x\n", "the key ~ is null, and keys are text", 'put it in quotes: "~":'),
        ("? \n: x\n", "a key is empty here, and keys are text", "write a name before the colon"),
        (
            "{a: {{ x }}}\n",
            "a key is text, and here a collection stands as one",
            "an expression is written ${ … }; text that starts with {, [ or * must be in quotes",
        ),
        (
            "a: &b c\n*b : d\n",
            "a key is text, and here an alias stands as one",
            "an expression is written ${ … }; text that starts with {, [ or * must be in quotes",
        ),
    ],
)
def test_a_key_that_is_no_text_is_refused(text: str, message: str, hint: str) -> None:
    diagnostic = only(text)
    assert (diagnostic.code, diagnostic.message, diagnostic.hint) == ("invalid-key", message, hint)


def test_a_quoted_key_may_look_like_a_number_and_a_word_of_yaml_1_1_is_a_key() -> None:
    assert value_of("'1': a\non: b\n'<<': c\n!!str 2: d\n") == {"1": "a", "on": "b", "<<": "c", "2": "d"}


def test_a_merge_key_is_refused_with_what_to_write_instead() -> None:
    diagnostic = only("a: &a {b: 1}\nc:\n  <<: *a\n")
    assert (diagnostic.code, diagnostic.span) == ("merge-key", Span(3, 3, 3, 5))
    assert diagnostic.hint is not None
    assert "retry: *slow" in diagnostic.hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("a: !secret x\n", "the tag !secret has no meaning in a workflow", "'!secret x'"),
        ("a: !input.paid\n", "the tag !input.paid has no meaning in a workflow", "'!input.paid'"),
        ("a: !!timestamp 2024-01-31\n", "the tag !!timestamp has no meaning in a workflow", "'!!timestamp 2024-01-31'"),
        ("a: !!python/object:os.system {}\n", "the tag !!python/object:os.system has no meaning in a workflow", None),
        ("a: !!bool maybe\n", "maybe is not a value of the type !!bool", None),
    ],
)
def test_a_tag_of_ones_own_is_refused(text: str, message: str, hint: str | None) -> None:
    diagnostic = only(text)
    assert (diagnostic.code, diagnostic.message, start(diagnostic)) == ("yaml-tag", message, (1, 4))
    assert hint is None or (diagnostic.hint is not None and hint in diagnostic.hint)


def test_the_core_tags_of_collections_say_nothing_new() -> None:
    assert value_of("a: !!map {b: !!seq [1]}\n") == {"a": {"b": [1]}}


def test_aliases_stand_for_their_anchors_value() -> None:
    text = "a: &a {b: [1, &s x]}\nc: *a\nd: [*s, *a]\n"
    assert value_of(text) == {"a": {"b": [1, "x"]}, "c": {"b": [1, "x"]}, "d": ["x", {"b": [1, "x"]}]}


@pytest.mark.parametrize(
    ("text", "code", "message", "place"),
    [
        ("a: *b\n", "unknown-alias", "no anchor is named b; the document has no anchor before it", (1, 4)),
        ("a: &x 1\nb: *y\n", "unknown-alias", "no anchor is named y; the anchors before it are &x", (2, 4)),
        ("a: &x [1, *x]\n", "alias-cycle", "the alias *x stands inside the value it stands for", (1, 11)),
    ],
)
def test_an_alias_without_a_value_is_refused(text: str, code: str, message: str, place: tuple[int, int]) -> None:
    diagnostic = only(text)
    assert (diagnostic.code, diagnostic.message, start(diagnostic)) == (code, message, place)
    assert load_source(text).source is None


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "~\n", "null", "\ufeff"])
def test_an_empty_document_is_refused(text: str) -> None:
    diagnostic = only(text)
    assert (diagnostic.code, diagnostic.span) == ("empty-document", Span(1, 1, 1, 1))
    assert diagnostic.hint == "a workflow starts with a line such as `workflow: order-processing`"
    assert load_source(text).source is None


def test_several_documents_in_one_file_are_refused_at_the_second() -> None:
    diagnostic = only("a: 1\n---\nb: 2\n---\nc: 3\n")
    assert (diagnostic.code, start(diagnostic)) == ("several-documents", (2, 1))
    assert value_of("---\na: 1\n...\n") == {"a": 1}


def test_another_version_of_yaml_is_refused() -> None:
    assert value_of("%YAML 1.2\n---\na: 1\n") == {"a": 1}
    diagnostic = only("%YAML 1.1\n---\na: on\n")
    assert diagnostic.code == "yaml-version"
    assert diagnostic.message == "the document asks for YAML 1.1, and workflows are YAML 1.2"


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    plain = load_source("a: 1\nb: |\n  x\n  y\nc: z\n").source
    windows = load_source(b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\nc: z\r\n").source
    assert plain is not None
    assert windows is not None
    assert windows.value == plain.value
    assert windows.text == plain.text
    assert dict(windows.spans) == dict(plain.spans)


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        (b"a: 1\nb: caf\xe9\n", "the byte 0xE9 here is not UTF-8", (2, 7)),
        ("a: é\nb: ".encode() + b"\xff\n", "the byte 0xFF here is not UTF-8", (2, 4)),
        ("a: 1\n".encode("utf-16"), "the file is UTF-16 or no text at all", (1, 1)),
        (b"\x00\x01\xfe\xff", "the file is UTF-16 or no text at all", (1, 3)),
    ],
)
def test_bytes_that_are_not_utf_8_are_refused_where_they_stand(
    data: bytes, message: str, place: tuple[int, int]
) -> None:
    diagnostic = only(data)
    assert (diagnostic.code, diagnostic.message, start(diagnostic)) == ("not-utf8", message, place)


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x7f", "\x85", "\u2028", "\ufeff", "\ud800", "\uffff"])
def test_a_character_that_yaml_does_not_allow_is_refused_where_it_stands(character: str) -> None:
    diagnostic = only(f"a: 1\nb: x{character}y\n")
    assert diagnostic.message == f"the character U+{ord(character):04X} cannot stand in a YAML file"
    assert diagnostic.span == Span(2, 5, 2, 6)


def test_a_file_is_read_and_named_in_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text("a: 1\na: 2\n")
    loaded = read_source(path)
    assert loaded.source is not None
    assert loaded.source.file == str(path)
    assert loaded.diagnostics[0].file == str(path)
    assert loaded.diagnostics[0].related[0].file == str(path)


def test_a_file_that_cannot_be_read_is_a_diagnostic(tmp_path: Path) -> None:
    missing, folder = tmp_path / "none.yaml", tmp_path
    assert read_source(missing).diagnostics == (
        Diagnostic("unreadable-file", "error", f"{missing} cannot be read: there is no such file", file=str(missing)),
    )
    assert read_source(folder).diagnostics[0].message == f"{folder} cannot be read: it is a folder"


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)
    loaded = read_source(path)
    assert [(one.code, one.message) for one in loaded.diagnostics] == [("too-large", "the file is larger than 5 MB")]


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_nothing_that_is_read_ever_raises(data: bytes | str) -> None:
    loaded = load_source(data)
    assert (loaded.source is None) <= bool(loaded.diagnostics)


@given(st.text(alphabet="ab:- \n{}[],'\"#&*!|>%@`?\\$\t0.", max_size=60))
def test_a_complaint_about_yaml_always_points_into_the_text(text: str) -> None:
    loaded = load_source(text)
    lines = text.split("\n")
    for diagnostic in loaded.diagnostics:
        assert diagnostic.span is not None
        assert 1 <= diagnostic.span.line <= len(lines)
        assert 1 <= diagnostic.span.column <= len(lines[diagnostic.span.line - 1]) + 1
        assert diagnostic.message
