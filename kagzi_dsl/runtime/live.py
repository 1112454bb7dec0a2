"""A live run: one run this process owns, between its machine (which decides) and the writer (which makes it durable).

Theory of operation. Every event is fed to the machine at once; the entries it makes go to the writer; only when they
are durable are the commands carried out. So the machine may be ahead of the database, but nothing outside ever is –
but for the first attempts of a run: that it began is nothing they depend on, and it is stored with what they answer.
Losing the fence ends all of it: what is not durable is forgotten, and the new owner works it out again.

A transactional activity commits its own checkpoint, and the run is held around that: see transacting.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING
from uuid import UUID

from kagzi_dsl.runtime.about import about
from kagzi_dsl.runtime.core.commands import Command, EndRun, RunActivity, StartChild
from kagzi_dsl.runtime.core.events import Event, RunStarted
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.core.machine import Machine, NotWaiting, Step
from kagzi_dsl.runtime.hold import Hold
from kagzi_dsl.runtime.store.records import Ended, Message, NewMessage, NewRun, Parked, Refused, Run, Write
from kagzi_dsl.runtime.store.tasks import NewTask

if TYPE_CHECKING:
    from kagzi_dsl.runtime.attempt import Attempt
    from kagzi_dsl.runtime.engine import Engine

Late = Callable[[], Event | None]
"""Makes an event when its turn has come, so that it fits what the run's state is then; None when there is none any
more.
"""


class LiveRun:
    """A run this process owns. All methods run on the engine's event loop."""

    def __init__(
        self, engine: Engine, run: Run, machine: Machine, *, messages_seen: int, tasks_out: Collection[UUID] = ()
    ) -> None:
        self.engine = engine
        self.run = run
        self.id = run.id
        self.machine = machine
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.attempts: dict[str, Attempt] = {}
        self.delayed: dict[str, asyncio.TimerHandle] = {}
        self.tasks_out = tasks_out
        """The tasks an owner before had handed out and whose answers had not been taken in."""
        self.held_back: set[str] = set()
        """The paths of commands that were to be carried out when the run had been paused already."""
        self.interrupted: set[str] = set()
        """Those of them that another owner may have begun."""
        self.away: set[str] = set()
        """The paths of activities whose attempts are made by other workers."""
        self.gone = False
        self.last_seq, self.head = machine.seq, machine.head
        """The number of the last entry that was handed to the writer, and its digest."""
        self._messages_seen = messages_seen
        self._message_ids: set[int] = set()
        self._unanswered = 0
        self._settled: asyncio.Event | None = None
        self.hold = Hold()
        self._alarm: asyncio.TimerHandle | None = None

    @cached_property
    def about(self) -> Mapping[str, str]:
        """What log records say of the run."""
        return about(self.run)

    def now(self) -> int:
        """The time for the next event: the clock's, and never before the event that came last."""
        return max(self.engine.clock.now(), self.machine.at)

    def feed(self, late: Late, *, starts: Sequence[NewRun] = (), sends: Sequence[NewMessage] = ()) -> None:
        """Feeds the event `late` makes, as soon as the run is not held, and writes `starts` and `sends` with it."""
        if self.gone:
            return
        if self.hold.on:
            self.hold.later(lambda: self.feed(late, starts=starts, sends=sends))
            return
        event = late()
        if event is None:
            return
        step = self.decide(event)
        if step is not None:
            self.put(step.entries, step.commands, starts=starts, sends=sends)

    def decide(self, event: Event) -> Step | None:
        """Feeds the machine; None for an event nothing waits for, or when the machine broke over it."""
        try:
            return self.machine.feed(event)
        except NotWaiting:
            return None
        except Exception as error:  # a defect of the interpreter must cost this run, not its neighbours
            self.engine.stumbled(self, error)
            return None

    def take_in(self, message: Message, event: Late, passed_on: Callable[[], Sequence[NewMessage]]) -> None:
        """Journals a message as an event, or drops it when it means nothing any more; it is consumed either way.

        What is `passed_on` to other runs is sent with it.
        """
        if self.gone or message.id in self._message_ids:
            return
        if self.hold.on:
            self.hold.later(lambda: self.take_in(message, event, passed_on))
            return
        self._message_ids.add(message.id)
        self._messages_seen += 1
        made, sends = event(), passed_on()
        entries: list[Entry] = []
        commands: list[Command] = []
        if made is not None and self.machine.over is None and (step := self.decide(made)) is not None:
            entries, commands = step.entries, step.commands
        if not self.gone:
            self.put(entries, commands, consumed=[message.id], sends=sends if entries else ())

    def put(
        self,
        entries: Sequence[Entry],
        commands: Sequence[Command],
        *,
        consumed: Sequence[int] = (),
        starts: Sequence[NewRun] = (),
        sends: Sequence[NewMessage] = (),
        tasks: Sequence[NewTask] = (),
        patient: bool = False,
    ) -> None:
        """Hands entries to the writer; the commands are carried out when they are durable."""
        leave = self.end_among(commands)
        write = Write(self.id, self.run.fence, entries, consumed, starts, sends, tasks, None, leave)
        if entries:
            self.last_seq, self.head = entries[-1].seq, self.machine.head
        self._unanswered += 1
        if consumed:
            self.engine.writer.put(write, partial(self._consumed, commands, consumed))
        else:
            self.engine.writer.put(write, partial(self._answered, commands), patient=patient)

    def _consumed(self, commands: Sequence[Command], message_ids: Sequence[int], refused: Refused | None) -> None:
        """As `_answered`, of a write that took messages out of the inbox: they need not be known for much longer."""
        self.engine.inbox.gone(self._message_ids, message_ids)
        self._answered(commands, refused)

    def end_among(self, commands: Sequence[Command]) -> Ended | None:
        """How the run leaves, when it is over by these commands."""
        end = commands[-1] if commands else None
        if not isinstance(end, EndRun):
            return None
        parent = self.run.parent
        seen = None if parent is not None and parent.attached else self._messages_seen
        return Ended(
            status=end.status, at=end.at, output=end.output, failure=end.failure, compensation=end.compensation,
            messages_seen=seen,
        )  # fmt: skip

    def _answered(self, commands: Sequence[Command], refused: Refused | None) -> None:
        self._unanswered -= 1
        if not self._unanswered and self._settled is not None:
            self._settle()
        if self.gone:
            return
        if refused is not None:
            self.engine.lost(self, refused)
            return
        for command in commands:
            self.engine.perform(self, command)
        self.rest()

    async def durable(self) -> None:
        """Returns when everything this run has written so far is durable, or the run is lost."""
        if self._unanswered and not self.gone:
            self.engine.writer.hurry()
            self._settled = self._settled or asyncio.Event()
            await self._settled.wait()

    @property
    def writing(self) -> bool:
        """Whether something it wrote is not durable yet."""
        return self._unanswered > 0

    def _settle(self) -> None:
        """Lets those go on who wait for what was written."""
        if self._settled is not None:
            self._settled.set()
            self._settled = None

    def go_on_after(self, step: Step) -> None:
        """Goes on after a step that was made durable by somebody else than the writer."""
        self.last_seq, self.head = step.entries[-1].seq, self.machine.head
        for command in step.commands:
            self.engine.perform(self, command)
        self.rest()

    # -- waiting

    def rest(self) -> None:
        """Sets the alarm for whatever is due next, or parks the run when that is far off."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self.gone or self.machine.over is not None:
            return
        if self.machine.started_at is None and self._may_begin() and not self.engine.draining:
            self.begin()
            return
        idle = self._idle()
        if idle and self.engine.draining:
            self.hand_back()
            self.engine.handed_back(self)
            return
        due = self._next_due()
        if idle or due is not None:
            wait = self._next_wait(due, idle=idle)
            self._alarm = asyncio.get_running_loop().call_later(wait, self._alarmed)

    def begin(self, *, told: bool = False) -> None:
        """Begins the run, or rests until it may begin. `told`: there are messages, which may say that it should not."""
        start_at = self.run.start_at
        if self.machine.paused or (start_at is not None and start_at > self.engine.clock.now()):
            self.rest()
        elif (step := self.decide(RunStarted(self.now()))) is not None:
            # Without an attempt nothing would come to go with, and a run that only sleeps would wait for it in vain.
            ahead = bool(step.commands) and not told and all(_may_go_ahead(command) for command in step.commands)
            self.put(step.entries, () if ahead else step.commands, patient=ahead)
            if ahead:
                for command in step.commands:
                    self.engine.perform(self, command)

    def _next_due(self) -> int | None:
        unbegun = self.machine.started_at is None and not self.machine.paused
        return self.run.start_at if unbegun else self.machine.next_due()

    def _next_wait(self, due: int | None, *, idle: bool) -> float:
        """Seconds until something is to be done here: a timer is due, or there is nothing to keep the run here for."""
        linger = self.engine.settings.linger
        wait = linger if due is None else self.engine.clock.seconds_until(due)
        return min(wait, linger) if idle else wait

    def _idle(self) -> bool:
        return not (self.tasks or self._unanswered or self.hold.on)

    def _alarmed(self) -> None:
        self._alarm = None
        if self.gone:
            return
        if self._may_begin():
            self.begin()
            return
        if self.machine.fired(self.engine.clock.now()) is not None:
            self.feed(lambda: self.machine.fired(self.engine.clock.now()))
            if self.hold.on:
                self.hold.later(self.rest)
            return
        due = self._due()
        far = due is None or self.engine.clock.seconds_until(due) > self.engine.settings.linger / 2
        if self._idle() and far and not self._wants_to_run():
            self._park(due)
        else:
            self.rest()

    def _may_begin(self) -> bool:
        unbegun = self.machine.started_at is None and not self.machine.paused
        return unbegun and (self.run.start_at or 0) <= self.engine.clock.now()

    def _due(self) -> int | None:
        """The earliest moment (ms) this run waits for: a timer, or a delayed attempt."""
        if self.machine.paused:
            return None
        delayed = (
            command.not_before
            for path, command in self.machine.pending.items()
            if path in self.delayed and isinstance(command, RunActivity | StartChild) and command.not_before is not None
        )
        return min(filter(None, (self._next_due(), *delayed)), default=None)

    def _wants_to_run(self) -> bool:
        return not self.machine.paused and any(
            isinstance(command, RunActivity) and path not in self.delayed and path not in self.away
            for path, command in self.machine.pending.items()
        )

    def _park(self, due: int | None) -> None:
        status = "waiting" if self.away and not self.machine.paused else self.machine.resting()
        self.leave(Parked(status, due, self._messages_seen))
        self.engine.parked(self, due)

    def hand_back(self) -> None:
        """Gives the run up as it stands, for another worker to take at once."""
        paused = self.machine.paused and self.machine.over is None
        at_once = Parked("pending", self.engine.clock.now(), self._messages_seen)
        self.leave(Parked("paused", None, self._messages_seen) if paused else at_once)

    def leave(self, parked: Parked) -> None:
        """Lets go of the run; nothing more is written after this."""
        write = Write(run_id=self.id, fence=self.run.fence, leave=parked)
        self.close()
        self.engine.writer.put(write, lambda refused: None)

    def close(self) -> None:
        """Stops everything of this run in this process. What was asked for and not answered is forgotten."""
        self.gone = True
        self._settle()
        if self._alarm is not None:
            self._alarm.cancel()
        for handle in self.delayed.values():
            handle.cancel()
        current = asyncio.current_task()
        for task in self.tasks.values():
            if task is not current:  # which has answered, and is not to be disturbed as it clears up
                task.cancel()
        self.delayed.clear()
        self.hold.release()


def _may_go_ahead(command: Command) -> bool:
    """Whether nobody misses it if an attempt was made and the process died before it could say that the run began.

    A saga would: it has to undo what may have happened.
    """
    return isinstance(command, RunActivity) and command.node.compensate is None
