"""`parallel`: branches side by side, started in document order, at most `limit` at a time.

With `on_error: cancel` the first failure stops the other branches; with `wait` every branch is run to its end, and then
the node fails with the first failure.
"""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.frame import Composite, Frame
from kagzi_dsl.runtime.core.outcome import Completed, Failed, Outcome


class ParallelFrame(Composite[model.Parallel]):
    """The child's key is the index of its branch."""

    __slots__ = ("failure", "next", "outputs")

    def run(self) -> None:
        self.outputs: list[Json] = [None] * len(self.node.branches)
        self.failure: Failure | None = None
        self.next = 0
        self._fill()

    def _fill(self) -> None:
        limit = self.node.limit or len(self.node.branches)
        while self.next < len(self.node.branches) and len(self.active) < limit:
            self.spawn(self.node.branches[self.next], key=self.next)
            self.next += 1
        if not self.active:
            self.finish(self._outcome())

    def _outcome(self) -> Outcome:
        if self.failure is not None:
            return Failed(self.failure)
        names = self.node.names
        return Completed(self.outputs if names is None else dict(zip(names, self.outputs, strict=True)))

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        self.outputs[child.key] = output
        self._fill()

    def child_failed(self, child: Frame[Any], failure: Failure) -> None:
        if self.node.on_error == "cancel":
            super().child_failed(child, failure)
            return
        self.failure = self.failure or failure
        self._fill()
