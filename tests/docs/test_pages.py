"""The documentation is complete, up to date, and leads nowhere that is not there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from command_line import ROOT
from docs.generated import every_command, regenerated
from docs.pages import examples_of, pages

from kagzi_dsl.dsl.functions import FUNCTIONS
from kagzi_dsl.dsl.model import KINDS
from kagzi_dsl.dsl.rules import CODES
from kagzi_dsl.dsl.scope import ROOTS
from kagzi_dsl.errors import Code
from kagzi_dsl.runtime.core.journal import DERIVED, EntryType

LANGUAGE = ROOT / "docs" / "language.md"
EVERY = [*pages(), ROOT / "CHANGELOG.md", ROOT / "examples" / "README.md"]
_REPORTED = re.compile(r'(?:_report|report|_stop|_refused|problem|Diagnostic|explain)\(\s*"([a-z]+(?:-[a-z]+)+)"')
_NAMED = re.compile(r'code(?:: str)? ?= ?"([a-z]+(?:-[a-z]+)+)"')


def section(page: Path, heading: str) -> str:
    """The text under a heading, to the next one of its level."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^\1 |\Z)", page.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"{page.name} has no section {heading!r}"
    return found[2]


def anchors(page: Path) -> set[str]:
    """What links can lead to in a page, by GitHub's rule."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_what_is_made_from_the_code_is_up_to_date(page: Path) -> None:
    assert page.read_text() == regenerated(page), "type `python -m docs.generated` in the folder `tests`"


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]*(?:#[^)\s]*)?)\)", page.read_text()):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        path = (page.parent / file).resolve() if file else page
        assert path.exists(), f"{page.name} leads to {target}"
        assert not anchor or anchor in anchors(path), f"{page.name} leads to {target}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_section_that_runs_an_example(kind: str) -> None:
    text = section(LANGUAGE, kind)
    assert f"<!-- generated: keys {kind} -->" in text
    assert "```outcome" in text
    assert re.search(rf"\b{kind}:", text.partition("<!-- end -->")[2])


@pytest.mark.parametrize("root", [*ROOTS])
def test_every_root_is_told_of(root: str) -> None:
    assert f"| `{root}` |" in section(LANGUAGE, "Scope")


def test_every_function_and_every_code_is_told_of() -> None:
    functions, errors = section(LANGUAGE, "Functions"), section(LANGUAGE, "Errors")
    assert [name for name in FUNCTIONS if f"| `{name}(" not in functions] == []
    assert [code for code in Code if f"| `{code}` |" not in errors] == []


def test_every_diagnostic_is_told_of() -> None:
    page = (ROOT / "docs" / "diagnostics.md").read_text()
    told = {*re.findall(r"^### ([a-z-]+)$", page, re.MULTILINE), *re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)}
    sources = [*(ROOT / "kagzi_dsl" / "dsl").rglob("*.py"), *(ROOT / "kagzi_dsl" / "cli").glob("*.py")]
    text = "\n".join(path.read_text() for path in sources)
    known = {*_REPORTED.findall(text), *_NAMED.findall(text), *(code.word for code in CODES)}
    assert sorted(known - told) == []


@pytest.mark.parametrize("command", every_command())
def test_every_command_is_told_of(command: str) -> None:
    assert f"<!-- generated: help {command} -->" in (ROOT / "docs" / "cli.md").read_text()


def test_every_dependency_has_its_reason() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    reasons = section(ROOT / "ARCHITECTURE.md", "Dependencies")
    names = [re.split(r"[<>=;\s]", dependency)[0] for dependency in wanted]
    assert [name for name in names if f"`{name}`" not in reasons] == []


def test_every_file_the_architecture_names_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    files = set(re.findall(r"`((?:[\w.]+/)+[\w.*]*|[\w/]+\.(?:py|json|sql))`", text))
    places = [ROOT, ROOT / "kagzi_dsl", ROOT / "kagzi_dsl" / "schemas"]
    missing = [file for file in files if not any(list(place.glob(file.rstrip("/"))) for place in places)]
    assert sorted(missing) == []


def test_every_entry_of_the_journal_is_told_of() -> None:
    text = section(ROOT / "ARCHITECTURE.md", "The journal")
    for entry_type in EntryType:
        assert f"| `{entry_type}` | {'derived' if entry_type in DERIVED else 'yes'} |" in text


def test_every_example_is_listed() -> None:
    text = (ROOT / "examples" / "README.md").read_text()
    folders = {path.parent.name for path in (ROOT / "examples").glob("*/*.yaml")}
    assert [name for name in sorted(folders) if f"]({name}/" not in text] == []


def test_pages_hold_documents_at_all() -> None:
    assert len(list(examples_of(LANGUAGE))) > 40
