"""`foreach`: runs `do` once for each item, at most `limit` at a time; its output is a list in the order of the items.

A failed item that is tolerated leaves null in the list. One failure too many stops the others with `on_error: cancel`;
with `wait` every item is run to its end first. The node then fails with the first failure.
"""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.frame import Composite, Frame
from kagzi_dsl.runtime.core.outcome import Completed, Failed


class ForeachFrame(Composite[model.Foreach]):
    """The child's key is the index of its item, which is also in its path: `each[3].fetch`."""

    __slots__ = ("failed", "failure", "items", "next", "outputs", "tolerated")

    def run(self) -> None:
        items = self.evaluate(self.node.items)
        if not isinstance(items, list):
            self.finish(Failed(self._not_a_list(items)))
            return
        self.items: list[Json] = items
        self.outputs: list[Json] = [None] * len(items)
        self.failure: Failure | None = None
        self.failed = 0
        self.tolerated = tolerated(self.node.tolerate, len(items))
        self.next = 0
        self._fill()

    def _not_a_list(self, items: Json) -> Failure:
        kind = {dict: "an object", str: "a string", bool: "a boolean", type(None): "null"}.get(type(items), "a number")
        message = f"foreach needs a list, and {self.node.items.source!r} gives {kind}"
        return Failure.of(Code.INVALID_ARGUMENT, message, path=self.path)

    def _fill(self) -> None:
        while self.next < len(self.items) and len(self.active) < self.node.limit:
            self._begin(self.next)
            self.next += 1
        if not self.active:
            over = self.failure is not None and self.failed > self.tolerated
            self.finish(Failed(self.failure) if over and self.failure else Completed(self.outputs))

    def _begin(self, index: int) -> None:
        env = self.env.round({self.node.item_name: self.items[index], "index": index})
        self.spawn(self.node.do, key=index, env=env, prefix=f"{self.path}[{index}].")

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        self.outputs[child.key] = output
        self._fill()

    def child_failed(self, child: Frame[Any], failure: Failure) -> None:
        self.failed += 1
        self.failure = self.failure or failure
        if self.failed > self.tolerated and self.node.on_error == "cancel":
            super().child_failed(child, self.failure)
            return
        self._fill()


def tolerated(tolerance: model.Tolerance | None, count: int) -> int:
    """How many of `count` items may fail; a percentage is rounded down."""
    if tolerance is None:
        return 0
    return count * tolerance.amount // 100 if tolerance.percent else tolerance.amount
