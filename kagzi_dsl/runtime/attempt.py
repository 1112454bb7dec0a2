"""One attempt of an activity: from the command that asks for it to the event that answers."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.definition import Definition
from kagzi_dsl.activities.failing import Failed
from kagzi_dsl.activities.invoke import Completed, invoke
from kagzi_dsl.duration import format_duration
from kagzi_dsl.errors import ActivityError, Code, ExpressionError, Failure, FenceLost, StoreError
from kagzi_dsl.payload import Json
from kagzi_dsl.retry import AttemptFacts, Retry, next_attempt_at
from kagzi_dsl.runtime.about import log
from kagzi_dsl.runtime.asker import Asker, Lent
from kagzi_dsl.runtime.core.commands import RunActivity, StopActivity
from kagzi_dsl.runtime.core.events import AttemptFailed, Event, NodeCompleted, NodeFailed
from kagzi_dsl.runtime.core.frame import invalid

if TYPE_CHECKING:
    from kagzi_dsl.activities.registry import Registry
    from kagzi_dsl.dsl.scope import Scope
    from kagzi_dsl.runtime.perform import Performer


trouble = logging.getLogger("kagzi_dsl.engine")


class SecretScope:
    """A node's scope in which secrets have their real values: only arguments are bound in it."""

    __slots__ = ("_scope", "_secrets")

    def __init__(self, scope: Scope, performer: Performer) -> None:
        self._scope = scope
        self._secrets = performer.secrets

    def get(self, root: str) -> Json:
        return self._scope.get(root)

    def step(self, step_id: str) -> Json:
        return self._scope.step(step_id)

    def secret(self, name: str) -> str:
        return self._secrets.get(name)


class Attempt:
    """An attempt while it runs. `task` is the task it runs in."""

    __slots__ = (
        "_abandoned", "_asker", "_begun", "_command", "_context", "_engine", "_monitor", "_performer", "_recovered",
        "_silent", "_started_at", "_stopped", "task",
    )  # fmt: skip

    task: asyncio.Task[None]

    def __init__(self, asker: Asker, command: RunActivity, performer: Performer, *, recovered: bool) -> None:
        self._asker = asker
        self._command = command
        self._performer = performer
        self._engine = performer.engine
        self._recovered = recovered
        self._started_at = asker.now()
        self._stopped: StopActivity | None = None
        self._silent: Failure | None = None
        self._abandoned = False
        self._begun = False
        self._monitor: asyncio.TimerHandle | None = None
        self._context: ActivityContext | None = None

    # -- from outside

    def makes(self, command: RunActivity) -> bool:
        """Whether this is the attempt a command asks for, and it is still being made."""
        return self._command.attempt == command.attempt and not self.task.done()

    def stop(self, command: StopActivity) -> None:
        """Tells the activity to stop; if it will not, it is left to itself after a grace."""
        self._stopped = command
        if self._context is not None:
            self._context.cancel()
        self.task.cancel()
        if not self._begun:
            # A task that is cancelled before its first step takes none, and so has nothing to say.
            self._asker.answer(self._cancelled())
            return
        asyncio.get_running_loop().call_later(self._engine.settings.stop_grace, self._abandon)

    def _abandon(self) -> None:
        if not self.task.done() and not self._asker.gone:
            self._log(trouble, logging.WARNING, "it did not stop when told to and was left to itself")
            self._abandoned = True
            self._asker.answer(self._cancelled())

    # -- the attempt

    async def run(self) -> None:
        """Makes the attempt and feeds its answer. Ends by CancelledError only when the run is let go."""
        self._begun = True
        definition = self._engine.registry.get(self._command.node.activity)
        if definition is None:
            self._asker.answer(self._failed(_unknown(self._command, self._engine.registry), None))
            return
        try:
            if definition.at_most_once and not await self._asker.begins():
                self._asker.answer(self._failed(_interrupted(self._command), definition))
                return
            if definition.transactional:
                await self._make_lent(definition)
            else:
                self._answer(definition, await self._invoke(definition, None))
        except FenceLost as error:
            self._asker.lost(error)
        except asyncio.CancelledError:
            if self._stopped is None and self._silent is None:
                raise
            self._asker.answer(self._failed(self._silent, definition) if self._silent else self._cancelled())
        finally:
            self._unwatch_heartbeat()

    async def _make_lent(self, definition: Definition) -> None:
        async with self._asker.lend() as lent:
            result = await self._invoke(definition, lent)
            if isinstance(result, NodeCompleted):
                await self._commit(definition, lent, result)
                return
        self._answer(definition, result)

    def _answer(self, definition: Definition, result: NodeCompleted | tuple[Failure, int | None]) -> None:
        done = result if isinstance(result, NodeCompleted) else self._failed(result[0], definition, result[1])
        self._asker.answer(done)

    async def _commit(self, definition: Definition, lent: Lent, event: NodeCompleted) -> None:
        try:
            if await lent.complete(event):
                return
        except FenceLost:
            raise
        except StoreError as error:
            failure = Failure.of(Code.UNAVAILABLE, f"its transaction could not be committed: {error}", path=event.path)
            self._asker.answer(self._failed(failure, definition))

    async def _invoke(self, definition: Definition, lent: Lent | None) -> NodeCompleted | tuple[Failure, int | None]:
        command = self._command
        try:
            arguments = self._arguments()
        except ExpressionError as error:
            return invalid(error, command.path), None
        except ActivityError as error:
            return Failure.of(error.code, error.message, type=error.type, path=command.path), None
        timeout = command.timeout if command.timeout is not None else definition.timeout
        self._context = context = self._new_context(timeout, lent)
        self._watch_heartbeat()
        result = await invoke(
            definition, arguments, context, timeout_ms=timeout,
            secrets=self._performer.secrets, executor=self._performer.executor,
        )  # fmt: skip
        self._unwatch_heartbeat()
        return self._judged(result)

    def _arguments(self) -> Json:
        command = self._command
        if not command.node.with_.uses_secrets:
            return command.arguments
        for embedded in command.node.with_.expressions:
            for reference in embedded.expression.references:
                if reference.root == "secrets" and reference.path:
                    # Asked for by itself, so that a missing one is told by name: an expression says nothing of secrets.
                    self._performer.secrets.get(reference.path[0])
        return command.node.with_.evaluate(SecretScope(command.scope, self._performer))

    def _new_context(self, timeout: int | None, lent: Lent | None) -> ActivityContext:
        command, asker = self._command, self._asker
        deadline = None
        if timeout is not None:
            deadline = datetime.fromtimestamp(self._started_at / 1000, UTC) + timedelta(milliseconds=timeout)
        about = asker.about
        return ActivityContext(
            asker.run_id, asker.workflow, command.path, command.node.activity, command.attempt,
            command.idempotency_key, about["namespace"], lambda: asker.traceparent, about["correlation_id"], deadline,
            None if lent is None else lent.connection, self._performer.secrets, asyncio.get_running_loop().time,
            self._engine.clock.utc,
        )  # fmt: skip

    def _judged(self, result: Completed | Failed) -> NodeCompleted | tuple[Failure, int | None]:
        if isinstance(result, Failed):
            return result.failure, result.retry_after
        settings, path = self._engine.settings, self._command.path
        size = len(result.text)
        if size * 4 > settings.payload_warn:
            size = len(result.text.encode())
        if size > settings.payload_limit:
            message = (
                f"the output of {path} cannot be stored: {size:,} bytes of JSON, over the limit of "
                f"{settings.payload_limit:,}; store it elsewhere and return a reference"
            )
            return Failure.of(Code.PAYLOAD_TOO_LARGE, message, path=path), None
        if size > settings.payload_warn:
            limit = f"{settings.payload_limit:,}"
            told = "the output is %s bytes of JSON; over %s it will fail"
            self._log(trouble, logging.WARNING, told, f"{size:,}", limit)
        return NodeCompleted(path, result.output, result.text, self._command.attempt, self._started_at, 0)

    # -- heartbeats

    def _watch_heartbeat(self) -> None:
        if self._command.heartbeat is not None:
            loop = asyncio.get_running_loop()
            self._monitor = loop.call_later(self._command.heartbeat / 1000, self._check_heartbeat)

    def _unwatch_heartbeat(self) -> None:
        if self._monitor is not None:
            self._monitor.cancel()

    def _check_heartbeat(self) -> None:
        assert self._command.heartbeat is not None
        assert self._context is not None
        loop = asyncio.get_running_loop()
        left = self._context.last_heartbeat + self._command.heartbeat / 1000 - loop.time()
        if left > 0:
            self._monitor = loop.call_later(left, self._check_heartbeat)
            return
        message = f"no heartbeat within {format_duration(self._command.heartbeat)}"
        self._silent = Failure.of(Code.TIMEOUT, message, path=self._command.path)
        self._context.cancel()
        self.task.cancel()

    # -- answers

    def _failed(self, failure: Failure, definition: Definition | None, retry_after: int | None = None) -> Event:
        command, now = self._command, self._asker.now()
        facts = AttemptFacts(
            path=command.path,
            run_id=self._asker.run_id,
            attempt=command.attempt,
            first_started_at=command.first_started_at or self._started_at,
            ended_at=now,
            retry_after=retry_after,
        )
        failure = replace(failure, path=command.path)
        due = next_attempt_at(self._policy(definition), failure, facts)
        self._log_failed(failure, None if due is None else due - now)
        if due is None:
            return NodeFailed(command.path, failure, command.attempt, self._started_at, now)
        return AttemptFailed(command.path, failure, command.attempt, self._started_at, due, now)

    def _log_failed(self, failure: Failure, pause: int | None) -> None:
        """Says that the attempt failed, and how; with what words is payload, which only those get who ask for it."""
        after = "no other follows" if pause is None else f"the next is due in {format_duration(max(0, pause))}"
        facts = {"code": failure.code.value, "type": failure.type}
        number = self._command.attempt
        self._log(log, logging.WARNING, "attempt %s failed as %s; %s", number, failure.type, after, **facts)
        self._log(log, logging.DEBUG, "attempt %s failed: %s", number, failure.message, **facts)

    def _log(self, log: logging.Logger, level: int, message: str, *values: object, **facts: object) -> None:
        if log.isEnabledFor(level):
            command = self._command
            node = {"node_path": command.path, "activity": command.node.activity, "attempt": command.attempt}
            log.log(level, message, *values, extra={**self._asker.about, **node, **facts})

    def _policy(self, definition: Definition | None) -> Retry:
        if definition is None or definition.at_most_once:
            return Retry(max_attempts=1)
        policy = self._command.node.retry.over(definition.retry).over(self._asker.defaults)
        return policy.over(self._engine.settings.retry)

    def _cancelled(self) -> Event:
        assert self._stopped is not None
        failure = Failure.of(Code.CANCELLED, self._stopped.message, path=self._command.path)
        if not self._begun and not self._recovered:
            failure = replace(failure, outcome="none")
        return NodeFailed(self._command.path, failure, self._command.attempt, self._started_at, self._asker.now())


def _unknown(command: RunActivity, registry: Registry) -> Failure:
    close = registry.similar(command.node.activity)
    advice = f"did you mean {close[0]!r}?" if close else f"registered are: {', '.join(registry.names())}"
    message = f"there is no activity {command.node.activity!r} here; {advice}"
    return Failure.of(Code.NOT_FOUND, message, type="UnknownActivity", path=command.path)


def _interrupted(command: RunActivity) -> Failure:
    message = (
        f"{command.node.activity} may run at most once, and its attempt was interrupted; whether it happened is unknown"
    )
    return Failure.of(Code.INTERRUPTED, message, path=command.path)
