"""Compensations that failed, tried again when an ended run is resumed: only those, the last one done first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.ledger import Due
from kagzi_dsl.runtime.core.outcome import Failed, Outcome

if TYPE_CHECKING:
    from kagzi_dsl.runtime.core.course import Course
    from kagzi_dsl.runtime.core.frame import Frame


@dataclass(frozen=True, slots=True)
class Undone:
    """A compensation that did not succeed, and the error its saga failed with."""

    due: Due
    error: Json


class Redo:
    """The parent of compensations that are tried again; when all have ended, the run ends as it had before."""

    def __init__(self, machine: Course, undone: list[Undone], verdict: Outcome) -> None:
        self._machine = machine
        self._left = sorted(undone, key=lambda one: one.due.order, reverse=True)
        self._verdict = verdict
        self._current: Undone | None = None

    def go_on(self) -> None:
        """Starts the next compensation, or ends the run."""
        if not self._left:
            self._machine.end_again(self._verdict)
            return
        self._current = undone = self._left.pop(0)
        due = undone.due
        env = due.env.binding(error=undone.error, forward=due.forward())
        self._machine.start(self._machine.frame(due.compensate, self, env=env, prefix=due.prefix, key=0, ledger=None))

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        """Notes another failure, and goes on."""
        assert self._current is not None
        if isinstance(outcome, Failed):
            self._machine.compensation_failed(self._current)
        self.go_on()
