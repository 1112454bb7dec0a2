"""The inbox: what other processes tell a run, journaled by its owner when it takes it in.

A hint says that something may be there; without hints the poll finds it. Messages of a run that waits for nothing of
the kind are consumed and forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kagzi_dsl import payload
from kagzi_dsl.errors import Failure
from kagzi_dsl.runtime.children import passed_on
from kagzi_dsl.runtime.core.commands import StartChild, StopChild
from kagzi_dsl.runtime.core.events import (
    CancelRequested,
    Event,
    RunPaused,
    RunUnpaused,
    SignalArrived,
    TerminateRequested,
)
from kagzi_dsl.runtime.store.records import Message
from kagzi_dsl.runtime.tasks.handing import answered

if TYPE_CHECKING:
    from kagzi_dsl.runtime.engine import Engine
    from kagzi_dsl.runtime.live import LiveRun


class Inbox:
    """Reads the messages of every run the engine owns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._wake = asyncio.Event()
        self._gone: list[tuple[set[int], Sequence[int]]] = []

    def gone(self, known: set[int], message_ids: Sequence[int]) -> None:
        """Messages that are not in the inbox any more are to be left out of `known` when no look can still see them."""
        self._gone.append((known, message_ids))

    def wake(self) -> None:
        """Looks now instead of at the next poll."""
        self._wake.set()

    async def run(self) -> None:
        """Looks for messages for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._engine.settings.poll):
                    await self._wake.wait()
            self._wake.clear()
            for known, message_ids in self._gone:
                known.difference_update(message_ids)
            self._gone.clear()
            if not self._engine.live:
                continue
            for message in await self._engine.store.messages(self._engine.worker_id):
                live = self._engine.live.get(message.run_id)
                if live is not None:
                    self.take_in(live, message)

    def take_in(self, live: LiveRun, message: Message) -> None:
        """Gives one message to its run."""
        live.take_in(message, lambda: self._event(live, message), lambda: passed_on(live, message))

    def _event(self, live: LiveRun, message: Message) -> Event | None:
        value = payload.loads(message.payload)
        match message.kind:
            case "signal":
                return SignalArrived(message.name, value, message.payload, live.now())
            case "cancel":
                return CancelRequested(str(value), live.now())
            case "terminate":
                return TerminateRequested(str(value), live.now())
            case "pause":
                return None if live.machine.paused else RunPaused(str(value), live.now())
            case "unpause":
                return RunUnpaused(live.now()) if live.machine.paused else None
            case "migrate":
                return None  # for a steward, who moves the run while nobody works on it
            case "child":
                return self._child_ended(live, message.name, value)
            case "task":
                return answered(live, message.name, value)

    def _child_ended(self, live: LiveRun, path: str, report: payload.Json) -> Event | None:
        command = live.machine.pending.get(path)
        performer = self._engine.performer
        if (
            not isinstance(command, StartChild | StopChild)
            or str(performer.child_id(live, command)) != report["run_id"]
        ):
            return None
        failure = Failure.from_record(report["error"]) if report["error"] else None
        return performer.child_answer(live, command, report["status"], report["output"], failure)
