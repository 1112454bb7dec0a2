"""`signal`: sends a signal, to this run itself when `to` is left out. Its output is null."""

from __future__ import annotations

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.runtime.core.commands import Pending, SendSignal
from kagzi_dsl.runtime.core.nodes.asking import AskingFrame
from kagzi_dsl.runtime.core.outcome import Cause, Completed, Failed


class SignalFrame(AskingFrame[model.Signal]):
    """A signal to another run is the outside's to deliver; one to this run goes straight into its mailbox."""

    __slots__ = ()

    def ask(self, not_before: int | None) -> None:
        payload = None if self.node.with_ is None else self.evaluate(self.node.with_)
        if self.node.to is None:
            self.machine.mailbox.deliver(self.node.signal, payload)
            self.finish(Completed(None))
            return
        to = self.evaluate(self.node.to)
        if not isinstance(to, str) or not to:
            message = f"`to` of {self.node.id} must give a run id or an external id, and this is {to!r}"
            self.finish(Failed(Failure.of(Code.INVALID_ARGUMENT, message, path=self.path)))
            return
        self.machine.ask(self, SendSignal(self.path, self.node, to, self.node.signal, payload))

    def stop(self, message: str) -> Pending:
        raise AssertionError("a signal is sent or it is not")

    def cancel(self, cause: Cause) -> None:
        if not self.begun or self.done:
            super().cancel(cause)

    def timed_out(self, failure: Failure) -> None:
        """A signal is on its way; what it is told does not stop it."""
