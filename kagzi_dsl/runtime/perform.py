"""Carrying out what the core asks for: each command is started here, and answered by an event later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, assert_never
from uuid import UUID

from kagzi_dsl.activities import builtin
from kagzi_dsl.activities.executor import Executor, Threads
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime import children
from kagzi_dsl.runtime.asker import OfRun
from kagzi_dsl.runtime.attempt import Attempt
from kagzi_dsl.runtime.core.commands import (
    Command,
    EndRun,
    RunActivity,
    SendSignal,
    StartChild,
    StopActivity,
    StopChild,
)
from kagzi_dsl.runtime.core.events import Event, NodeFailed
from kagzi_dsl.runtime.store.records import Ended, Write
from kagzi_dsl.runtime.tasks import handing

if TYPE_CHECKING:
    from kagzi_dsl.runtime.engine import Engine
    from kagzi_dsl.runtime.live import LiveRun


class Performer:
    """Starts and stops what runs ask for. `recovered` tells that a command was asked for before a crash."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.secrets = Secrets()
        self.executor: Executor = engine.executor or Threads(engine.settings.threads)

    async def close(self) -> None:
        """Lets go of threads and connections; a thread that is busy is left to itself."""
        if isinstance(self.executor, Threads):
            self.executor.shutdown()
        await builtin.close()

    def perform(self, live: LiveRun, command: Command, *, recovered: bool) -> None:
        """Carries out one command; the answer is fed to the run. What is under way already is left alone."""
        match command:
            case RunActivity(not_before=None):
                self._start(live, command, recovered=recovered)
            case RunActivity(path=path, not_before=due):
                self._when_due(live, path, due, lambda: self._start(live, command, recovered=recovered))
            case StartChild() | SendSignal() if _key(live, command) in live.tasks:
                pass
            case StartChild(path=path, not_before=due):
                self._when_due(live, path, due, lambda: self._start_child(live, command))
            case StopActivity():
                self._stop(live, command, recovered=recovered)
            case StopChild():
                self._task(live, f"stop {command.path}", children.stop(live, command))
                if self._call_off(live, command.path):
                    live.feed(partial(_never_began, live, command))
            case SendSignal():
                self._task(live, _key(live, command), children.signal(live, command))
            case EndRun():
                self.engine.ended(live)
            case _:
                assert_never(command)

    def _when_due(self, live: LiveRun, path: str, due: int | None, begin: Callable[[], None]) -> None:
        self._call_off(live, path)
        wait = 0.0 if due is None else self.engine.clock.seconds_until(due)
        if wait <= 0:
            begin()
            return

        def now() -> None:
            del live.delayed[path]
            begin()

        live.delayed[path] = asyncio.get_running_loop().call_later(wait, now)

    def _task(self, live: LiveRun, key: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        live.tasks[key] = task
        task.add_done_callback(partial(self._task_ended, live, key))
        return task

    def _task_ended(self, live: LiveRun, key: str, task: asyncio.Task[None]) -> None:
        if live.tasks.get(key) is not task:
            return
        del live.tasks[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            self.engine.broke(error)
            return
        live.attempts.pop(key, None)
        if not live.gone and not live.writing:  # or it rests when that is durable
            live.rest()

    # -- activities

    def _start(self, live: LiveRun, command: RunActivity, *, recovered: bool) -> None:
        live.held_back.discard(command.path)
        live.interrupted.discard(command.path)
        before = live.attempts.get(command.path)
        if command.path in live.away or (before is not None and before.makes(command)):
            return
        if handing.is_out(live, command) or handing.belongs_elsewhere(live, command.node):
            handing.hand_out(live, command)
            return
        attempt = Attempt(OfRun(live, command), command, self, recovered=recovered)
        attempt.task = self._task(live, command.path, attempt.run())
        live.attempts[command.path] = attempt

    def _stop(self, live: LiveRun, command: StopActivity, *, recovered: bool) -> None:
        attempt = live.attempts.get(command.path)
        if attempt is not None and not attempt.task.done():
            attempt.stop(command)
        elif self._call_off(live, command.path) or self._held_back(live, command.path):
            live.feed(partial(_never_began, live, command))
        elif handing.is_out(live, command):
            self._task(live, f"stop {command.path}", handing.stop(live, command))
        elif recovered or command.path in live.interrupted:
            live.feed(partial(_perhaps_began, live, command))

    def _call_off(self, live: LiveRun, path: str) -> bool:
        """Forgets an attempt that was not due yet; whether there was one."""
        handle = live.delayed.pop(path, None)
        if handle is not None:
            handle.cancel()
        return handle is not None

    def _held_back(self, live: LiveRun, path: str) -> bool:
        """Whether an attempt was to begin while the run was paused, and did not."""
        return path in live.held_back or path in live.machine.withheld

    # -- child runs

    def _start_child(self, live: LiveRun, command: StartChild) -> None:
        self._task(live, _key(live, command), children.start(live, command))

    def child_id(self, live: LiveRun, command: StartChild | StopChild) -> UUID:
        """The id of the child run of a call's attempt."""
        return children.child_id(live, command.path, command.attempt)

    def child_answer(
        self, live: LiveRun, command: StartChild | StopChild, status: str, output: Json, failure: Failure | None
    ) -> Event:
        """The event a child's end is for the call."""
        return children.answer(live, command, status, output, failure)

    def give_up(self, live: LiveRun, message: str) -> None:
        """Ends a run whose rows the database would not take, so that it is not tried for ever."""
        now = live.now()
        failure = Failure.of(Code.INTERNAL, f"the database refused what the run wanted to store: {message}")
        write = Write(run_id=live.id, fence=live.run.fence, leave=Ended(status="failed", at=now, failure=failure))
        self.engine.writer.put(write, lambda refused: None)


def _key(live: LiveRun, command: StartChild | SendSignal) -> str:
    """Tells a command from any other of its path: those of earlier attempts may still be on their way."""
    attempt = command.attempt if isinstance(command, StartChild) else 1
    return f"{command.path} {attempt} {live.machine.attempt}"


def _never_began(live: LiveRun, command: StopActivity | StopChild) -> Event:
    failure = Failure(Code.CANCELLED, command.message, "Cancelled", path=command.path, outcome="none")
    return NodeFailed(command.path, failure, command.attempt, live.now(), live.now())


def _perhaps_began(live: LiveRun, command: StopActivity) -> Event:
    failure = Failure.of(Code.CANCELLED, command.message, path=command.path)
    return NodeFailed(command.path, failure, command.attempt, live.now(), live.now())
