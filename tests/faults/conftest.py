"""How much of a fault a test plays, with which seed, and where its figure goes."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import ROOT
from examples.conftest import shop  # noqa: F401 – the server one of the examples needs
from faults.figures import Fact, Figure, this_machine


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the table of faults, as far as a test plays it."""

    line: str
    test: str
    seed: int
    long: bool
    folder: Path | None
    asked: int | None = None

    def chance(self, *parts: object) -> random.Random:
        """What is chosen by chance: the same for the same seed and parts."""
        return random.Random(f"{self.seed} {self.line} {parts}")

    def size(self, short: int, long: int) -> int:
        """`short` in every run of the tests, `long` with --long."""
        return long if self.long else short

    def times(self, short: int, long: int) -> int:
        """The same, unless `--times` says otherwise: for what can be played any number of times."""
        return self.asked or self.size(short, long)

    def tell(self, name: str, law: str, *, case: str, held: int, of: int, **facts: Fact) -> None:
        """Keeps the figure if anybody wants it. The test fails by itself when a law does not hold; this counts."""
        assert 0 < held == of, f"{law}: {held} of {of}, --seed {self.seed}"
        if self.folder is not None:
            how = (" --long" if self.long else "") + (f" --times {self.asked}" if self.asked else "")
            command = f"pytest {self.test}{how} --seed {self.seed}"
            Figure(
                line=self.line, name=name, law=law, case=case, held=held, of=of, command=command, seed=self.seed,
                long=self.long, facts=facts, machine=this_machine(),
            ).write(self.folder)  # fmt: skip


@pytest.fixture
def fault(request: pytest.FixtureRequest) -> Iterator[Fault]:
    """The line a test file stands for: its name without `test_fault_`."""
    options = request.config.option
    path = Path(str(request.node.path))
    folder = Path(options.figures) if options.figures else None
    test = f"{path.relative_to(ROOT)}::{request.node.originalname}"
    line = path.stem.removeprefix("test_fault_").replace("_", "-")
    seed = int(os.environ["FAULT_SEED"])
    yield Fault(line, test, seed, options.long, folder, options.times)
    # Shown with the report of a test that failed.
    print(f"--seed {seed}")  # noqa: T201
