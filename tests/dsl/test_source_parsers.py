"""The reader gives the same, whether libyaml is there or not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from yaml import MarkedYAMLError

from kagzi_dsl.dsl.span import Spans
from kagzi_dsl.dsl.yaml_errors import explain
from kagzi_dsl.dsl.yaml_events import yaml_events
from kagzi_dsl.dsl.yaml_tree import Tree


def read(text: str, *, pure: bool) -> tuple[Any, ...]:
    tree = Tree(text, "")
    try:
        tree.read(yaml_events(text, pure=pure))
    except MarkedYAMLError as error:
        return (explain(error, text, ""),)
    spans, keys = Spans(tree.starts, tree.ends, tree.aliases), Spans(tree.keys, {}, tree.aliases)
    return tree.value, dict(spans), dict(keys), tree.diagnostics


TEXTS = [
    "a: 1\nb: [x, {c: 'd'}, \"e\"]\nf:\n  - g: h # i\n  - - j\n    - k\n",
    "a:\t1\nb: {c:\t2,\n\td: 3}\ne: f\t# g\n",
    "a: |\n  b\n\n  c\nd: >-\n  e\n  f\ng: h\n  i\n",
    "a: &x !!str 12\nb: *x\nc: &y {d: *x}\ne: [*y]\n",
    "? a\n: b\n? 'c'\n: d\n",
    "a: !x b\na: c\n1: d\n<<: e\nf: .nan\n",
    "---\na: 1\n...\n",
    "a: 1\n---\nb: 2\n",
    "# only a comment\n",
    "{a: [1, 2, ], 'b': {c: d}}\n",
    "when: @x\n",
    "a: b: c\n",
    "a: 'b\n",
    "a: {b: ${ c }}\n",
    "a: 'b' c\n",
    "a:\n  b: 1\n c: 2\n",
    "a:\n  - b\n  c: 1\n",
    'a: "\\d"\n',
    'a: "\\x4"\n',
    "a:1\nb: 2\n",
    "a: [1, 2}\n",
    "a: - b\n",
    "a: > 5\n",
    "a: && b\n",
    "  a: 1\nb: 2\n",
    "a:\n\tb: 1\n",
    ": a\n",
    "a: ]\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_both_parsers_lead_to_the_same_values_places_and_complaints(text: str) -> None:
    assert read(text, pure=True) == read(text, pure=False)


words = st.text(alphabet="abc xyz.:#${}'\"\\-é€😀", max_size=30)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(values, st.sampled_from([True, False, None]), st.sampled_from([None, "'", '"', "|", ">"]), st.integers(2, 5))
def test_both_parsers_read_the_same_in_whatever_style_it_is_written(
    value: Any, flow: bool | None, style: str | None, indent: int
) -> None:
    text = yaml.safe_dump(
        value, default_flow_style=flow, default_style=style, indent=indent, allow_unicode=True, width=30
    )
    assert read(text, pure=True) == read(text, pure=False)
