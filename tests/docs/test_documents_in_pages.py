"""The workflows in the documentation do what it says (see pages.py for how a page says it)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cases.runner import judge
from docs.pages import Example, examples_of, pages, write_files
from docs.reports import found_in, report_of

from kagzi_dsl.activities.builtin import BUILTIN
from kagzi_dsl.cli.report import text_of
from kagzi_dsl.dsl.link import Linked, link_file
from kagzi_dsl.dsl.model import Activity, walk

_BUILT_IN = {definition.name for definition in BUILTIN}
_GIVEN = ("input", "activities", "signals", "cancel_after")

EXAMPLES = [example for page in pages() for example in examples_of(page)]
VALID = [example for example in EXAMPLES if not example.diagnostics]
WRONG = [example for example in EXAMPLES if example.diagnostics]
OUTCOMES = [(example, number) for example in VALID for number in range(len(example.outcomes))]


def linked(example: Example, folder: Path) -> Linked:
    write_files(example.page, folder)
    return link_file(folder / f"{example.name}.yaml")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_two_documents_of_a_page_have_one_name(page: Path) -> None:
    names = Counter(example.name for example in examples_of(page) if not example.diagnostics)
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("example", VALID, ids=[example.place for example in VALID])
def test_a_document_in_a_page_is_valid_without_a_warning(example: Example, tmp_path: Path) -> None:
    found = found_in(linked(example, tmp_path))
    assert text_of(found) == ""


@pytest.mark.parametrize(
    ("example", "number"), OUTCOMES, ids=[f"{example.place} {number}" for example, number in OUTCOMES]
)
def test_a_document_in_a_page_comes_to_what_is_said(example: Example, number: int, tmp_path: Path) -> None:
    told = example.outcomes[number]
    given: dict[str, Any] = {key: told[key] for key in _GIVEN if key in told}
    called = activities_of(linked(example, tmp_path))
    behaviours = {name: {"echo": True} for name in called} | given.get("activities", {})
    expected = {key: value for key, value in told.items() if key not in _GIVEN}
    document = tmp_path / f"{example.name}.yaml"
    judge({**given, "document": document, "activities": behaviours, "expect": expected})


def activities_of(link: Linked) -> set[str]:
    nodes = [node for workflow in link.workflows.values() for node in walk(workflow.root)]
    return {node.activity for node in nodes if isinstance(node, Activity)} - _BUILT_IN


@pytest.mark.parametrize("example", WRONG, ids=[example.place for example in WRONG])
def test_a_wrong_document_is_reported_as_shown(example: Example) -> None:
    assert report_of(example) == example.diagnostics[0]
