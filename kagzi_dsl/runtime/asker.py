"""Who an attempt is made for, and who takes its answer: a run this process owns, or (tasks/) another worker's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from kagzi_dsl.errors import FenceLost
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime import transacting
from kagzi_dsl.runtime.core.commands import RunActivity, StopActivity
from kagzi_dsl.runtime.core.events import AttemptFailed, AttemptStarted, Event, NodeCompleted, NodeFailed
from kagzi_dsl.runtime.store.protocol import Transaction
from kagzi_dsl.runtime.store.records import Refused
from kagzi_dsl.runtime.trace import traceparent

if TYPE_CHECKING:
    from kagzi_dsl.runtime.live import LiveRun


class Lent(Protocol):
    """A transaction that is lent to an activity."""

    @property
    def connection(self) -> Any:
        """The asyncpg connection whose transaction this is."""

    async def complete(self, event: NodeCompleted) -> bool:
        """Commits what the activity wrote together with its answer.

        False when nothing was committed, because the answer came too late or the node did not complete by it.
        """


class Asker(Protocol):
    """Whoever asked for an attempt. `defaults` is what the document says of all its activities."""

    @property
    def run_id(self) -> str:
        """The run's id."""

    @property
    def workflow(self) -> str:
        """The name of the run's workflow."""

    @property
    def about(self) -> Mapping[str, str]:
        """What log records say of the run: see about.py."""

    @property
    def traceparent(self) -> str:
        """The trace context of the attempt."""

    @property
    def defaults(self) -> Retry:
        """The retry policy of the document."""

    @property
    def gone(self) -> bool:
        """Whether nobody takes an answer any more."""

    def now(self) -> int:
        """The time (ms) for the answer."""

    def answer(self, event: Event) -> None:
        """Takes the answer; it counts with the time at which it is taken."""

    async def begins(self) -> bool:
        """Makes it known that the only attempt begins; False when it had begun before."""

    def lend(self) -> AbstractAsyncContextManager[Lent]:
        """Lends the transaction that is to hold the answer."""

    def lost(self, error: FenceLost) -> None:
        """The run, or the task, is somebody else's now."""


class OfRun:
    """A run this process owns, asking for one attempt."""

    __slots__ = ("_attempt", "_command", "_live")

    def __init__(self, live: LiveRun, command: RunActivity) -> None:
        self._live = live
        self._command = command
        self._attempt = live.machine.attempt

    @property
    def run_id(self) -> str:
        return self._live.machine.facts.id

    @property
    def workflow(self) -> str:
        return self._live.run.workflow

    @property
    def about(self) -> Mapping[str, str]:
        return self._live.about

    @property
    def traceparent(self) -> str:
        return traceparent(self._live.run, self._command.path, self._command.attempt, self._attempt)

    @property
    def defaults(self) -> Retry:
        return self._live.machine.workflow.defaults.retry

    @property
    def gone(self) -> bool:
        return self._live.gone

    def now(self) -> int:
        return self._live.now()

    def answer(self, event: Event) -> None:
        self._live.feed(partial(self._timely, event))

    async def begins(self) -> bool:
        live, path, attempt = self._live, self._command.path, self._command.attempt
        if live.machine.attempts_begun.get(path) == attempt:
            return False
        live.feed(lambda: AttemptStarted(path, attempt, live.now()))
        await live.durable()
        return True

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Lent]:
        live = self._live
        async with live.engine.store.transaction(live.engine.worker_id, live.id, live.run.fence) as transaction:
            yield _OfRun(transaction, self)

    async def commit(self, transaction: Transaction, event: NodeCompleted) -> bool:
        """Commits an answer through a transaction that was lent."""
        return await transacting.commit(self._live, transaction, partial(self._timely, event))

    def lost(self, error: FenceLost) -> None:
        self._live.engine.lost(self._live, Refused("fence", str(error)))

    def _timely(self, event: Event) -> Event | None:
        """The event with the time it is fed at, as it fits what the run wants by then; None when it comes too late."""
        live = self._live
        pending = live.machine.pending.get(self._command.path)
        if pending is self._command:
            return timely(event, stopping=False, now=live.now())
        if pending is None or self._attempt != live.machine.attempt:
            return None
        if getattr(pending, "attempt", None) != self._command.attempt:
            return None
        return timely(event, stopping=isinstance(pending, StopActivity), now=live.now())


@dataclass(frozen=True, slots=True)
class _OfRun:
    transaction: Transaction
    asker: OfRun

    @property
    def connection(self) -> Any:
        return self.transaction.connection

    async def complete(self, event: NodeCompleted) -> bool:
        return await self.asker.commit(self.transaction, event)


def timely(event: Event, *, stopping: bool, now: int) -> Event:
    """An answer with the time it is fed at; an attempt that failed has no successor when the node is to stop."""
    match event:
        case NodeCompleted():
            return NodeCompleted(*event[:-1], now)
        case AttemptFailed(path, failure, attempt, started_at, _, _) if stopping:
            return NodeFailed(path, failure, attempt, started_at, now)
        case AttemptFailed(path, failure, attempt, started_at, due, _):
            return AttemptFailed(path, failure, attempt, started_at, due, now)
        case NodeFailed(path, failure, attempt, started_at, _):
            return NodeFailed(path, failure, attempt, started_at, now)
        case _:
            return event
