"""`try`: runs its body; a failure goes to the first handler that matches; `finally` runs in any case.

A handler never sees a cancellation. `finally` is shielded: neither a cancellation nor a deadline stops it, and what was
asked meanwhile takes effect when it has ended. A failure of `finally` itself replaces what came before.
"""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.events import Purpose
from kagzi_dsl.runtime.core.frame import Composite, Frame
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Completed, Failed, Outcome, Returned, Skipped

_BODY, _HANDLER, _FINALLY = 0, 1, 2


class TryFrame(Composite[model.Try]):
    """The child's key tells the phase: body, handler or finally; there is one child at a time."""

    __slots__ = ("error", "verdict")

    def run(self) -> None:
        self.verdict: Outcome | None = None
        self.error: Json = None
        self.spawn(self.node.body, key=_BODY)

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        if child.key == _FINALLY:
            del self.active[child.key]
            self._finally_ended(outcome)
        else:
            super().child_ended(child, outcome)

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        self.drained(Completed(output))

    def child_failed(self, child: Frame[Any], failure: Failure) -> None:
        self.error = failure.as_json()
        handler = self._handler_for(failure) if child.key == _BODY else None
        if handler is None:
            self.drained(Failed(failure))
        else:
            env = self.env.binding(**{handler.error_name: self.error})
            self.spawn(handler.do, key=_HANDLER, env=env)

    def _handler_for(self, failure: Failure) -> model.Handler | None:
        return next((h for h in self.node.handlers if not h.errors or failure.matches(h.errors)), None)

    def drained(self, ending: Outcome) -> None:
        self.verdict = ending
        if self.node.finally_ is None:
            self.finish(ending)
            return
        if self.error is None and (failure := self.failure_of(ending)) is not None:
            self.error = failure.as_json()
        self.spawn(self.node.finally_, key=_FINALLY, env=self.env.binding(error=self.error))

    def _finally_ended(self, outcome: Outcome) -> None:
        assert self.verdict is not None
        match outcome:
            case Completed() | Skipped():
                self.finish(self.verdict)
            case Failed() | Cancelled() | Returned():
                self.finish(outcome)

    def cancel(self, cause: Cause) -> None:
        if self._shielded():
            if isinstance(self.verdict, Completed):
                self.verdict = Cancelled(cause)
        else:
            super().cancel(cause)

    def timer_fired(self, purpose: Purpose) -> None:
        if not self._shielded():
            super().timer_fired(purpose)

    def _shielded(self) -> bool:
        return self.begun and not self.done and self.verdict is not None
