"""Documents without a mistake give no report at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from golden_reports import FOLDER

from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.dsl.check import report
from kagzi_dsl.dsl.model import KINDS, Workflow, walk
from kagzi_dsl.dsl.parse import parse_file
from kagzi_dsl.signature import Signature

CLEAN = FOLDER / "clean"
DOCUMENTS = sorted(CLEAN.glob("*.yaml"))


@pytest.fixture(scope="module")
def signatures() -> dict[str, Signature]:
    return dict(Registry.load(["./activities.py"], CLEAN).signatures())


@pytest.fixture(scope="module")
def workflows() -> dict[str, Workflow]:
    parsed = [parse_file(path).document for path in DOCUMENTS]
    return {document.workflow.name: document.workflow for document in parsed if document is not None}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_sound_document_gives_no_report(
    path: Path, signatures: dict[str, Signature], workflows: dict[str, Workflow]
) -> None:
    assert report(parse_file(path), signatures=signatures, workflows=workflows) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_sound_document_gives_no_report_when_nothing_is_known_around_it(path: Path) -> None:
    assert report(parse_file(path), signatures=None) == []


def test_the_sound_documents_use_every_kind_there_is(workflows: dict[str, Workflow]) -> None:
    used = {node.kind for workflow in workflows.values() for node in walk(workflow.root)}
    assert used == set(KINDS)
