"""The kinds that ask nothing of the outside: `set`, `assert`, `fail` and `return`."""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.payload import Json, dumps
from kagzi_dsl.runtime.core.frame import Frame, N, truthy
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Completed, Failed, Outcome, Returned


class PureFrame(Frame[N]):
    """Begins and ends in one step; there is nothing to cancel once it has begun."""

    __slots__ = ()

    def cancel(self, cause: Cause) -> None:
        if not self.done:
            self.finish(Cancelled(cause))

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        raise AssertionError(f"{self.path} has no children")

    def timed_out(self, failure: Failure) -> None:
        raise AssertionError(f"{self.path} takes no time")


class SetFrame(PureFrame[model.Set]):
    """Its output is the template's value."""

    __slots__ = ()
    stores_output = True

    def run(self) -> None:
        self.finish(Completed(self.evaluate(self.node.value)))


class AssertFrame(PureFrame[model.Assert]):
    """Completes with null, or fails with PreconditionFailed."""

    __slots__ = ()

    def run(self) -> None:
        if truthy(self.node.condition.evaluate(self.env)):
            self.finish(Completed(None))
        else:
            self.finish(Failed(self._broken()))

    def _broken(self) -> Failure:
        if self.node.message is not None:
            message = text(self.evaluate(self.node.message))
        else:
            message = f"{self.node.id} does not hold: {self.node.condition.text}"
        return Failure.of(Code.PRECONDITION_FAILED, message, type="AssertionFailed", path=self.path)


class FailFrame(PureFrame[model.Fail]):
    """Fails as its author says."""

    __slots__ = ()

    def run(self) -> None:
        details = self.evaluate(self.node.details) if self.node.details is not None else None
        message = text(self.evaluate(self.node.message))
        code = Code(self.node.code)
        self.finish(Failed(Failure.of(code, message, type=self.node.type, details=details, path=self.path)))


class ReturnFrame(PureFrame[model.Return]):
    """Ends the run with the template's value."""

    __slots__ = ()

    def run(self) -> None:
        self.finish(Returned(self.evaluate(self.node.value)))


def text(value: Json) -> str:
    """A message as text; anything but a string is shown as JSON."""
    if isinstance(value, str):
        return value
    return dumps(value)
