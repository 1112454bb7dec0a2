"""`activity`: calls a registered function; its output is what the function returns. `timeout` bounds one attempt."""

from __future__ import annotations

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Code, ExpressionError, Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.commands import Pending, RunActivity, StopActivity
from kagzi_dsl.runtime.core.frame import duration_ms
from kagzi_dsl.runtime.core.nodes.asking import AskingFrame, object_for
from kagzi_dsl.runtime.core.nodes.pure import text
from kagzi_dsl.runtime.core.outcome import Failed


class ActivityFrame(AskingFrame[model.Activity]):
    """Asks for one attempt after the other; whether there is a next one, the shell decides and the journal keeps."""

    __slots__ = ()

    def arm_timeout(self) -> None:
        """The shell bounds each attempt; the node as a whole has no timer."""

    def ask(self, not_before: int | None) -> None:
        arguments = self._arguments()
        if isinstance(arguments, str):
            self.finish(Failed(Failure.of(Code.INVALID_ARGUMENT, arguments, path=self.path)))
            return
        node, env = self.node, self.env
        limit = node.timeout if node.timeout is not None else self.machine.workflow.defaults.timeout
        timeout = None if limit is None else duration_ms(limit, env)
        heartbeat = None if node.heartbeat is None else duration_ms(node.heartbeat, env)
        # By position, as below for entries and writes: keywords cost a third of the time of making a tuple.
        command = RunActivity(
            self.path, node, arguments, env, self.attempt, self.idempotency_key(), timeout, heartbeat,
            not_before, self.first_started_at,
        )  # fmt: skip
        self.machine.ask(self, command)

    def _arguments(self) -> dict[str, Json] | str:
        """The arguments as they may be shown. What cannot be worked out with secrets masked is left to the shell."""
        try:
            return object_for(self.node, self.evaluate(self.node.with_))
        except ExpressionError:
            if not self.node.with_.uses_secrets:
                raise
            return {}

    def stop(self, message: str) -> Pending:
        return StopActivity(self.path, self.node, self.attempt, message)

    def idempotency_key(self) -> str:
        if self.node.idempotency_key is not None:
            return text(self.evaluate(self.node.idempotency_key))
        return super().idempotency_key()
