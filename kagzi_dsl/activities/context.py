"""What an activity can know of the attempt it serves, and do about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kagzi_dsl.activities.logger import ActivityLogger
    from kagzi_dsl.activities.secrets import Secrets
    from kagzi_dsl.payload import Json


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ActivityContext:
    """The attempt an activity serves. A parameter of this type is filled in by the runtime, whatever its name.

    `run_id`, `workflow`, `namespace`, `activity` (the name it is registered under) and `node_path` say what is running;
    `attempt` counts from 1. `idempotency_key` is the same for every attempt: hand it to services that know such keys.
    `deadline` (UTC) is when this attempt times out, None for never. `traceparent` is the attempt's W3C trace context,
    for what it calls; `correlation_id` is the same for a run and all it calls, for logs.

    `last_heartbeat` (seconds, by `clock`) is when `heartbeat` was called last, at first when the attempt began;
    `heartbeat_details` is what it was told then. Both may be read from any thread.
    """

    __slots__ = (
        "_cancelled",
        "_clock",
        "_connection",
        "_logger",
        "_now",
        "_secrets",
        "_traceparent",
        "activity",
        "attempt",
        "correlation_id",
        "deadline",
        "heartbeat_details",
        "idempotency_key",
        "last_heartbeat",
        "namespace",
        "node_path",
        "run_id",
        "workflow",
    )

    def __init__(  # by position too: there is one for each attempt, and so many keywords take longer than all the rest
        self,
        run_id: str,
        workflow: str,
        node_path: str,
        activity: str,
        attempt: int,
        idempotency_key: str,
        namespace: str = "default",
        traceparent: str | Callable[[], str] = "",
        correlation_id: str = "",
        deadline: datetime | None = None,
        connection: Any = None,
        secrets: Secrets | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.run_id = run_id
        self.workflow = workflow
        self.namespace = namespace
        self._traceparent = traceparent
        self.correlation_id = correlation_id
        self.node_path = node_path
        self.activity = activity
        self.attempt = attempt
        self.idempotency_key = idempotency_key
        self.deadline = deadline
        self._connection = connection
        self._secrets = secrets
        self._clock = clock
        self._now = now
        self._logger: ActivityLogger | None = None
        self._cancelled = False
        self.last_heartbeat = clock()
        self.heartbeat_details: Json = None

    @classmethod
    def for_test(
        cls,
        *,
        run_id: str = "00000000-0000-7000-8000-000000000000",
        workflow: str = "test",
        node_path: str = "test",
        activity: str = "test",
        attempt: int = 1,
        idempotency_key: str = "test-key",
        namespace: str = "default",
        traceparent: str = "",
        correlation_id: str = "",
        deadline: datetime | None = None,
        connection: Any = None,
        secrets: Secrets | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
    ) -> ActivityContext:
        """A context for the unit test of an activity; name only what the test is about."""
        return cls(
            run_id=run_id,
            workflow=workflow,
            node_path=node_path,
            activity=activity,
            attempt=attempt,
            idempotency_key=idempotency_key,
            namespace=namespace,
            traceparent=traceparent,
            correlation_id=correlation_id,
            deadline=deadline,
            connection=connection,
            secrets=secrets,
            clock=clock,
            now=now,
        )

    @property
    def traceparent(self) -> str:
        """The attempt's W3C trace context; worked out when it is first asked for."""
        if not isinstance(self._traceparent, str):
            self._traceparent = self._traceparent()
        return self._traceparent

    @property
    def is_cancelled(self) -> bool:
        """Whether the attempt was cancelled or timed out, so that nobody waits for its result any more.

        An async activity learns it by an asyncio.CancelledError; a plain function has to look here, or call
        `heartbeat`.
        """
        return self._cancelled

    def cancel(self) -> None:
        """Marks the attempt as cancelled; the runtime calls it."""
        self._cancelled = True

    def heartbeat(self, details: Any = None) -> None:
        """Says that the activity is alive and, in `details` (any JSON), how far it got.

        Raises asyncio.CancelledError once the attempt is cancelled, and PayloadError for details that are not JSON.
        """
        if self._cancelled:
            # asyncio takes 40 ms to import, and a module of activities may be imported only to be checked.
            from asyncio import CancelledError

            raise CancelledError(f"attempt {self.attempt} of {self.activity} was cancelled")
        if details is not None:
            # The conversion is not needed by those who only declare activities.
            from kagzi_dsl.activities.output import to_json

            details = to_json(details)[0]
        self.heartbeat_details = details
        self.last_heartbeat = self._clock()

    @property
    def logger(self) -> ActivityLogger:
        """A logging.LoggerAdapter whose records carry the run, scrubbed of secrets."""
        if self._logger is None:
            # logging is only needed by those who log.
            from kagzi_dsl.activities.logger import ActivityLogger

            self._logger = ActivityLogger(self._facts(), self._secrets)
        return self._logger

    @property
    def connection(self) -> Any:
        """The asyncpg connection whose transaction holds the checkpoint.

        Raises RuntimeError in an activity that is not transactional.
        """
        if self._connection is None:
            raise RuntimeError(
                f"{self.activity} has no connection: only a transactional activity is handed one, declared with "
                "@activity(transactional=True), and only where runs are kept in PostgreSQL, which a simulation does not"
            )
        return self._connection

    def now(self) -> datetime:
        """The time (UTC) by the runtime's clock."""
        return self._now()

    def _facts(self) -> dict[str, object]:
        return {
            "run_id": self.run_id,
            "workflow": self.workflow,
            "namespace": self.namespace,
            "node_path": self.node_path,
            "activity": self.activity,
            "attempt": self.attempt,
            "trace_id": self.traceparent[3:35],
            "correlation_id": self.correlation_id,
        }

    def __repr__(self) -> str:
        return f"<ActivityContext {self.activity} at {self.node_path} of run {self.run_id}, attempt {self.attempt}>"


_current: ContextVar[ActivityContext | None] = ContextVar("kagzi_activity", default=None)


def current_context() -> ActivityContext:
    """The context of the activity that is running, for code too deep to be handed it.

    Raises RuntimeError outside of an activity.
    """
    context = _current.get()
    if context is None:
        raise RuntimeError("no activity is running here; current_context() works inside an activity only")
    return context


def enter(context: ActivityContext | None) -> ActivityContext | None:
    """Makes `context` the current one and gives back the one before, for the runtime to put back."""
    before = _current.get()
    _current.set(context)
    return before
