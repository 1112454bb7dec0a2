"""Taking up a run that was claimed: from its first event, or from where its journal ends."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from kagzi_dsl.errors import Code, DatabaseUnavailable, Failure
from kagzi_dsl.runtime.about import about
from kagzi_dsl.runtime.again import GIVEN_UP
from kagzi_dsl.runtime.core import chain
from kagzi_dsl.runtime.core.commands import RunActivity
from kagzi_dsl.runtime.core.events import RunRetried
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.machine import Machine, NotWaiting
from kagzi_dsl.runtime.core.revive import starts_again
from kagzi_dsl.runtime.live import LiveRun
from kagzi_dsl.runtime.store.records import ENDING, Claimed, Ended, Run, Write
from kagzi_dsl.runtime.view import facts_of

if TYPE_CHECKING:
    from kagzi_dsl.runtime.engine import Engine

log = logging.getLogger("kagzi_dsl.engine")


class Adopting:
    """Makes live runs of claimed ones, for one engine; one that cannot be taken up is ended, and costs nobody else."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def adopt(self, claimed: Claimed) -> None:
        """Takes up a run the engine owns. Raises DatabaseUnavailable."""
        engine, run = self._engine, claimed.run
        if self._held(run):
            return
        if run.stalls >= engine.settings.stall_limit:
            ways = f"`kagzi-dsl resume {run.id}` tries again, `kagzi-dsl cancel {run.id}` undoes what it did"
            self._refuse(claimed, f"claimed {run.stalls} times without getting on; {ways}")
            return
        try:
            entries = _taken_up_again(run, claimed.entries, engine.clock.now())
            machine = await self.machine(run)
            machine.replay(entries)
        except DatabaseUnavailable:
            raise
        except NotWaiting as error:
            self._refuse(claimed, f"its journal does not fit its definition at {error.path!r}")
            return
        except Exception as error:  # whatever is wrong with this run must not stop the others
            log.exception("the run cannot be taken up", extra=about(run))
            self._refuse(claimed, f"it cannot be taken up: {type(error).__name__}: {error}")
            return
        if engine.stopping:
            return  # meanwhile; it is free for others as soon as this worker is no more
        seen = claimed.messages_sent - len(claimed.messages)
        out = {*claimed.tasks, *(UUID(message.name) for message in claimed.messages if message.kind == "task")}
        live = engine.live[run.id] = LiveRun(engine, run, machine, messages_seen=seen, tasks_out=out)
        if len(entries) > len(claimed.entries):
            live.put(entries[-1:], [])
        self._set_going(live, claimed)

    def _held(self, run: Run) -> bool:
        """Whether this very claim is live here already: a server that crashed forgot it, and it was made once more."""
        live = self._engine.live.get(run.id)
        if live is not None and live.run.fence != run.fence:
            live.close()
            return False
        return live is not None

    def _set_going(self, live: LiveRun, claimed: Claimed) -> None:
        held_back: list[RunActivity] = []
        if live.machine.started_at is None and live.machine.over is None:
            if not any(message.kind in ENDING for message in claimed.messages):  # else it never begins
                live.begin(told=bool(claimed.messages))
        elif live.machine.over is not None and live.machine.undone:
            live.feed(lambda: RunRetried(live.now()))
        elif live.machine.over is not None:
            live.put([], [live.machine.over])
        else:
            held_back = self._ask_again(live, claimed)
        for message in claimed.messages:
            self._engine.inbox.take_in(live, message)
        for command in held_back:
            if live.machine.pending.get(command.path) is command:
                self._engine.perform(live, command, recovered=True)
            else:
                live.interrupted.add(command.path)

    def _ask_again(self, live: LiveRun, claimed: Claimed) -> list[RunActivity]:
        """Asks for what nobody has answered, but for attempts that a message may still stop: these are given back."""
        ending = not live.machine.paused and any(message.kind in ENDING for message in claimed.messages)
        held_back = []
        for command in list(live.machine.pending.values()):
            if ending and isinstance(command, RunActivity):
                held_back.append(command)
            else:
                self._engine.perform(live, command, recovered=True)
        live.rest()
        return held_back

    async def machine(self, run: Run) -> Machine:
        """A fresh machine for a run."""
        engine = self._engine
        workflow = await engine.library.workflow(run.digest)
        watcher = engine.watch(run) if engine.watch is not None else None
        return Machine(workflow, facts_of(run), limit_bytes=engine.settings.payload_limit, watcher=watcher)

    async def rebuild(self, live: LiveRun) -> None:
        """Puts a run's machine back to what its journal says, after a commit that may not have happened."""
        machine = await self.machine(live.run)
        machine.replay(await self._engine.store.journal(live.id))
        live.machine = machine

    def _refuse(self, claimed: Claimed, message: str) -> None:
        last = claimed.entries[-1].seq if claimed.entries else 0
        self.give_up(claimed.run, last, chain.head(str(claimed.run.id), claimed.entries), message)

    def give_up(self, run: Run, last_seq: int, head: bytes, message: str) -> None:
        """Ends a run nothing can be done with; it can be resumed when the reason is gone, or cancelled.

        `last_seq` and `head` are the number and the digest of the last entry of its journal.
        """
        now = self._engine.clock.now()
        failure = Failure.of(Code.INTERNAL, message, type=GIVEN_UP)
        entry = Entry(seq=last_seq + 1, type=EntryType.RUN_ENDED, at=now, status="failed", failure=failure)
        leave = Ended(status="failed", at=now, failure=failure)
        write = Write(run_id=run.id, fence=run.fence, entries=[chain.linked(entry, head)], leave=leave)
        self._engine.writer.put(write, lambda refused: None)


def _taken_up_again(run: Run, entries: Sequence[Entry], now: int) -> Sequence[Entry]:
    """The journal, with a note that the run goes on from the node it failed at when it had ended and was reopened."""
    if not entries or entries[-1].type is not EntryType.RUN_ENDED or not starts_again(entries[-1]):
        return entries
    last = entries[-1]
    retried = Entry(seq=last.seq + 1, type=EntryType.RUN_RETRIED, at=max(now, last.at))
    return [*entries, chain.linked(retried, chain.head(str(run.id), entries))]
