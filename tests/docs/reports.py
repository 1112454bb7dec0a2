"""What the checker says of the wrong documents in pages; and of the bad files of tests/diagnostics, by code."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from diagnostics.golden_reports import FOLDER, SIGNATURES, bad_files, workflows
from docs.pages import Example, examples_of, write_files

from kagzi_dsl.cli.report import text_of
from kagzi_dsl.dsl.check import check, report
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.link import Linked, link_file
from kagzi_dsl.dsl.parse import in_text_order, parse_file


def found_in(link: Linked) -> list[Diagnostic]:
    """Everything that is wrong with a document and those it calls, its activities unknown."""
    found = list(link.diagnostics)
    for document in link.documents.values():
        found += check(document, signatures=None, workflows=link.workflows)
    return list(in_text_order(dict.fromkeys(found)))


def report_of(example: Example) -> str:
    """The report of a document in a page, as that of the file `flow.yaml`."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        write_files(example.page, Path(folder))
        Path("flow.yaml").write_text(example.block.text)
        return text_of(found_in(link_file("flow.yaml"))) + "\n"


def with_reports(page: Path, text: str) -> str:
    """The text of a page with every report made anew."""
    for example in examples_of(page):
        if example.diagnostics:
            start = text.index(example.block.text) + len(example.block.text)
            fence = text.index("```diagnostics\n", start) + len("```diagnostics\n")
            text = text[:fence] + report_of(example) + text[text.index("```", fence) :]
    return text


@cache
def reports_by_code() -> dict[str, str]:
    """For each code of the checker the shortest report of it that there is among the bad files."""
    shortest: dict[str, str] = {}
    for path in bad_files():
        for one in report(parse_file(path), signatures=SIGNATURES, workflows=workflows()):
            told = text_of([one]).replace(f"{FOLDER}/", "").replace(f"{path.stem}.yaml", "flow.yaml")
            shortest[one.code] = min(shortest.get(one.code, told), told, key=_size)
    return shortest


def _size(told: str) -> tuple[int, int]:
    lines = told.splitlines()
    return max(len(lines), 3), len(told)


def missing(codes: Iterable[str]) -> list[str]:
    """The codes of which there is no report."""
    return [code for code in codes if code not in reports_by_code()]
