"""`sleep`: waits for a duration, or until a moment. A moment that has passed is no wait at all."""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.dsl.moment import parse_moment
from kagzi_dsl.errors import ExpressionError, Failure
from kagzi_dsl.runtime.core.events import Purpose
from kagzi_dsl.runtime.core.frame import Frame, duration_ms
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Completed, Failed, Outcome


class SleepFrame(Frame[model.Sleep]):
    """Ends by its timer; a cancellation ends it at once."""

    __slots__ = ()

    def run(self) -> None:
        self.machine.arm(self, "sleep", self._wake_at())

    def _wake_at(self) -> int:
        if self.node.until is None:
            assert self.node.duration is not None
            return self.machine.at + duration_ms(self.node.duration, self.env)
        moment = self.node.until.evaluate(self.env)
        if not isinstance(moment, str):
            raise ExpressionError(
                f"`until` needs a moment as RFC 3339 text, and this is {moment!r}", expression=self.node.until.text
            )
        try:
            return parse_moment(moment)
        except ValueError as error:
            raise ExpressionError(str(error), expression=self.node.until.text) from error

    def timer_fired(self, purpose: Purpose) -> None:
        if purpose == "sleep":
            self.finish(Completed(None))
        else:
            super().timer_fired(purpose)

    def timed_out(self, failure: Failure) -> None:
        self.finish(Failed(failure))

    def cancel(self, cause: Cause) -> None:
        if not self.done:
            self.finish(Cancelled(cause))

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        raise AssertionError(f"{self.path} has no children")
