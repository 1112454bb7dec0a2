"""The Python and the commands in the documentation work as they stand (see pages.py for how a page says it)."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from pathlib import Path

import pytest
from command_line import kagzi
from docs.pages import Block, blocks_of, pages, write_files

PYTHON = [(page, block) for page in pages() for block in blocks_of(page) if block.word == "python" and not block.file]
CONSOLE = [(page, block) for page in pages() for block in blocks_of(page) if block.word == "console"]


def places(found: list[tuple[Path, Block]]) -> list[str]:
    return [f"{page.name}:{block.line}" for page, block in found]


@pytest.mark.parametrize(("page", "block"), PYTHON, ids=places(PYTHON))
def test_python_in_a_page_runs(page: Path, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    name = f"{page.stem.replace('-', '_')}_{block.line}"
    file = tmp_path / f"{name}.py"
    file.write_text(block.text)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Type hints are resolved by way of the module's name.
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    for test in [value for key, value in vars(module).items() if key.startswith("test_")]:
        test()


@pytest.mark.parametrize(("page", "block"), CONSOLE, ids=places(CONSOLE))
def test_commands_in_a_page_print_what_is_shown(page: Path, block: Block, tmp_path: Path, database_url: str) -> None:
    write_files(page, tmp_path)
    for command, shown in commands_of(block):
        words = shlex.split(command)
        assert words[0] == "kagzi-dsl"
        ran = kagzi(*words[1:], db=database_url, cwd=tmp_path)
        printed = ran.stdout + ran.stderr
        assert fits(shown, printed), f"$ {command}\n{printed}"


def commands_of(block: Block) -> list[tuple[str, str]]:
    """Commands, lines that end in a backslash joined, and what is shown behind them."""
    parts = re.split(r"^\$ ", block.text.replace("\\\n", " "), flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def fits(shown: str, printed: str) -> bool:
    """Whether `printed` is what is shown, `…` standing for anything within a line."""
    pattern = ".*".join(map(re.escape, shown.rstrip("\n").split("…")))
    return re.fullmatch(pattern, printed.rstrip("\n")) is not None
