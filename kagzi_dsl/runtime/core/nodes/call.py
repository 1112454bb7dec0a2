"""`call`: runs another workflow; its output is that one's, or {run_id} when detached."""

from __future__ import annotations

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.runtime.core.commands import Pending, StartChild, StopChild
from kagzi_dsl.runtime.core.nodes.asking import AskingFrame, object_for
from kagzi_dsl.runtime.core.outcome import Failed


class CallFrame(AskingFrame[model.Call]):
    """Each attempt is a child run of its own; an attached one is cancelled with this node."""

    __slots__ = ("asked_at",)

    def ask(self, not_before: int | None) -> None:
        given = object_for(self.node, self.evaluate(self.node.with_))
        if isinstance(given, str):
            self.finish(Failed(Failure.of(Code.INVALID_ARGUMENT, given, path=self.path)))
            return
        self.asked_at = max(self.machine.at, not_before or 0)
        self.machine.ask(
            self,
            StartChild(
                path=self.path,
                node=self.node,
                input=given,
                attempt=self.attempt,
                asked_at=self.asked_at,
                not_before=not_before,
                first_started_at=self.first_started_at,
            ),
        )

    def stop(self, message: str) -> Pending:
        return StopChild(self.path, self.node, self.attempt, self.asked_at, message)
