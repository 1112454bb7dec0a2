"""`saga`: as `seq`; when it does not complete, what was done inside is compensated.

What is due stands in the saga's own ledger. It runs in reverse order of completion (`order: reverse`) or all at once
(`parallel`), shielded from cancellation and deadlines; then `on_failure`; then the saga ends as it would have. A
failed compensation is left in the journal and marks the run; `on_compensation_error: halt` stops at the first one.
When the run ends by `return`, nothing is compensated. A completed saga hands what it did to the saga around it.
"""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.events import Purpose
from kagzi_dsl.runtime.core.frame import Composite, Frame
from kagzi_dsl.runtime.core.ledger import Due, Ledger
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Completed, Failed, Outcome, Returned
from kagzi_dsl.runtime.core.redo import Undone

_COMPENSATION, _ON_FAILURE = 1_000_000, 999_999


class SagaFrame(Composite[model.Saga]):
    """The child's key is its index in the body, `_ON_FAILURE`, or `_COMPENSATION` and more."""

    __slots__ = ("due", "error", "running", "undoing")

    def _ledger_for_children(self) -> Ledger:
        return Ledger()

    def run(self) -> None:
        self.due: list[Due] = []
        self.running: dict[int, Due] = {}
        self.error: Json = None
        self.undoing = False
        self._go_on(0, None)

    def _go_on(self, index: int, output: Json) -> None:
        if index < len(self.node.body):
            self.spawn(self.node.body[index], key=index)
        else:
            self._completed(Completed(output))

    def _completed(self, done: Completed) -> None:
        """Ends the saga, unless its `output` fails: then it has not completed, and is compensated."""
        shaped = self.shaped(done)
        if isinstance(shaped, Failed):
            self.wind_down(shaped, Cause("sibling", shaped.failure.message))
        else:
            self.settle(shaped, done=done)

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        if self.undoing:
            del self.active[child.key]
            self._undone(child, outcome)
        else:
            super().child_ended(child, outcome)

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        self._go_on(child.key + 1, output)

    def drained(self, ending: Outcome) -> None:
        if isinstance(ending, Returned) or (isinstance(ending, Cancelled) and ending.cause.reason == "return"):
            self.finish(ending)
            return
        self.ending = ending
        self._undo(ending)

    def _undo(self, ending: Outcome) -> None:
        assert self.own_ledger is not None
        self.undoing = True
        failure = self.failure_of(ending)
        self.error = failure.as_json() if failure else None
        self.due = self.own_ledger.latest_first()
        self.own_ledger.entries.clear()
        if self.due and not self.machine.compensation:
            self.machine.compensation = "completed"
        self._next_compensations()

    def _next_compensations(self) -> None:
        at_once = len(self.due) if self.node.order == "parallel" else 1
        for due in self.due[:at_once]:
            self._compensate(due)
        del self.due[:at_once]
        if not self.active:
            self._last_of_all()

    def _compensate(self, due: Due) -> None:
        self.running[_COMPENSATION + due.order] = due
        env = due.env.binding(error=self.error, forward=due.forward())
        child = self.machine.frame(
            due.compensate, self, env=env, prefix=due.prefix, key=_COMPENSATION + due.order, ledger=None
        )
        self.active[child.key] = child
        self.machine.start(child)

    def _undone(self, child: Frame[Any], outcome: Outcome) -> None:
        if child.key == _ON_FAILURE:
            assert self.ending is not None
            self.finish(self.ending)
            return
        due = self.running.pop(child.key)
        if isinstance(outcome, Failed):
            self.machine.compensation_failed(Undone(due, self.error))
            if self.node.on_compensation_error == "halt":
                self._give_up_the_rest()
        if not self.active:
            self._next_compensations()

    def _give_up_the_rest(self) -> None:
        for due in self.due:
            self.machine.compensation_failed(Undone(due, self.error))
        self.due.clear()

    def _last_of_all(self) -> None:
        assert self.ending is not None
        if self.node.on_failure is None:
            self.finish(self.ending)
            return
        env = self.env.binding(error=self.error)
        child = self.machine.frame(
            self.node.on_failure, self, env=env, prefix=self.prefix, key=_ON_FAILURE, ledger=None
        )
        self.active[child.key] = child
        self.machine.start(child)

    def timer_fired(self, purpose: Purpose) -> None:
        if not self.undoing:
            super().timer_fired(purpose)
