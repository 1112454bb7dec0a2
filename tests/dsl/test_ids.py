"""The ids that nodes get when nobody writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import documents, workflow_of

from kagzi_dsl.dsl.model import walk
from kagzi_dsl.dsl.parse import parse_text
from kagzi_dsl.dsl.parsing.ids import ID
from kagzi_dsl.dsl.source import read_source
from kagzi_dsl.payload import dumps


def cases() -> list[Any]:
    source = read_source(Path(__file__).parent / "parsing" / "ids.yaml").source
    assert source is not None
    return [pytest.param(case, id=case["name"]) for case in source.value]


@pytest.mark.parametrize("case", cases())
def test_nodes_are_named_as_the_document_says(case: dict[str, Any]) -> None:
    workflow = workflow_of({"workflow": "w", **case["document"]})
    assert [node.id for node in walk(workflow.root)] == case["ids"]


@given(documents())
@settings(max_examples=60, deadline=None)
def test_ids_are_unique_and_fit_for_expressions(document: dict[str, Any]) -> None:
    ids = [node.id for node in walk(workflow_of(document).root)]
    assert len(set(ids)) == len(ids)
    assert all(ID.fullmatch(each) for each in ids)


@given(st.text(min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_activity_name_gives_an_id(name: str) -> None:
    parsed = parse_text(dumps({"workflow": "w", "activity": name.replace("\x00", "0")}), "w.json")
    assert parsed.document is not None
    assert ID.fullmatch(parsed.document.workflow.root.id)


def test_a_clash_is_told_and_the_later_node_gets_another_id() -> None:
    parsed = parse_text("{workflow: w, seq: [{id: a, set: 1}, {id: a, set: 2}, {id: a, set: 3}]}")
    assert [diagnostic.code for diagnostic in parsed.diagnostics] == ["duplicate-id", "duplicate-id"]
    assert parsed.document is not None
    assert [node.id for node in walk(parsed.document.workflow.root)] == ["seq", "a", "a_2", "a_3"]


def test_an_id_that_cannot_be_one_is_told_and_replaced() -> None:
    parsed = parse_text("{workflow: w, seq: [{id: Pay-Now, activity: pay}]}")
    assert [diagnostic.code for diagnostic in parsed.diagnostics] == ["invalid-name"]
    assert parsed.document is not None
    assert [node.id for node in walk(parsed.document.workflow.root)] == ["seq", "pay"]
