"""`seq`: one node after the other; its output is the last one's."""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.frame import Composite, Frame
from kagzi_dsl.runtime.core.outcome import Completed


class SeqFrame(Composite[model.Seq]):
    """Runs `body` in order; the child's key is its index."""

    __slots__ = ()

    def run(self) -> None:
        self._go_on(0, None)

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        self._go_on(child.key + 1, output)

    def _go_on(self, index: int, output: Json) -> None:
        if index < len(self.node.body):
            self.spawn(self.node.body[index], key=index)
        else:
            self.finish(Completed(output))
