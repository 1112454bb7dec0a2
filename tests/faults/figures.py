"""What the tests of faults measure: figures of the form "N of N", kept as JSON; a page is made from them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

KEPT = Path(__file__).parent / "figures"
"""The figures the page is made from."""
Fact: TypeAlias = int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """In how many of how many cases a law held. `case` says what one case is; `facts` what else was seen."""

    line: str
    name: str
    law: str
    case: str
    held: int
    of: int
    command: str
    seed: int
    long: bool
    facts: Mapping[str, Fact] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / f"{self.line}.{self.name}.json").write_text(text + "\n")


def kept(folder: Path = KEPT) -> Iterator[Figure]:
    """The figures in a folder, by line and name."""
    for path in sorted(folder.glob("*.json")):
        read: dict[str, Any] = json.loads(path.read_text())
        yield Figure(**read)


def this_machine() -> dict[str, str]:
    """What the figures were measured on and with."""
    import asyncpg

    from kagzi_dsl import __version__
    from kagzi_dsl.runtime.embedded.program import MAJOR

    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "machine": f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "postgresql": str(MAJOR),
        "asyncpg": asyncpg.__version__,
        "kagzi-dsl": __version__,
    }
