"""Every bad file of this folder has the report that stands beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from golden_reports import FOLDER, SIGNATURES, bad_files, golden_report, workflows

from kagzi_dsl.dsl.check import report
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.model import KINDS
from kagzi_dsl.dsl.parse import parse_text
from kagzi_dsl.dsl.rules import CODES, RULES


@pytest.mark.parametrize("path", bad_files(), ids=lambda path: path.stem)
def test_a_bad_file_has_the_report_beside_it(path: Path) -> None:
    expected = path.with_suffix(".txt")
    assert expected.exists(), "run tests/diagnostics/golden_reports.py and read what it writes"
    assert golden_report(path) == expected.read_text()


def test_every_code_of_the_checker_is_in_a_golden_report() -> None:
    told = "".join(path.read_text() for path in FOLDER.glob("*.txt"))
    missing = [code.word for code in CODES if f"{code.severity}[{code.word}]" not in told]
    assert missing == []


def test_no_report_is_left_over_from_a_file_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in bad_files()}


def test_every_code_is_a_kebab_case_word_with_a_meaning_and_an_example() -> None:
    for code in CODES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code.word), code.word
        assert code.meaning.endswith("."), code.word
        assert code.example, code.word


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.word)
def test_the_example_of_a_code_earns_it_and_no_other(code: DiagnosticCode) -> None:
    found = report(parse_text(_as_document(code.example)), signatures=SIGNATURES, workflows=workflows())
    assert {one.code for one in found} == {code.word}


def _as_document(example: str) -> str:
    """A piece of a document with the rest that makes it one."""
    keys = set(re.findall(r"^([a-z_]+):", example, re.MULTILINE))
    header = "" if "workflow" in keys else "workflow: example\n"
    return header + example + ("\n" if keys & set(KINDS) else "\nset: 1\n")


def test_no_two_codes_share_a_word() -> None:
    assert len({code.word for code in CODES}) == len(CODES)


def test_every_rule_file_is_among_the_rules() -> None:
    folder = Path(__import__("kagzi_dsl.dsl.rules").dsl.rules.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "findings"}
    assert {rule.check.__module__.rpartition(".")[2] for rule in RULES} == files
