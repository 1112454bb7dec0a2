"""Handing out: the owner of a run has an attempt made by a worker of another queue, and takes its answer in.

A task is written by the run itself, under its fence, once what it follows from is durable. Its id is made of run, path
and attempts, so that whoever takes the run over knows which of its attempts are out already; their answers come
through the inbox. Meanwhile the run holds nothing here, and may be parked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from kagzi_dsl.dsl import model
from kagzi_dsl.errors import Code, Failure, PayloadError
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.asker import timely
from kagzi_dsl.runtime.core.commands import RunActivity, StopActivity
from kagzi_dsl.runtime.core.events import Event, NodeFailed
from kagzi_dsl.runtime.ids import derived_uuid7, time_of
from kagzi_dsl.runtime.store.limits import queue_slot, slots
from kagzi_dsl.runtime.store.tasks import NewTask, Stopped
from kagzi_dsl.runtime.tasks.request import Answer, Request, read_by
from kagzi_dsl.runtime.trace import correlation_id, traceparent

if TYPE_CHECKING:
    from kagzi_dsl.runtime.live import LiveRun


def task_id(live: LiveRun, command: RunActivity | StopActivity) -> UUID:
    """The id of the task for an attempt: the same however often it is asked."""
    parts = (command.path, str(command.attempt), str(live.machine.attempt))
    return derived_uuid7(time_of(live.id), str(live.id), "task", *parts)


def belongs_elsewhere(live: LiveRun, node: model.Activity) -> bool:
    """Whether an activity is to run on a worker of another queue.

    A worker takes up runs whether or not it has the activities that name a queue: should one name the run's own, it
    goes to a worker that has it.
    """
    if node.queue is None:
        return False
    return node.queue != live.run.queue or node.activity not in live.engine.registry


def is_out(live: LiveRun, command: RunActivity | StopActivity) -> bool:
    """Whether an attempt was handed out before, here or by another owner, and its answer has not been taken in."""
    return command.path in live.away or (bool(live.tasks_out) and task_id(live, command) in live.tasks_out)


def hand_out(live: LiveRun, command: RunActivity) -> None:
    """Has an attempt made elsewhere, unless that is under way already."""
    if live.machine.attempts_begun.get(command.path) == command.attempt:
        # An owner that had the activity began it here; at most once means at most once.
        failure = Failure.of(Code.INTERRUPTED, "its only attempt was interrupted", path=command.path)
        live.feed(lambda: NodeFailed(command.path, failure, command.attempt, live.now(), live.now()))
        return
    if task_id(live, command) in live.tasks_out:
        live.away.add(command.path)
        return
    try:
        new = _new_task(live, command)
    except PayloadError as error:
        failure = Failure.of(Code.INVALID_ARGUMENT, f"its arguments cannot be sent: {error}", path=command.path)
        live.feed(lambda: NodeFailed(command.path, failure, command.attempt, live.now(), live.now()))
        return
    live.away.add(command.path)
    live.put([], [], tasks=[new])


def _new_task(live: LiveRun, command: RunActivity) -> NewTask:
    run, node = live.run, command.node
    secret = node.with_.uses_secrets
    request = Request(
        digest=run.digest, node=node.id, arguments={} if secret else command.arguments,
        scope=read_by(node.with_, command.scope) if secret else None, idempotency_key=command.idempotency_key,
        timeout=command.timeout, heartbeat=command.heartbeat, first_started_at=command.first_started_at,
        traceparent=traceparent(run, command.path, command.attempt, live.machine.attempt),
        correlation_id=correlation_id(run),
    )  # fmt: skip
    assert node.queue is not None
    return NewTask(
        id=task_id(live, command), run_id=run.id, root_id=run.root_id, namespace=run.namespace, queue=node.queue,
        activity=node.activity, path=command.path, attempt=command.attempt, priority=run.priority,
        request=request.text(), sheltered=queue_slot(node.queue) in slots(run.workflow, run.queue, run.concurrency),
    )  # fmt: skip


async def stop(live: LiveRun, command: StopActivity) -> None:
    """Stops an attempt that is out. Whoever makes it answers; one that nobody makes is answered for here."""
    await live.durable()
    store = live.engine.store
    stopped = await store.tasks.stop(live.id, task_id(live, command), command.message)
    match stopped:
        case Stopped.TOLD:
            return
        case Stopped.GONE:
            live.engine.inbox.wake()
            if any(message.name == str(task_id(live, command)) for message in await store.unread(live.id)):
                return
        case Stopped.NEVER_BEGAN | Stopped.LEFT_BEHIND:
            pass
    never = stopped is Stopped.NEVER_BEGAN
    live.feed(lambda: _stopped(live, command, never_began=never))


def _stopped(live: LiveRun, command: StopActivity, *, never_began: bool) -> Event | None:
    if live.machine.pending.get(command.path) is not command:
        return None
    live.away.discard(command.path)
    failure = Failure.of(Code.CANCELLED, command.message, path=command.path)
    if never_began:
        failure = replace(failure, outcome="none")
    return NodeFailed(command.path, failure, command.attempt, live.now(), live.now())


def answered(live: LiveRun, name: str, value: Json) -> Event | None:
    """The event of a task's answer; None when nobody waits for it any more. `name` is the task's id."""
    answer = Answer.read(value)
    command = live.machine.pending.get(answer.path)
    if not isinstance(command, RunActivity | StopActivity) or str(task_id(live, command)) != name:
        return None
    live.away.discard(answer.path)
    now = live.now()
    return timely(answer.event(now), stopping=isinstance(command, StopActivity), now=now)
