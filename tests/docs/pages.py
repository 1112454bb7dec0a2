"""The pages of the documentation, and the pieces in them that tests run.

What is fenced in a page means, by the word behind the fence:

- `yaml`, when its first key is `workflow`: a whole document. It is written into the page's folder as `NAME.yaml` after
  the workflow's name, and must be valid without a warning. What follows it tells more:
- `outcome` after a document: YAML with what a run is given (`input`, `activities`, `signals`, `cancel_after`) and what
  must come of it (`status`, `output`, `error`, `calls`, `nodes`, `compensation`, `elapsed`), in the words of
  tests/cases/runner.py. An activity that is not described returns its arguments. A document may have several.
- `diagnostics` after a document: the document is wrong, and this is the report.
- `python`: a module, run in the page's folder; its functions that begin with `test_` are called.
- `console`: lines behind `$ ` are commands, typed in the page's folder; what follows is what they print, stdout first.
  `…` stands for whatever differs from run to run.

A comment `<!-- file: NAME -->` right before a block writes it into the page's folder under that name, and that is all
that happens with it. Whatever else is fenced is only to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from command_line import ROOT

from kagzi_dsl.dsl.source import load_source

_FENCE = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?^(?P<marks>`{3,})(?P<word>\S*)[^\n]*\n(?P<text>.*?)^(?P=marks)$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the word behind its fence, its text, the line it begins on, and the file it is, if it is one."""

    word: str
    text: str
    line: int
    file: str | None

    @property
    def is_document(self) -> bool:
        """Whether it is a whole workflow."""
        return self.word == "yaml" and self.file is None and re.match(r"(#.*\n)*workflow:", self.text) is not None


@dataclass(frozen=True, slots=True)
class Example:
    """A document in a page, and what is said of it."""

    page: Path
    block: Block
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    diagnostics: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The workflow's name."""
        found = re.search(r"^workflow: *(\S+)", self.block.text, re.MULTILINE)
        assert found is not None
        return found[1]

    @property
    def place(self) -> str:
        """`language.md:12 NAME`, for the names of tests."""
        return f"{self.page.name}:{self.block.line} {self.name}"


def pages() -> list[Path]:
    """Every page there is."""
    return [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text()
    return [
        Block(found["word"], found["text"], text.count("\n", 0, found.start("marks")) + 1, found["file"])
        for found in _FENCE.finditer(text)
    ]


def examples_of(page: Path) -> Iterator[Example]:
    """The documents of a page with what follows them."""
    example: Example | None = None
    for block in blocks_of(page):
        if example is not None and block.word == "outcome":
            example.outcomes.append(_told(block))
        elif example is not None and block.word == "diagnostics":
            example.diagnostics.append(block.text)
        else:
            if example is not None:
                yield example
            example = Example(page, block) if block.is_document else None
    if example is not None:
        yield example


def _told(block: Block) -> dict[str, Any]:
    """An outcome, read as workflows are read: `no` is text, and so is a date."""
    loaded = load_source(block.text)
    assert loaded.source is not None, loaded.diagnostics
    told: dict[str, Any] = loaded.source.value
    return told


def write_files(page: Path, folder: Path) -> None:
    """Writes into `folder` what the page calls files: named blocks, and valid documents after their workflow's name."""
    for block in blocks_of(page):
        if block.file is not None:
            (folder / block.file).write_text(block.text)
    for example in examples_of(page):
        if not example.diagnostics:
            (folder / f"{example.name}.yaml").write_text(example.block.text)
