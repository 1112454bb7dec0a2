"""Child runs and signals to other runs: what one run asks of another."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from kagzi_dsl.dsl.input import prepare_input
from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.errors import Code, DatabaseUnavailable, Failure, InputError, PayloadError, SignalRefused, StoreError
from kagzi_dsl.payload import Json, dumps
from kagzi_dsl.retry import AttemptFacts, next_attempt_at
from kagzi_dsl.runtime.concurrency import concurrency_of
from kagzi_dsl.runtime.core.commands import SendSignal, StartChild, StopChild
from kagzi_dsl.runtime.core.events import AttemptFailed, Event, NodeCompleted, NodeFailed
from kagzi_dsl.runtime.ids import derived_uuid7, time_of
from kagzi_dsl.runtime.signals import check_signal
from kagzi_dsl.runtime.store.limits import Concurrency, slots
from kagzi_dsl.runtime.store.records import ENDED, Message, NewMessage, NewRun, Parent, Run

if TYPE_CHECKING:
    from kagzi_dsl.runtime.live import LiveRun


MAX_DEPTH = 100
"""How many calls may stand between a run and the one that began its family."""


def child_id(live: LiveRun, path: str, attempt: int) -> UUID:
    """The id of the child run a call's attempt starts: the same however often it is asked."""
    return derived_uuid7(time_of(live.id), str(live.id), path, str(attempt), str(live.machine.attempt))


def external_id(live: LiveRun, path: str, attempt: int) -> str:
    """The external id of a child run: its parent and path, and the attempts where there is more than one."""
    parts = [f"{live.id}/{path}"]
    if attempt > 1 or live.machine.attempt > 1:
        parts.append(str(attempt))
    if live.machine.attempt > 1:
        parts.append(str(live.machine.attempt))
    return ":".join(parts)


async def start(live: LiveRun, command: StartChild) -> None:
    """Starts a call's child run. One that is there already, from before a crash, is left alone."""
    try:
        new = await _new_run(live, command)
    except DatabaseUnavailable:
        raise
    except (InputError, PayloadError, StoreError) as error:
        failure = Failure.of(Code.INVALID_ARGUMENT, f"cannot start {command.node.workflow}: {error}", path=command.path)
        live.feed(lambda: NodeFailed(command.path, failure, command.attempt, command.asked_at, live.now()))
        return
    if live.machine.pending.get(command.path) is not command:
        return  # it was stopped meanwhile, and whoever stops it answers
    if not command.node.detach:
        live.put([], [], starts=[new])
        live.engine.wake()
        return
    output: dict[str, Json] = {"run_id": str(new.id)}
    live.feed(
        lambda: NodeCompleted(command.path, output, dumps(output), command.attempt, command.asked_at, live.now()),
        starts=[new],
    )


async def _new_run(live: LiveRun, command: StartChild) -> NewRun:
    run = live.run
    digest = run.pins.get(command.node.workflow)
    if digest is None:
        raise StoreError(f"the run was started without a definition of {command.node.workflow!r}")
    depth = int(run.origin.get("depth", 0)) + 1
    if depth > MAX_DEPTH:
        raise StoreError(f"calls nest deeper than {MAX_DEPTH} child runs; does a workflow call itself without an end?")
    workflow = await live.engine.library.workflow(digest)
    given = prepare_input(workflow.input_schema, command.input)
    return NewRun(
        id=child_id(live, command.path, command.attempt),
        root_id=run.root_id,
        namespace=run.namespace,
        workflow=workflow.name,
        version=workflow.version,
        digest=digest,
        input=dumps(given),
        external_id=external_id(live, command.path, command.attempt),
        queue=run.queue if workflow.queue == "default" else workflow.queue,
        priority=workflow.run.priority or run.priority,
        labels=workflow.run.labels,
        pins=run.pins,
        parent=Parent(run_id=run.id, path=command.path, attempt=command.attempt, attached=not command.node.detach),
        # The deadline is that run's; this one ends with it if it is waited for.
        origin={**{key: value for key, value in run.origin.items() if key != "deadline"}, "depth": depth},
        concurrency=_concurrency(run, workflow, given, attached=not command.node.detach),
    )


def _concurrency(run: Run, workflow: Workflow, given: Json, *, attached: bool) -> Concurrency:
    """The limits of a child. Whoever waits for it holds slots meanwhile, which it needs no second time."""
    held = frozenset(slots(run.workflow, run.queue, run.concurrency)) if attached else frozenset()
    return replace(concurrency_of(workflow, given), held=held)


def passed_on(live: LiveRun, message: Message) -> list[NewMessage]:
    """What the attached child runs are told as well: to terminate, to pause and to go on."""
    if message.kind not in ("terminate", "pause", "unpause"):
        return []
    return [
        NewMessage(run_id=child_id(live, command.path, command.attempt), kind=message.kind, payload=message.payload)
        for command in live.machine.pending.values()
        if isinstance(command, StartChild | StopChild) and not command.node.detach
    ]


async def stop(live: LiveRun, command: StopChild) -> None:
    """Asks a child run to cancel; its end is the answer. A child that was never started is answered for."""
    child = child_id(live, command.path, command.attempt)
    await live.durable()
    if (await live.engine.store.send([NewMessage(run_id=child, kind="cancel", payload=dumps(command.message))]))[0]:
        return
    if await live.engine.store.run(child) is None:
        failure = Failure(Code.CANCELLED, command.message, "Cancelled", path=command.path)
        live.feed(lambda: NodeFailed(command.path, failure, command.attempt, command.asked_at, live.now()))


def answer(live: LiveRun, command: StartChild | StopChild, status: str, output: Json, failure: Failure | None) -> Event:
    """The event a child's end is for the call: done, failed for good, or to be tried again."""
    now, path, began = live.now(), command.path, command.asked_at
    if status == "completed":
        return NodeCompleted(path, output, dumps(output), command.attempt, began, now)
    failure = _as_calls(failure or Failure.of(Code.INTERNAL, f"{command.node.workflow} {status}"), command)
    facts = AttemptFacts(
        path=path, run_id=str(live.id), attempt=command.attempt,
        first_started_at=getattr(command, "first_started_at", None) or began, ended_at=now,
    )  # fmt: skip
    due = next_attempt_at(command.node.retry, failure, facts) if isinstance(command, StartChild) else None
    if due is None:
        return NodeFailed(path, failure, command.attempt, began, now)
    return AttemptFailed(path, failure, command.attempt, began, due, now)


def _as_calls(failure: Failure, command: StartChild | StopChild) -> Failure:
    return Failure(
        code=failure.code,
        message=f"{command.node.workflow}: {failure.message}",
        type=failure.type,
        retryable=failure.retryable,
        details=failure.details,
        path=command.path,
        outcome=failure.outcome,
    )


async def signal(live: LiveRun, command: SendSignal) -> None:
    """Delivers a signal to another run; it is in that run's inbox when the node's completion is durable."""
    now = live.now
    try:
        target = await _target(live, command)
    except _Undeliverable as error:
        failure = Failure.of(error.code, str(error), path=command.path)
        live.feed(lambda: NodeFailed(command.path, failure, 1, now(), now()))
        return
    message = NewMessage(run_id=target, kind="signal", name=command.name, payload=dumps(command.payload))
    live.feed(partial(NodeCompleted, command.path, None, "null", 1, now(), now()), sends=[message])


class _Undeliverable(Exception):
    def __init__(self, code: Code, message: str) -> None:
        self.code = code
        super().__init__(message)


async def _target(live: LiveRun, command: SendSignal) -> UUID:
    store = live.engine.store
    found = await store.find(command.to, namespace=live.run.namespace)
    if len(found) != 1:
        raise _Undeliverable(Code.NOT_FOUND, f"there is no run {command.to!r} to send {command.name!r} to")
    run = await store.run(found[0])
    if run is None or run.status in ENDED:
        raise _Undeliverable(Code.PRECONDITION_FAILED, f"the run {command.to!r} is over and takes no signal")
    try:
        check_signal(await live.engine.library.workflow(run.digest), command.name, command.payload)
        dumps(command.payload)
    except (SignalRefused, PayloadError) as error:
        raise _Undeliverable(Code.INVALID_ARGUMENT, str(error)) from error
    return run.id
