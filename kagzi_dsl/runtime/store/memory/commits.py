"""Committing what the owner of a run writes: its entries, what it asks of others, and how it leaves the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never
from uuid import UUID

from kagzi_dsl.errors import PayloadError
from kagzi_dsl.runtime.store.memory.hints import Hints
from kagzi_dsl.runtime.store.memory.inboxes import Inboxes
from kagzi_dsl.runtime.store.memory.rows import Row, end_message
from kagzi_dsl.runtime.store.memory.runs import Runs
from kagzi_dsl.runtime.store.memory.slots import Slots
from kagzi_dsl.runtime.store.memory.tasks import MemoryTasks
from kagzi_dsl.runtime.store.records import Ended, NewRun, Parked, Refused, Started, Write
from kagzi_dsl.runtime.store.storable import check_write


class Commits:
    """The writes of one store. `start` starts a run."""

    def __init__(
        self,
        runs: Runs,
        inboxes: Inboxes,
        slots: Slots,
        tasks: MemoryTasks,
        hints: Hints,
        now: Callable[[], int],
        start: Callable[[NewRun], Started],
    ) -> None:
        self._runs = runs
        self._inboxes = inboxes
        self._slots = slots
        self._tasks = tasks
        self._hints = hints
        self._now = now
        self._start = start

    def commit(self, owner: UUID, write: Write) -> Refused | None:
        """Applies a write, or says why not."""
        if not self._runs.holds(owner, write.run_id, write.fence):
            return Refused.stale(write.run_id)
        try:
            check_write(write)
        except PayloadError as error:
            return Refused("rows", str(error))
        self._apply(self._runs.live[write.run_id], write)
        return None

    def _apply(self, row: Row, write: Write) -> None:
        for entry in write.entries:
            row.entries.setdefault(entry.seq, entry)
        answered = {message.name for message in row.inbox}
        for task in write.tasks:
            if str(task.id) not in answered:
                self._tasks.put(task)
        row.inbox = [m for m in row.inbox if m.id not in write.consumed]
        if (moved := write.moved) is not None:
            row.run = replace(
                row.run, digest=moved.digest, version=moved.version, pins=dict(moved.pins), input=moved.input
            )
        for run in write.starts:
            self._start(run)
        for message in write.sends:
            self._inboxes.send(message)
        match write.leave:
            case Parked() as parked:
                self._park(row, parked)
            case Ended() as ended:
                self._end(row, ended)
            case None:
                pass
            case other:
                assert_never(other)

    def _park(self, row: Row, parked: Parked) -> None:
        due = parked.available_at
        if row.messages_sent > parked.messages_seen:
            due = self._now() if due is None else min(due, self._now())
        row.run = replace(row.run, status=parked.status, owner=None, available_at=due)
        self._hints.publish_ready(row.run)

    def _end(self, row: Row, ended: Ended) -> None:
        row.run = replace(
            row.run,
            status=ended.status,
            finished_at=ended.at,
            output=ended.output,
            failure=ended.failure,
            compensation=ended.compensation,
            owner=None,
            available_at=None,
            stalls=0,
        )
        row.inbox, row.messages_sent, row.seen_seq = [], 0, None
        del self._runs.live[row.run.id]
        for hint in self._slots.freed(row):
            self._hints.publish(*hint)
        self._tasks.drop(row.run.id)
        if row.run.parent is not None and row.run.parent.attached:
            self._inboxes.send(end_message(row.run))
        self._hints.publish("ended", str(row.run.id))
