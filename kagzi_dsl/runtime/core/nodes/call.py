"""`call`: runs another workflow; its output is that one's, or {run_id} when detached."""

from __future__ import annotations

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.runtime.core.commands import Pending, StartChild, StopChild
from kagzi_dsl.runtime.core.nodes.asking import AskingFrame, object_for
from kagzi_dsl.runtime.core.outcome import Failed


class CallFrame(AskingFrame[model.Call]):
    """Each attempt is a child run of its own; an attached one is cancelled with this node."""

    __slots__ = ()

    def ask(self, not_before: int | None) -> None:
        given = object_for(self.node, self.evaluate(self.node.with_))
        if isinstance(given, str):
            self.finish(Failed(Failure.of(Code.INVALID_ARGUMENT, given, path=self.path)))
            return
        self.machine.ask(self, StartChild(self.path, self.node, given, self.attempt, not_before, self.first_started_at))

    def stop(self, message: str) -> Pending:
        return StopChild(self.path, self.node, self.attempt, message)
