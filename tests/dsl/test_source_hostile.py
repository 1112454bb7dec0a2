"""Hostile documents: refused quickly and clearly, in little memory, and never with an exception."""

from __future__ import annotations

import tracemalloc

import pytest
from effort import cpu_seconds

from kagzi_dsl.dsl.shape import check_shape
from kagzi_dsl.dsl.source import MAX_BYTES, load_source
from kagzi_dsl.dsl.yaml_tree import MAX_DEPTH

DEEP = 10_000
TOO_DEEP = f"lists and mappings are nested deeper than {MAX_DEPTH} levels here"


def alias_bomb(levels: int, width: int) -> str:
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    for level in range(1, levels):
        aliases = ", ".join([f"*a{level - 1}"] * width)
        lines.append(f"a{level}: &a{level} [{aliases}]")
    return "\n".join(lines)


def alias_tower(levels: int) -> str:
    return "a0: &a0 [x]\n" + "\n".join(f"a{level}: &a{level} [*a{level - 1}]" for level in range(1, levels))


HOSTILE: dict[str, tuple[str, str]] = {
    "flow lists": ("[" * DEEP, "too-deep"),
    "flow mappings": ("{a: " * DEEP, "too-deep"),
    "flow lists that are closed": ("[" * DEEP + "]" * DEEP, "too-deep"),
    "JSON objects": ('{"a":' * DEEP, "too-deep"),
    "JSON that is closed": ('{"a":[' * DEEP + "]}" * DEEP, "too-deep"),
    "lists on one line": ("- " * DEEP + "x", "too-deep"),
    "mappings line by line": ("\n".join(" " * depth + "a:" for depth in range(2_500)), "too-deep"),
    "complex keys": ("? " * DEEP, "invalid-key"),
    "an alias bomb": (alias_bomb(12, 12), "too-many-aliases"),
    "a tower of aliases": (alias_tower(DEEP), "too-deep"),
    "a 50 MB document": ("a" * 50_000_000, "too-large"),
    "too many values": ("- a\n" * 300_000, "too-large"),
    "the same key again and again": ("a: 1\n" * 60_000, "duplicate-key"),
    "a number of a million digits": ("a: " + "9" * 1_000_000, "invalid-number"),
    "a line of a million colons": ("a: b: " + "c: " * 1_000_000, "yaml-syntax"),
    "a quote that is never closed": ('a: "' + "b\n" * 100_000, "yaml-syntax"),
    "braces in an expression": ("a: {b: ${" + "{" * 100_000, "yaml-syntax"),
    "nothing but tabs": ("\t" * 1_000_000, "yaml-syntax"),
    "nothing but percent signs": ("%" * 1_000_000, "yaml-syntax"),
    "nothing but comments": ("#a\n" * 1_000_000, "empty-document"),
    "tags": ("- !x y\n" * 50_000, "yaml-tag"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_document_is_refused_clearly_and_soon(case: str) -> None:
    text, code = HOSTILE[case]
    loaded = load_source(text)
    assert loaded.diagnostics[0].code == code
    assert loaded.source is None or code in ("invalid-number", "yaml-tag")
    assert len(loaded.diagnostics) <= 200
    assert cpu_seconds(lambda: load_source(text), enough=5) < 5


@pytest.mark.parametrize("case", [case for case, (_, code) in HOSTILE.items() if code == "too-deep"])
def test_deep_nesting_takes_a_moment_and_little_memory(case: str) -> None:
    text, _ = HOSTILE[case]
    tracemalloc.start()
    try:
        loaded = load_source(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (loaded.diagnostics[0].message, len(loaded.diagnostics)) == (TOO_DEEP, 1)
    assert peak < 50_000_000
    assert cpu_seconds(lambda: load_source(text), enough=0.5) < 0.5


def test_a_document_over_the_size_budget_is_not_parsed() -> None:
    tracemalloc.start()
    try:
        text = b"[" * 50_000_000
        before, _ = tracemalloc.get_traced_memory()
        loaded = load_source(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [one.message for one in loaded.diagnostics] == [f"the file is larger than {MAX_BYTES // 1_000_000} MB"]
    assert peak - before < 100_000


def test_nesting_within_the_budget_is_read_and_its_shape_checked() -> None:
    inner = MAX_DEPTH - 1
    for text in (
        "workflow: a\nseq: " + "[" * inner + "]" * inner,
        "workflow: a\nrepeat: " + "{repeat: " * inner + "1" + "}" * inner,
    ):
        loaded = load_source(text)
        assert loaded.source is not None
        assert check_shape(loaded.source)
    assert load_source("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH).diagnostics[0].message == TOO_DEEP


def test_aliases_count_toward_the_depth() -> None:
    half = MAX_DEPTH // 2
    text = f"a: &a {'[' * half}{']' * half}\nb: {'[' * half}*a{']' * half}\n"
    assert [one.message for one in load_source(text).diagnostics] == [TOO_DEEP]


def test_a_document_full_of_mistakes_of_shape_is_answered_soon() -> None:
    strange_keys = "".join(f"key{number}: 1\n" for number in range(50_000))
    strange_nodes = "- {activty: x, wth: 1}\n" * 10_000
    for text in (
        "workflow: a\nset: 1\n" + strange_keys,
        "workflow: a\n" + strange_keys,
        "workflow: a\nseq:\n" + strange_nodes,
    ):
        source = load_source(text).source
        assert source is not None
        assert 1 <= len(check_shape(source)) <= 200
        assert cpu_seconds(lambda source=source: check_shape(source), enough=2) < 2
