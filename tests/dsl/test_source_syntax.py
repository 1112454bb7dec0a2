"""Malformed YAML: one clear sentence, its place, and where it helps what to write instead."""

from __future__ import annotations

import pytest

from kagzi_dsl.dsl.diagnostic import Span
from kagzi_dsl.dsl.source import load_source

QUOTES = "text with a colon, a comma or a bracket in it must be in quotes"
NOT_A_KEY = "after a key stand a colon and a space"

CASES: dict[str, tuple[str, Span, str, str | None]] = {
    "a tab as indentation": (
        "a:\n\tb: 1\n",
        Span(2, 1, 2, 2),
        "a tab stands here, and YAML is indented with spaces",
        "indent with spaces, two for each level",
    ),
    "a tab in the indentation of a list": (
        "a:\n  - x\n \t- y\n",
        Span(3, 2, 3, 3),
        "a tab stands here, and YAML is indented with spaces",
        "indent with spaces, two for each level",
    ),
    "an at sign at the start": (
        "when: @.paid  # why\n",
        Span(1, 7, 1, 13),
        "text without quotes cannot start with `@`",
        "put it in quotes: '@.paid'",
    ),
    "an at sign in flow style": (
        "with: {a: @.paid, b: 1}\n",
        Span(1, 11, 1, 17),
        "text without quotes cannot start with `@`",
        "put it in quotes: '@.paid'",
    ),
    "a backtick at the start": (
        "when: `true`\n",
        Span(1, 7, 1, 13),
        "text without quotes cannot start with a backtick",
        "put it in quotes: '`true`'",
    ),
    "a percent sign at the start": (
        "a: %x\n",
        Span(1, 4, 1, 6),
        "text without quotes cannot start with `%`",
        "put it in quotes: '%x'",
    ),
    "an ampersand of JMESPath": (
        "when: && b\n",
        Span(1, 7, 1, 11),
        "text without quotes cannot start with `&`",
        "put it in quotes: '&& b'",
    ),
    "a negation of JMESPath": (
        "when: !input.paid && input.open\n",
        Span(1, 7, 1, 32),
        "text without quotes cannot start with `!`",
        "put it in quotes: '!input.paid && input.open'",
    ),
    "a colon in a value": (
        "a: 1\ndescription: note: it's this  # why\n",
        Span(2, 14, 2, 29),
        "the value of `description` holds a colon and a space, so it must be in quotes",
        'write description: "note: it\'s this"',
    ),
    "a colon in a value of a list's mapping": (
        "- a: b: c\n",
        Span(1, 6, 1, 10),
        "the value of `a` holds a colon and a space, so it must be in quotes",
        "write a: 'b: c'",
    ),
    "a colon at a value's end": (
        "a: foo:\n",
        Span(1, 4, 1, 8),
        "the value of `a` holds a colon and a space, so it must be in quotes",
        "write a: 'foo:'",
    ),
    "a double quote that is not closed": (
        'a: 1\nb: "foo\nc: 1\n',
        Span(2, 4, 2, 5),
        'the quote " opened here is never closed',
        'inside "…" a quote is written \\"',
    ),
    "a single quote that is not closed": (
        "a: 'it\nb: 1\n",
        Span(1, 4, 1, 5),
        "the quote ' opened here is never closed",
        "inside '…' an apostrophe is written twice: ''",
    ),
    "an expression in a flow mapping": (
        "a: {b: ${ input.c }}\n",
        Span(1, 8, 1, 20),
        "inside { } an expression must be in quotes",
        "write '${ input.c }'",
    ),
    "an expression in a flow list": (
        "a: [1, ${ {x: input.c} }]\n",
        Span(1, 8, 1, 25),
        "inside [ ] an expression must be in quotes",
        "write '${ {x: input.c} }'",
    ),
    "text after a closing quote": (
        'when: "x" == input.y\n',
        Span(1, 11, 1, 21),
        "text stands after the closing quote",
        "put all of it in quotes: '\"x\" == input.y'",
    ),
    "a quote too many further up": (
        'a: "x\nb: "y" z\n',
        Span(2, 5, 2, 9),
        'text stands after a closing ", so the quote before it may be one too many or too few',
        None,
    ),
    "a line that is indented like nothing above": (
        "a:\n  b: 1\n c: 2\n",
        Span(3, 2, 3, 6),
        "the indentation of this line fits nothing above it",
        "keys of one mapping, and items of one list, start in the same column",
    ),
    "a line that is indented deeper": (
        "a: 1\n  b: 2\n",
        Span(2, 3, 2, 4),
        "this line is indented deeper than the one above, which has a value already",
        "give both lines the same indentation",
    ),
    "a key where a list goes on": (
        "a:\n  - x\n  y: 1\n",
        Span(3, 3, 3, 7),
        "this line stands where a list goes on, and does not start with `- `",
        "indent it further, or less, or start it with `- `",
    ),
    "a brace that is not closed": (
        "a: {b: 1\nc: 2\n",
        Span(1, 4, 1, 5),
        "the { opened here is never closed with }",
        None,
    ),
    "a bracket that is not closed": ("a: [1, 2\n", Span(1, 4, 1, 5), "the [ opened here is never closed with ]", None),
    "a bracket that ends with the file": (
        "a: [1,\n",
        Span(2, 1, 2, 2),
        "the file ends where a value should be",
        "a { or [ before it may not be closed",
    ),
    "the wrong bracket": ("a: [1, 2}\n", Span(1, 9, 1, 10), "`}` closes what `[` opened", None),
    "a stray bracket": ("a: ]\n", Span(1, 4, 1, 5), "`]` is not expected here", "as text it must be in quotes: ']'"),
    "a missing comma": ('a: {b: "1" c: 2}\n', Span(1, 12, 1, 13), "a comma or } is missing before this", QUOTES),
    "an escape that is none": (
        'a: "x\\d"\n',
        Span(1, 6, 1, 8),
        "`\\d` is not an escape of YAML",
        "write \\\\ for a backslash, or put the text in single quotes, where a backslash is a backslash",
    ),
    "an escape with too few digits": (
        'a: "\\x4"\n',
        Span(1, 5, 1, 8),
        "`\\x4` is not an escape of YAML",
        "write \\\\ for a backslash, or put the text in single quotes, where a backslash is a backslash",
    ),
    "no space after the colon, above": (
        "a:1\nb: 2\n",
        Span(1, 2, 1, 3),
        "a space is missing after the colon of `a`",
        "write a: 1",
    ),
    "no space after the colon, below": (
        "a: 1\nb:2\n",
        Span(2, 2, 2, 3),
        "a space is missing after the colon of `b`",
        "write b: 2",
    ),
    "a line without a colon, above": (
        "word\nb: 1\n",
        Span(1, 1, 1, 5),
        "`word` is neither a list item nor a key with a colon",
        NOT_A_KEY,
    ),
    "a line without a colon, below": (
        "a: 1\nword\nb: 1\n",
        Span(2, 1, 2, 5),
        "`word` is neither a list item nor a key with a colon",
        NOT_A_KEY,
    ),
    "no key at all": (": a\n", Span(1, 1, 1, 2), "a key is missing before this colon", None),
    "a list on the line of its key": (
        "a: - b\n",
        Span(1, 4, 1, 5),
        "a list cannot start on the line of its key",
        'start the list on the next line; a text that starts with "- " must be in quotes',
    ),
    "text behind a block's sign": (
        "a: > 5\n",
        Span(1, 6, 1, 7),
        "after > the line must end",
        "start the text on the next line; a value that starts with > must be in quotes",
    ),
    "a root that is indented": (
        "  a: 1\nb: 2\n",
        Span(2, 1, 2, 5),
        "this line is indented less than the first one, so the document ended before it",
        "start every key of the workflow in the first column",
    ),
    "two mappings in a row": ("{a: 1} {b: 2}\n", Span(1, 8, 1, 14), "the document ended before this", None),
}


@pytest.mark.parametrize("case", CASES)
def test_malformed_yaml_is_told_in_plain_words(case: str) -> None:
    text, span, message, hint = CASES[case]
    loaded = load_source(text, file="flow.yaml")
    assert loaded.source is None
    (diagnostic,) = loaded.diagnostics
    assert diagnostic.message == message
    assert diagnostic.hint == hint
    assert diagnostic.span == span
    assert (diagnostic.code, diagnostic.severity, diagnostic.file) == ("yaml-syntax", "error", "flow.yaml")


def test_the_wrong_bracket_shows_what_it_should_close() -> None:
    (diagnostic,) = load_source("a: [1, 2}\n", file="flow.yaml").diagnostics
    assert [(one.message, one.span, one.file) for one in diagnostic.related] == [
        ("[ is opened here", Span(1, 4, 1, 5), "flow.yaml")
    ]


def test_mistakes_before_the_malformed_place_are_told_too() -> None:
    loaded = load_source("a: 1\na: 2\nb: @x\n")
    assert [one.code for one in loaded.diagnostics] == ["duplicate-key", "yaml-syntax"]
