"""Serving: a worker takes up tasks of other workers' runs, makes the attempts, and sends the answers to the runs.

A task is its worker's as long as the worker's lease holds; then somebody else takes it up, and whoever had it finds
its answer refused. Answers that come about while others are being sent go together with the next. Whether to try again
is decided here, for here the activity's own policy is known; the run's owner journals what was decided.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from kagzi_dsl.dsl.model import Activity, Workflow, walk
from kagzi_dsl.errors import Code, DatabaseUnavailable, Failure, FenceLost, PayloadError
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime.asker import Lent
from kagzi_dsl.runtime.attempt import Attempt
from kagzi_dsl.runtime.core.commands import RunActivity, StopActivity
from kagzi_dsl.runtime.core.events import Event, NodeCompleted, NodeFailed
from kagzi_dsl.runtime.store.protocol import TaskTransaction
from kagzi_dsl.runtime.store.tasks import Task, TaskAnswer, TaskShare
from kagzi_dsl.runtime.tasks.request import Answer, Request, SentScope

if TYPE_CHECKING:
    from kagzi_dsl.runtime.engine import Engine

log = logging.getLogger("kagzi_dsl.worker")

BATCH = 100
"""The most tasks one claim takes."""


class Serving:
    """The tasks one engine makes the attempts of."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._held: dict[UUID, OfTask] = {}
        self._answers: dict[UUID, TaskAnswer] = {}
        self._wake = asyncio.Event()
        self._to_send = asyncio.Event()

    @property
    def busy(self) -> bool:
        """Whether an attempt is being made, or its answer not sent yet."""
        return bool(self._held)

    def wake(self) -> None:
        """Looks for tasks now instead of at the next poll."""
        self._wake.set()

    def hinted(self, queue: str) -> None:
        """Something was put into a queue."""
        offer = self.engine.offer
        if offer is None or queue in offer.queues:
            self.wake()

    async def run(self) -> None:
        """Takes up tasks, and stops those that are to stop, for ever."""
        while True:
            if self._held:
                await self._look_for_stops()
            while await self._claim_some():
                pass
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.engine.settings.poll):
                    await self._wake.wait()
            self._wake.clear()

    async def _claim_some(self) -> bool:
        """Takes up a batch; whether there may be more."""
        engine = self.engine
        limit = min(BATCH, engine.settings.max_tasks - len(self._held))
        if limit <= 0 or engine.draining or (engine.roots is not None and not engine.roots):
            return False
        claimed = await engine.store.tasks.claim(engine.worker_id, limit=limit, share=self._share(), held=self._held)
        for task in claimed:
            await self._take_up(task)
        return len(claimed) == limit

    def _share(self) -> TaskShare:
        engine = self.engine
        names = engine.registry.names()
        if engine.roots is not None:
            return TaskShare(activities=names, root_ids=engine.roots)
        if engine.offer is not None:
            return TaskShare(activities=names, namespace=engine.offer.namespace, queues=engine.offer.queues)
        return TaskShare(activities=names)

    async def _look_for_stops(self) -> None:
        asked_for = list(self._held.values())
        there = await self.engine.store.tasks.held(self.engine.worker_id)
        for one in asked_for:
            if one.task.id not in there:
                one.drop()
            elif (reason := there[one.task.id]) is not None:
                one.stop(reason)

    async def _take_up(self, task: Task) -> None:
        """Begins the attempt of a task, or answers for it where none is to be made."""
        engine = self.engine
        if task.stopping is not None:
            self.send(task, _failed(task, engine.clock.now(), Failure.of(Code.CANCELLED, task.stopping)))
        elif task.claims > engine.settings.stall_limit:
            message = f"taken up {task.claims} times, and each time its worker died or was stopped"
            self.send(task, _failed(task, engine.clock.now(), _poisoned(message)))
        else:
            await self._begin(task)

    async def _begin(self, task: Task) -> None:
        engine = self.engine
        try:
            request = Request.read(task.request)
            asker = OfTask(self, task, request, await engine.library.workflow(request.digest))
            attempt = Attempt(asker, asker.command(request), engine.performer, recovered=task.claims > 1)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # whatever is wrong with this task must not stop the others
            log.exception("task %s cannot be taken up", task.id)
            failure = _poisoned(f"it cannot be taken up: {type(error).__name__}: {error}")
            self.send(task, _failed(task, engine.clock.now(), failure))
            return
        self._held[task.id] = asker
        asker.attempt = attempt
        attempt.task = asyncio.get_running_loop().create_task(attempt.run())
        attempt.task.add_done_callback(self._attempt_ended)

    def _attempt_ended(self, attempt: asyncio.Task[None]) -> None:
        if not attempt.cancelled() and (error := attempt.exception()) is not None:
            self.engine.broke(error)

    # -- answers

    def send(self, task: Task, event: Event) -> None:
        """Sends an answer with the next ones."""
        self._answers[task.id] = answer_of(task, event)
        self._to_send.set()

    async def run_sending(self) -> None:
        """Sends answers for ever; ends with the error when the database stays away."""
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            await self._send()

    async def _send(self) -> None:
        answers, self._answers = self._answers, {}
        taken = await self.engine.store.tasks.finish(self.engine.worker_id, list(answers.values()))
        for task_id, finished in zip(answers, taken, strict=True):
            if not finished:
                log.warning("task %s is another worker's by now, or its run is over; its answer was refused", task_id)
            self.forget(task_id)
        self.wake()

    def forget(self, task_id: UUID) -> None:
        """Lets go of a task that is answered, or somebody else's."""
        self._held.pop(task_id, None)
        self.engine.rested()

    def close(self) -> None:
        """Stops every attempt without a word."""
        for one in list(self._held.values()):
            one.drop()
        self._answers.clear()


class OfTask:
    """A task this worker has taken up, asking for its attempt."""

    attempt: Attempt

    def __init__(self, serving: Serving, task: Task, request: Request, workflow: Workflow) -> None:
        self.task = task
        self.gone = False
        self.answering = False
        self._serving = serving
        self._engine = serving.engine
        self._workflow = workflow
        self._node = _node(workflow, request.node)
        self.traceparent = request.traceparent
        self._correlation_id = request.correlation_id
        self._told = False

    def command(self, request: Request) -> RunActivity:
        """What the owner of the run asked for."""
        return RunActivity(
            path=self.task.path, node=self._node, arguments=request.arguments, scope=SentScope(request.scope or {}),
            attempt=self.task.attempt, idempotency_key=request.idempotency_key, timeout=request.timeout,
            heartbeat=request.heartbeat, first_started_at=request.first_started_at,
        )  # fmt: skip

    @property
    def run_id(self) -> str:
        return str(self.task.run_id)

    @property
    def workflow(self) -> str:
        return self._workflow.name

    @property
    def about(self) -> Mapping[str, str]:
        return {
            "run_id": self.run_id,
            "workflow": self.workflow,
            "namespace": self.task.namespace,
            "trace_id": self.traceparent[3:35],
            "correlation_id": self._correlation_id,
        }

    @property
    def defaults(self) -> Retry:
        return self._workflow.defaults.retry

    def now(self) -> int:
        return self._engine.clock.now()

    def answer(self, event: Event) -> None:
        if not (self.answering or self.gone):
            self.answering = True
            self._serving.send(self.task, event)

    async def begins(self) -> bool:
        # That it was taken up is on record since it was.
        return self.task.claims == 1

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Lent]:
        async with self._engine.store.tasks.transaction(self._engine.worker_id, self.task) as transaction:
            yield _OfTask(transaction, self)

    async def commit(self, transaction: TaskTransaction, event: NodeCompleted) -> bool:
        """Commits an answer through a transaction that was lent."""
        if self.answering or self.gone:
            return False
        self.answering = True
        try:
            await transaction.commit(answer_of(self.task, event))
        except BaseException:
            self.answering = False
            raise
        self._serving.forget(self.task.id)
        return True

    def lost(self, error: FenceLost) -> None:
        log.warning("%s", error)
        self.drop()

    def stop(self, reason: str) -> None:
        """Tells the activity to stop; it is answered for by what it makes of that."""
        if not (self._told or self.answering):
            self._told = True
            self.attempt.stop(StopActivity(self.task.path, self._node, self.task.attempt, reason))

    def drop(self) -> None:
        """Stops the attempt without an answer: nobody waits for it any more."""
        self.gone = True
        self.attempt.task.cancel()
        self._serving.forget(self.task.id)


@dataclass(frozen=True, slots=True)
class _OfTask:
    transaction: TaskTransaction
    asker: OfTask

    @property
    def connection(self) -> Any:
        return self.transaction.connection

    async def complete(self, event: NodeCompleted) -> bool:
        return await self.asker.commit(self.transaction, event)


def answer_of(task: Task, event: Event) -> TaskAnswer:
    """An event as the answer to a task; what cannot be sent makes a failure that says so."""
    try:
        text = Answer.of(event).text()
    except PayloadError as error:
        failure = Failure.of(Code.INVALID_ARGUMENT, f"its answer cannot be sent: {error}", path=task.path)
        text = Answer.of(_failed(task, 0, failure)).text()
    return TaskAnswer(id=task.id, run_id=task.run_id, fence=task.fence, payload=text)


def _failed(task: Task, now: int, failure: Failure) -> NodeFailed:
    return NodeFailed(task.path, replace(failure, path=task.path), task.attempt, task.started_at or now, now)


def _poisoned(message: str) -> Failure:
    return Failure(Code.INTERNAL, message, "Poisoned", outcome="unknown")


def _node(workflow: Workflow, node_id: str) -> Activity:
    """The activity of this id. Raises LookupError when the definition has none."""
    for node in walk(workflow.root):
        if node.id == node_id and isinstance(node, Activity):
            return node
    raise LookupError(f"{workflow.name} has no activity {node_id}")
