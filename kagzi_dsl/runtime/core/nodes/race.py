"""`race`: branches side by side; the first to complete wins, and the others are cancelled.

A branch that fails or is skipped drops out; the race fails when all that ran have failed. Ties go by journal order.
What losing branches did stays in the enclosing saga's ledger.
"""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.frame import Composite, Frame
from kagzi_dsl.runtime.core.outcome import Cause, Completed, Failed, Outcome


class RaceFrame(Composite[model.Race]):
    """The child's key is the index of its branch."""

    __slots__ = ("failures",)

    def run(self) -> None:
        self.failures: dict[str, Failure] = {}
        for index, branch in enumerate(self.node.branches):
            self.spawn(branch, key=index)

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        name = self.node.names[child.key]
        self.wind_down(Completed({"winner": name, "output": output}), Cause("race", f"{name} was faster"))

    def child_skipped(self, child: Frame[Any]) -> None:
        self._one_less()

    def child_failed(self, child: Frame[Any], failure: Failure) -> None:
        self.failures[self.node.names[child.key]] = failure
        self._one_less()

    def _one_less(self) -> None:
        if not self.active:
            self.finish(self._nobody_won())

    def _nobody_won(self) -> Outcome:
        if not self.failures:
            return Completed({"winner": None, "output": None})
        first = next(iter(self.failures.values()))
        told = "; ".join(f"{name}: {failure.message}" for name, failure in self.failures.items())
        details = {name: failure.as_json() for name, failure in self.failures.items()}
        message = f"every branch of {self.node.id} failed: {told}"
        return Failed(Failure.of(first.code, message, type=first.type, details=details, path=self.path))
