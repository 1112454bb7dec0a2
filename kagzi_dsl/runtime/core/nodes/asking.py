"""What `activity`, `call` and `signal` share: they ask the outside for something and wait for the answer.

Told to stop, such a node waits for the answer all the same: what it asked for may have happened already, and a saga
has to know.
"""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.commands import Pending
from kagzi_dsl.runtime.core.events import AttemptFailed, NodeCompleted, NodeFailed
from kagzi_dsl.runtime.core.frame import Frame, N
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Completed, Failed, Outcome


class AskingFrame(Frame[N]):
    """A leaf with a command out."""

    __slots__ = ("attempt", "first_started_at")

    def run(self) -> None:
        self.attempt = 1
        self.first_started_at: int | None = None
        self.ask(None)

    def ask(self, not_before: int | None) -> None:
        """Sends the command for the current attempt."""
        raise NotImplementedError

    def stop(self, message: str) -> Pending:
        """The command that stops what was asked for."""
        raise NotImplementedError

    def attempt_failed(self, event: AttemptFailed) -> None:
        """An attempt failed and the next one is due."""
        self.unknown = self.unknown or event.failure.outcome == "unknown"
        if self.first_started_at is None:
            self.first_started_at = event.started_at
        self.attempt = event.attempt + 1
        self.ask(event.due)

    def answered(self, event: NodeCompleted | NodeFailed) -> Outcome:
        match event:
            case NodeCompleted(output=output):
                return self._ended_after_all(Completed(output))
            case NodeFailed(failure=failure):
                self.unknown = self.unknown or failure.outcome == "unknown"
                return self._ended_after_all(Failed(failure))

    def _ended_after_all(self, outcome: Outcome) -> Outcome:
        stopped = isinstance(outcome, Failed) and outcome.failure.code is Code.CANCELLED
        return self.ending if self.ending is not None and stopped else outcome

    def cancel(self, cause: Cause) -> None:
        if self.done:
            return
        if not self.begun:
            self.finish(Cancelled(cause))
        elif self.ending is None:
            self._stop(Cancelled(cause), cause.message)

    def timed_out(self, failure: Failure) -> None:
        self._stop(Failed(failure), failure.message)

    def _stop(self, ending: Outcome, message: str) -> None:
        self.ending = ending
        self.machine.ask(self, self.stop(message))

    def crash(self, failure: Failure) -> None:
        if not self.done:
            self.finish(Failed(failure))

    def outcome_unknown(self, outcome: Outcome) -> bool:
        return self.begun and self.unknown

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        raise AssertionError(f"{self.path} has no children")


def object_for(node: model.Activity | model.Call, value: Json) -> dict[str, Json] | str:
    """The arguments a `with` gives, or the complaint that it gives something else."""
    if isinstance(value, dict):
        return value
    return f"`with` of {node.id} must give an object of named arguments, not {type(value).__name__}"
