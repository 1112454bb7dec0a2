"""The worker in the page on operations does what it looks like."""

from __future__ import annotations

import asyncio
import runpy
from pathlib import Path

import pytest
from command_line import ROOT
from docs.pages import blocks_of


def test_the_worker_of_the_page_greets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = blocks_of(ROOT / "docs/operations.md")
    [block] = [block for block in blocks if block.word == "python" and "Worker(client" in block.text]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KAGZI_DB_URL", database_url)
    Path("page.py").write_text(block.text)
    asyncio.run(runpy.run_path("page.py")["main"]())
    assert capsys.readouterr().out == 'completed "Hello, Ada!"\n'
