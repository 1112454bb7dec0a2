"""`switch`: takes the first branch whose `when` holds; its output is that branch's, or null when none does."""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.frame import Composite, Frame, truthy
from kagzi_dsl.runtime.core.outcome import Completed


class SwitchFrame(Composite[model.Switch]):
    """Has at most one child."""

    __slots__ = ()

    def run(self) -> None:
        for case in self.node.cases:
            if case.when is None or truthy(case.when.evaluate(self.env)):
                self.spawn(case.do)
                return
        self.finish(Completed(None))

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        self.finish(Completed(output))
