"""Terminals: in a folder of its own, with an empty database or with none at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import ACTIVITIES, Terminal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "activities.py").write_text(ACTIVITIES)
    return tmp_path


@pytest.fixture
def terminal(folder: Path, database_url: str) -> Terminal:
    """A terminal whose commands use an empty database of the shared server."""
    return Terminal(folder, {"KAGZI_DB_URL": database_url})


@pytest.fixture
def no_database(folder: Path) -> Terminal:
    """A terminal for commands that need no database: one they tried to use would not be there."""
    return Terminal(folder, {"KAGZI_DB_URL": "postgresql://nobody@localhost:1/nothing"})


@pytest.fixture
def folder_terminal(folder: Path, empty_database_url: str) -> Terminal:
    """A terminal whose commands use a database that has nothing in it, not even the schema."""
    return Terminal(folder, {"KAGZI_DB_URL": empty_database_url})


@pytest.fixture
def own_home(folder: Path) -> Iterator[Terminal]:
    """A terminal with an embedded database of its own, not started yet."""
    # Not in pytest's folder: root's server runs as another user, and every session of pytest closes that to others.
    home = tempfile.mkdtemp(prefix="kagzi-home-")
    terminal = Terminal(folder, {"KAGZI_HOME": home})
    yield terminal
    terminal.type("db", "stop", "--force")
    shutil.rmtree(home, ignore_errors=True)
