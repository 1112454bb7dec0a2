"""Every value and key of a document has its place, and so has every character of a text."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kagzi_dsl.dsl.diagnostic import Pointer, Span
from kagzi_dsl.dsl.source import Source, load_source, scalar_position

TEXT = """\
workflow: order   # a name
run: {labels: {team: "shop"}}
seq:
  - activity: 'charge'
    with:
      note: |
        two
        lines
  - - sleep: 5s
    # a comment
    - set:
output: [1,
  2]
"""


def loaded(text: str, *, file: str = "") -> Source:
    source = load_source(text, file=file).source
    assert source is not None
    return source


@pytest.mark.parametrize(
    ("pointer", "span"),
    [
        ((), Span(1, 1, 13, 5)),
        (("workflow",), Span(1, 11, 1, 16)),
        (("run",), Span(2, 6, 2, 30)),
        (("run", "labels"), Span(2, 15, 2, 29)),
        (("run", "labels", "team"), Span(2, 22, 2, 28)),
        (("seq",), Span(4, 3, 11, 11)),
        (("seq", 0), Span(4, 5, 9, 1)),
        (("seq", 0, "activity"), Span(4, 15, 4, 23)),
        (("seq", 0, "with", "note"), Span(6, 13, 9, 1)),
        (("seq", 1), Span(9, 5, 11, 11)),
        (("seq", 1, 0), Span(9, 7, 9, 16)),
        (("seq", 1, 0, "sleep"), Span(9, 14, 9, 16)),
        (("seq", 1, 1, "set"), Span(11, 11, 11, 11)),
        (("output",), Span(12, 9, 13, 5)),
        (("output", 1), Span(13, 3, 13, 4)),
    ],
)
def test_a_value_has_its_place(pointer: Pointer, span: Span) -> None:
    assert loaded(TEXT).spans[pointer] == span


@pytest.mark.parametrize(
    ("pointer", "span"),
    [
        (("workflow",), Span(1, 1, 1, 9)),
        (("run", "labels"), Span(2, 7, 2, 13)),
        (("seq", 0, "with", "note"), Span(6, 7, 6, 11)),
        (("seq", 1, 1, "set"), Span(11, 7, 11, 10)),
    ],
)
def test_a_key_is_found_by_the_pointer_of_its_value(pointer: Pointer, span: Span) -> None:
    assert loaded(TEXT).key_spans[pointer] == span


def test_what_is_not_written_has_no_place() -> None:
    source = loaded(TEXT)
    assert source.spans.get(("seq", 7)) is None
    assert source.key_spans.get(("seq", 0)) is None
    assert source.key_spans.get(()) is None


def test_an_anchor_and_a_tag_are_no_part_of_a_scalar() -> None:
    source = loaded("a: &x !!str 12\nb: &y\n  text\nc: !!str &z 'q'\nd: &e\n")
    assert source.spans[("a",)] == Span(1, 13, 1, 15)
    assert source.spans[("b",)] == Span(3, 3, 3, 7)
    assert source.spans[("c",)] == Span(4, 13, 4, 16)
    assert source.spans[("d",)] == Span(5, 4, 5, 6)


def test_what_an_alias_leads_to_stands_where_the_anchor_is() -> None:
    source = loaded("a: &a {b: [x]}\nc: *a\nd: &d {e: *a}\nf: [*d]\n")
    assert source.spans[("c",)] == Span(2, 4, 2, 6)
    assert source.spans[("c", "b", 0)] == Span(1, 12, 1, 13)
    assert source.key_spans[("c", "b")] == Span(1, 8, 1, 9)
    assert source.spans[("f", 0, "e")] == Span(3, 11, 3, 13)
    assert source.spans[("f", 0, "e", "b", 0)] == Span(1, 12, 1, 13)
    assert source.key_spans[("f", 0, "e", "b")] == Span(1, 8, 1, 9)
    assert source.spans.get(("f", 0, "e", "nothing")) is None


POSITIONS: dict[str, tuple[str, int, Span]] = {
    "plain": ("a: foo bar\n", 4, Span(1, 8, 1, 9)),
    "plain, its end": ("a: foo\n", 3, Span(1, 7, 1, 8)),
    "plain over two lines": ("a: foo\n  bar\n", 4, Span(2, 3, 2, 4)),
    "plain behind an anchor": ("a: &x foo\n", 1, Span(1, 8, 1, 9)),
    "single quotes": ("a: 'it''s so'\n", 4, Span(1, 10, 1, 11)),
    "an apostrophe": ("a: 'it''s so'\n", 2, Span(1, 7, 1, 8)),
    "double quotes": ('a: "x y"\n', 2, Span(1, 7, 1, 8)),
    "before an escape": ('a: "x\\ny"\n', 0, Span(1, 5, 1, 6)),
    "behind an escape": ('a: "x\\ny"\n', 2, Span(1, 4, 1, 10)),
    "folded double quotes": ('a: "x\n  y"\n', 2, Span(2, 3, 2, 4)),
    "a literal block": ("a: |\n    x\n      y\n    z\n", 4, Span(3, 7, 3, 8)),
    "the third line of a literal block": ("a: |-\n  x\n  y\n  zap\n", 5, Span(4, 4, 4, 5)),
    "a folded block": ("a: >\n  foo\n  bar\n", 5, Span(3, 4, 3, 5)),
    "a block behind a comment": ("a: | # why\n\n  foo\n", 2, Span(3, 4, 3, 5)),
    "JSON": ('{"a": "foo"}', 1, Span(1, 9, 1, 10)),
}


@pytest.mark.parametrize("case", POSITIONS)
def test_a_character_of_a_text_has_its_place(case: str) -> None:
    text, offset, span = POSITIONS[case]
    assert scalar_position(loaded(text), ("a",), offset) == span


def test_a_character_of_what_is_no_text_has_the_place_of_all_of_it() -> None:
    source = loaded("a: 12\nb: &b foo\nc: *b\nd: [1]\n")
    assert scalar_position(source, ("a",), 1) == Span(1, 4, 1, 6)
    assert scalar_position(source, ("c",), 1) == Span(3, 4, 3, 6)
    assert scalar_position(source, ("d",), 0) == Span(4, 4, 4, 7)


words = st.text(alphabet="abc xyz.:${}'\"\\é€😀", min_size=1, max_size=30)


@given(st.lists(words, min_size=1, max_size=4).map("\n".join), st.sampled_from([None, "'", '"', "|", ">"]), st.data())
def test_the_place_of_a_character_holds_that_character(text: str, style: str | None, data: st.DataObject) -> None:
    written = yaml.dump({"a": [{"b": text}]}, default_style=style, allow_unicode=True, width=20)
    source = loaded(written)
    assert source.value == {"a": [{"b": text}]}
    offset = data.draw(st.sampled_from([i for i, character in enumerate(text) if not character.isspace()] or [0]))
    span = scalar_position(source, ("a", 0, "b"), offset)
    assert span is not None
    if span != source.spans[("a", 0, "b")]:
        assert source.text.split("\n")[span.line - 1][span.column - 1] == text[offset]


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(json_values.filter(lambda value: value is not None), st.sampled_from([None, 1, 4]))
def test_a_json_text_is_read_as_json_and_every_scalar_is_found_where_it_stands(value: Any, indent: int | None) -> None:
    source = loaded(json.dumps(value, indent=indent), file="flow.json")
    assert source.value == value
    for pointer, span in source.spans.items():
        found = value
        for part in pointer:
            found = found[part]
        if span.line == span.end_line:
            line = source.text.split("\n")[span.line - 1]
            assert json.loads(line[span.column - 1 : span.end_column - 1]) == found


@given(json_values.filter(lambda value: value is not None), st.sampled_from([True, False, None]))
def test_a_value_survives_being_written_as_yaml(value: Any, flow: bool | None) -> None:
    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    source = loaded(yaml.dump(value, Dumper=Dumper, default_flow_style=flow, allow_unicode=True))
    assert source.value == value
