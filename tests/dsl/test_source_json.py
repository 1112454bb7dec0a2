"""JSON documents: read as JSON, and their mistakes told in JSON's words."""

from __future__ import annotations

import pytest

from kagzi_dsl.dsl.diagnostic import Span
from kagzi_dsl.dsl.source import load_source


def test_json_escapes_are_those_of_json() -> None:
    loaded = load_source('{"a": "\\/ \\ud83d\\ude00 \\u00e9\\n",\t"b":1}')
    assert loaded.diagnostics == ()
    assert loaded.source is not None
    assert loaded.source.value == {"a": "/ 😀 é\n", "b": 1}


def test_a_text_that_starts_with_a_brace_may_be_yaml_all_the_same() -> None:
    loaded = load_source("{workflow: a, # why\n set: [1, ]}\n")
    assert loaded.source is not None
    assert loaded.source.value == {"workflow": "a", "set": [1]}


def test_a_json_file_must_be_json() -> None:
    loaded = load_source("workflow: a\n", file="flow.json")
    (diagnostic,) = loaded.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("json-syntax", "expected a value, found `workflow:`")


def test_a_duplicate_key_of_json_is_an_error_that_names_both_places() -> None:
    loaded = load_source('{"a": 1,\n "b": {"a": 2},\n "a": 3}', file="flow.json")
    (diagnostic,) = loaded.diagnostics
    assert (diagnostic.code, diagnostic.span) == ("duplicate-key", Span(3, 2, 3, 5))
    assert [one.span for one in diagnostic.related] == [Span(1, 2, 1, 5)]


@pytest.mark.parametrize(
    ("number", "code"),
    [("1e999", "invalid-number"), ("18446744073709551616", "invalid-number"), ("010", "json-syntax")],
)
def test_a_number_that_json_or_the_database_cannot_hold_is_refused(number: str, code: str) -> None:
    (diagnostic,) = load_source(f'{{"a": {number}}}', file="flow.json").diagnostics
    assert (diagnostic.code, diagnostic.span and diagnostic.span.column) == (code, 7)


@pytest.mark.parametrize("text", ['"\\u0000"', '"\\ud800"'])
def test_a_text_that_cannot_be_stored_is_refused(text: str) -> None:
    (diagnostic,) = load_source(f'{{"a": {text}}}', file="flow.json").diagnostics
    assert (diagnostic.code, diagnostic.path) == ("invalid-text", ("a",))


CASES: dict[str, tuple[str, tuple[int, int], str, str | None]] = {
    "a comma too many": (
        '{"a": [1, 2,]}',
        (1, 13),
        "expected a value, found `]}`",
        "JSON has no comma after the last entry",
    ),
    "a comma too many in an object": (
        '{"a": 1,\n}',
        (2, 1),
        "expected a key in double quotes, found `}`",
        "JSON has no comma after the last entry",
    ),
    "a comma too few": ('{"a": 1\n "b": 2}', (2, 2), 'expected a comma or }, found `"b":`', None),
    "a comma too few in a list": ("[1 2]", (1, 4), "expected a comma or ], found `2]`", None),
    "single quotes": (
        "{'a': 1}",
        (1, 2),
        "expected a key in double quotes or }, found `'a':`",
        'JSON text is in double quotes: "',
    ),
    "a key without quotes": ("{a: 1}", (1, 2), "expected a key in double quotes or }, found `a:`", None),
    "a key that is a number": ("{1: 1}", (1, 2), "expected a key in double quotes or }, found `1:`", None),
    "a comment": (
        "{ // why\n}",
        (1, 3),
        "expected a key in double quotes or }, found `//`",
        "JSON has no comments; a .yaml file may have them",
    ),
    "a word of Python": (
        "[None]",
        (1, 2),
        "expected a value or ], found `None]`",
        "JSON knows true, false, null and finite numbers",
    ),
    "a number that is none": (
        "[NaN]",
        (1, 2),
        "expected a value or ], found `NaN]`",
        "JSON knows true, false, null and finite numbers",
    ),
    "no colon": ('{"a" 1}', (1, 6), "expected a colon, found `1}`", None),
    "a text that is not closed": (
        '{"a": "b\n}',
        (1, 7),
        'expected a value, found `"b`',
        "the text is not closed on its line",
    ),
    "an escape that is none": (
        '["\\d"]',
        (1, 2),
        'expected a value or ], found `"\\d"]`',
        r"of escapes JSON has \" \\ \/ \b \f \n \r \t and \u with four digits, and no raw control characters",
    ),
    "the wrong bracket": ("[1}", (1, 3), "expected a comma or ], found `}`", None),
    "something behind": ("{} x", (1, 4), "expected the end of the file, found `x`", None),
    "something left open": ('{"a": [', (1, 8), "expected a value or ], found the end of the file", None),
    "nothing at all": ("  ", (1, 3), "expected a value, found the end of the file", None),
}


@pytest.mark.parametrize("case", CASES)
def test_malformed_json_is_told_in_the_words_of_json(case: str) -> None:
    text, place, message, hint = CASES[case]
    loaded = load_source(text, file="flow.json")
    (diagnostic,) = loaded.diagnostics
    assert loaded.source is None
    assert diagnostic.message == message
    assert diagnostic.hint == hint
    assert diagnostic.code == "json-syntax"
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == place
