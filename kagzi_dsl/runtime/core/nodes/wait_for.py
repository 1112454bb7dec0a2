"""`wait_for`: waits for a signal; its output is the payload, or that of `else` when `timeout` passes first."""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.dsl.input import validate_value
from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.frame import Composite, Frame
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Completed, Failed


class WaitForFrame(Composite[model.WaitFor]):
    """Waits in the run's mailbox; its only child is `else`."""

    __slots__ = ()

    def run(self) -> None:
        self.machine.mailbox.wait(self.node.signal, self)

    def fits(self, payload: Json) -> bool:
        """Whether the payload fits this wait's schema."""
        return self.node.schema is None or not validate_value(self.node.schema, payload)

    def receive(self, payload: Json) -> None:
        """The signal came."""
        self.finish(Completed(payload))

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        self.finish(Completed(output))

    def timed_out(self, failure: Failure) -> None:
        if self.active:
            return
        self.machine.mailbox.forget(self.node.signal, self)
        if self.node.else_ is None:
            self.finish(Failed(failure))
        else:
            self.spawn(self.node.else_)

    def cancel(self, cause: Cause) -> None:
        if self.active or self.done or not self.begun:
            super().cancel(cause)
            return
        self.machine.mailbox.forget(self.node.signal, self)
        self.finish(Cancelled(cause))
