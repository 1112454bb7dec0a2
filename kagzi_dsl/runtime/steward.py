"""What a run is told while nobody works on it, done at once: pausing, unpausing and terminating it.

A run that is cancelled before it began is ended likewise. What has begun has something to stop or to undo, which is for
its next owner to do.

Whoever owns a run takes its messages in. A run that nobody owns is claimed for a moment, with a fence of its own, as by
any worker, and what it was told is journaled as its owner would have done; nothing of it is carried out. A run that
somebody took up meanwhile is left to them: the message is in its inbox.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from kagzi_dsl import __version__
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime import host
from kagzi_dsl.runtime.claiming import bury_the_dead
from kagzi_dsl.runtime.core.commands import EndRun
from kagzi_dsl.runtime.core.events import CancelRequested, Event, RunPaused, RunUnpaused, TerminateRequested
from kagzi_dsl.runtime.core.journal import EntryType
from kagzi_dsl.runtime.core.machine import Machine, NotWaiting
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.library import Library
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import (
    ENDED,
    ENDING,
    Claimed,
    Ended,
    Message,
    NewMessage,
    NewWorker,
    Parked,
    Run,
    RunFilter,
    Write,
)
from kagzi_dsl.runtime.view import facts_of

_LEASE_MS = 30_000
_BATCH = 200
_PASSED_ON = ("terminate", "pause", "unpause")


class Steward:
    """Holds runs for moments, under a lease that is not renewed."""

    def __init__(self, store: Store, library: Library, owner: UUID) -> None:
        self._store = store
        self._library = library
        self._owner = owner

    async def claim(self, run_ids: Collection[UUID]) -> list[Claimed]:
        """Takes those of the runs that nobody alive owns."""
        return await self._store.claim(self._owner, limit=len(run_ids), run_ids=run_ids, aside=True)

    async def commit(self, write: Write) -> bool:
        """Writes for a run that was claimed; False when it was lost meanwhile."""
        [refused] = await self._store.commit(self._owner, [write])
        return refused is None

    async def take(self, run_id: UUID) -> Claimed | None:
        """Takes a paused run, by a message that stirs it; None when it is not free."""
        await self._store.send([NewMessage(run_id=run_id, kind="migrate")])
        return next(iter(await self.claim([run_id])), None)

    async def settle(self, run_ids: Sequence[UUID]) -> None:
        """Does what these runs were told, and then their child runs, as far as nobody works on them."""
        waiting = list(run_ids)
        while waiting:
            batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
            for claimed in await self.claim(batch):
                waiting += await self._settle(claimed)

    async def withdraw(self, run_ids: Sequence[UUID]) -> None:
        """Ends those of the runs that were told to cancel before they began, as far as nobody works on them."""
        for begin in range(0, len(run_ids), _BATCH):
            for claimed in await self.claim(run_ids[begin : begin + _BATCH]):
                await self._withdraw(claimed)

    async def _withdraw(self, claimed: Claimed) -> None:
        machine, now = await self._machine(claimed), await self._store.now()
        told = [message for message in claimed.messages if message.kind in ENDING]
        write = Write(run_id=claimed.run.id, fence=claimed.run.fence, leave=given_back(claimed, now))
        if told and machine is not None and machine.started_at is None:
            write = _write(claimed, machine, told, [], now)
        await self.commit(write)

    async def _settle(self, claimed: Claimed) -> list[UUID]:
        """Gives the children that were told the same."""
        run = claimed.run
        told = [message for message in claimed.messages if message.kind in _PASSED_ON]
        machine = await self._machine(claimed)
        now = await self._store.now()
        write = Write(run_id=run.id, fence=run.fence, leave=given_back(claimed, now))
        sends: list[NewMessage] = []
        if told and machine is not None:
            children = await self.children(run)
            sends = [_same(message, child) for message in told for child in children]
            write = _write(claimed, machine, told, sends, now)
        elif machine is not None and machine.paused:
            write = Write(run_id=run.id, fence=run.fence, leave=put_down_paused(claimed, now))
        if not await self.commit(write):
            return []
        return list(dict.fromkeys(message.run_id for message in sends))

    async def _machine(self, claimed: Claimed) -> Machine | None:
        """The run as it stands; None when its journal cannot be read, which its next owner will tell."""
        workflow = await self._library.workflow(claimed.run.digest)
        machine = Machine(workflow, facts_of(claimed.run), limit_bytes=2**62)
        try:
            machine.replay(claimed.entries)
        except NotWaiting:
            return None
        return machine

    async def children(self, run: Run) -> list[UUID]:
        """The attached child runs that are not over."""
        family = await self._store.list_runs(RunFilter(root_id=run.root_id, status=_LIVE, limit=100_000))
        return [
            one.id for one in family if one.parent is not None and one.parent.run_id == run.id and one.parent.attached
        ]


_LIVE = ("pending", "running", "sleeping", "waiting", "paused")
assert ENDED.isdisjoint(_LIVE)


def _write(claimed: Claimed, machine: Machine, told: Sequence[Message], sends: Sequence[NewMessage], now: int) -> Write:
    """What the messages come to, and how the run is left."""
    entries = []
    for message in told:
        event = _event(message, machine, max(now, machine.at))
        if event is not None and machine.over is None:
            entries += machine.feed(event).entries
    return Write(
        run_id=claimed.run.id,
        fence=claimed.run.fence,
        entries=entries,
        consumed=[message.id for message in told],
        sends=sends,
        leave=_leave(claimed, machine, now),
    )


def _event(message: Message, machine: Machine, at: int) -> Event | None:
    match message.kind:
        case "cancel":
            return CancelRequested(str(loads(message.payload)), at)
        case "terminate":
            return TerminateRequested(str(loads(message.payload)), at)
        case "pause" if not machine.paused:
            return RunPaused(str(loads(message.payload)), at)
        case "unpause" if machine.paused:
            return RunUnpaused(at)
        case _:
            return None


def _leave(claimed: Claimed, machine: Machine, now: int) -> Parked | Ended:
    match machine.over:
        case EndRun(status, at, output, failure, compensation):
            return Ended(status=status, at=at, output=output, failure=failure, compensation=compensation)
        case None if machine.paused:
            return put_down_paused(claimed, now)
        case None:
            return given_back(claimed, now)


def put_down_paused(claimed: Claimed, now: int) -> Parked:
    """What was sent waits until the run is unpaused; a cancellation, which ends a pause, is for whoever comes next."""
    cancelled = any(message.kind == "cancel" for message in claimed.messages)
    return Parked("paused", now if cancelled else None, claimed.messages_sent)


def given_back(claimed: Claimed, now: int) -> Parked:
    """For whoever takes it up next, as soon as it may begin."""
    begun = any(entry.type is EntryType.RUN_STARTED for entry in claimed.entries)
    return Parked("pending", now if begun else max(now, claimed.run.start_at or 0), claimed.messages_sent)


def _same(message: Message, run_id: UUID) -> NewMessage:
    return NewMessage(run_id=run_id, kind=message.kind, payload=message.payload)


@asynccontextmanager
async def steward(store: Store, library: Library) -> AsyncIterator[Steward]:
    """A steward for one errand. Owners on this machine whose process is gone are replaced at once."""
    process = host.this_process()
    worker = NewWorker(
        id=uuid7(), name=f"{process.host}-{process.pid}", host=process.host, boot_id=process.boot_id, pid=process.pid,
        started=process.started, version=__version__, lease_ms=_LEASE_MS,
    )  # fmt: skip
    await bury_the_dead(store)
    await store.register(worker)
    try:
        yield Steward(store, library, worker.id)
    finally:
        await store.retire([worker.id])
