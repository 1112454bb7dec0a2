"""`repeat`: runs `do` again and again until `until` holds, `every` apart, at most `max` rounds.

`until` is evaluated inside the round, so it sees the round's steps; `previous` is the output of the round before,
null at first. The output is the last round's; reaching `max` is a failure.
"""

from __future__ import annotations

from typing import Any

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.env import Env
from kagzi_dsl.runtime.core.events import Purpose
from kagzi_dsl.runtime.core.frame import Composite, Frame, duration_ms, truthy
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Completed, Failed


class RepeatFrame(Composite[model.Repeat]):
    """The child's key is the round, from 0, which is also in its path: `poll[3].check`."""

    __slots__ = ("index", "previous", "round_env")

    def run(self) -> None:
        self.index = 0
        self.previous: Json = None
        self._begin()

    def _begin(self) -> None:
        self.round_env: Env = self.env.round({"previous": self.previous, "index": self.index})
        self.spawn(self.node.do, key=self.index, env=self.round_env, prefix=f"{self.path}[{self.index}].")

    def child_completed(self, child: Frame[Any], output: Json) -> None:
        if truthy(self.node.until.evaluate(self.round_env)):
            self.finish(Completed(output))
        elif self.index + 1 >= self.node.max:
            self.finish(Failed(self._exhausted()))
        else:
            self._pause(output)

    def _exhausted(self) -> Failure:
        message = f"{self.node.id} reached its max of {self.node.max} rounds before `{self.node.until.text}` held"
        return Failure.of(Code.PRECONDITION_FAILED, message, type="RepeatExhausted", path=self.path)

    def _pause(self, output: Json) -> None:
        self.previous = output
        self.index += 1
        if self.node.every is None:
            self._begin()
        else:
            self.machine.arm(self, "every", self.machine.at + duration_ms(self.node.every, self.round_env))

    def timer_fired(self, purpose: Purpose) -> None:
        if purpose == "every":
            self._begin()
        else:
            super().timer_fired(purpose)

    def cancel(self, cause: Cause) -> None:
        if self.begun and not self.active and not self.done and self.ending is None:
            self.finish(Cancelled(cause))
        else:
            super().cancel(cause)
