"""Which peers there are, in which versions, and where they are installed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HOME = "BENCHMARKS_HOME"
"""The folder peers are installed in; left out, one in the user's cache."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A package of another project, and what it needs; npm packages go by `node`."""

    name: str
    title: str
    packages: tuple[str, ...]
    node: bool = False

    @property
    def folder(self) -> Path:
        """Where it is installed."""
        return Path(os.environ.get(HOME) or platformdirs.user_cache_path("kagzi-bench")) / self.name

    @property
    def is_installed(self) -> bool:
        """Whether it is there, in these versions."""
        note = self.folder / "installed.txt"
        return note.is_file() and note.read_text().split() == list(self.packages)

    def command(self, program: str) -> Path:
        """One of its programs."""
        return self.folder / "bin" / program

    def install(self) -> None:
        """Installs it, in its own folder. Raises CalledProcessError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.node:
            _run(["npm", "install", "--no-audit", "--no-fund", "--prefix", self.folder, *self.packages], self.folder)
        else:
            _run([sys.executable, "-m", "venv", "--clear", self.folder], self.folder)
            _run([self.command("python"), "-m", "pip", "install", "--quiet", *self.packages], self.folder)
        (self.folder / "installed.txt").write_text("\n".join(self.packages))

    @property
    def versions(self) -> dict[str, str]:
        """The versions of its packages."""
        mark = "@" if self.node else "=="
        return {name: version for name, _, version in (package.partition(mark) for package in self.packages)}


def _run(command: Sequence[str | Path], folder: Path) -> None:
    subprocess.run(command, cwd=folder.parent, check=True)
