"""The interpreter: one run's state, `feed(event) -> Step`.

Theory of operation. A run is a tree of frames (frame.py). An event is dispatched to the frame that waits for it; what
follows from it – nodes ending, others starting – is worked off an agenda until nothing moves without the outside.
What the outside has to do leaves as commands, what has happened leaves as journal entries: first the event's own,
then the derived ones. The shell commits the entries before it acts on the commands, so that nothing starts that
depends on what might still be lost.

Everything is a function of (workflow, facts of the run, events): no clock, no randomness, no I/O. Feeding the journal
of a killed process to a fresh machine brings back the same frames, the same entries under the same numbers, and in
`pending` the commands nobody has answered.

Here events are told apart. What befalls the run as a whole is in course.py, what moves its frames in agenda.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, assert_never

from kagzi_dsl.runtime.core import chain
from kagzi_dsl.runtime.core.commands import Command
from kagzi_dsl.runtime.core.course import Course
from kagzi_dsl.runtime.core.events import (
    AttemptFailed,
    AttemptStarted,
    CancelRequested,
    Event,
    NodeCompleted,
    NodeFailed,
    RunMigrated,
    RunPaused,
    RunRetried,
    RunStarted,
    RunUnpaused,
    SignalArrived,
    TerminateRequested,
    TimerFired,
    from_entry,
)
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.outcome import Cause, status_of
from kagzi_dsl.runtime.core.revive import counting


class NotWaiting(Exception):
    """An event came for a node that waits for nothing: it came too late, or belongs to another definition."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"nothing at {path!r} waits for this event")


class Step(NamedTuple):
    """What one event led to: entries to commit, in order, and then commands to carry out, in order."""

    entries: list[Entry]
    commands: list[Command]


class Machine(Course):
    """A run's state. Feed it RunStarted first, or `replay` a journal."""

    def feed(self, event: Event) -> Step:
        """Takes one event in. Raises NotWaiting, and changes nothing, when no node waits for it."""
        self._refuse_stray(event)
        self.at = event.at
        self._entries, self._commands = step = Step([], [])
        match event:
            case NodeCompleted() | NodeFailed():
                self._answer(event)
            case RunStarted():
                self._record(event)
                self._start_run()
            case AttemptFailed():
                self._retry(event)
            case AttemptStarted(path, attempt, _):
                self.attempts_begun[path] = attempt
                self._record(event, node="activity")
            case TimerFired():
                self._fire(event)
            case SignalArrived(name, value, _, _):
                self._record(event)
                self.mailbox.deliver(name, value)
            case CancelRequested(message, _):
                self._record(event)
                self._cancel(message)
            case TerminateRequested(message, _):
                self._record(event)
                self._terminate(Cause("terminate", message))
            case RunPaused():
                self._record(event)
                self.paused = self.over is None
            case RunUnpaused() | RunMigrated():
                self._record(event)
            case RunRetried():
                self._record(event)
                self._revive()
            case _:
                assert_never(event)
        self._work_off()
        if self.paused and isinstance(event, RunUnpaused | CancelRequested):
            self._unpause()
        return step

    def replay(self, entries: Sequence[Entry]) -> None:
        """Brings back the state a journal led to; derived entries are worked out again instead of read.

        Raises NotWaiting where the journal does not fit the workflow.
        """
        revived = any(entry.type is EntryType.RUN_RETRIED for entry in entries)
        self._replaying = True
        for entry in counting(entries):
            try:
                self.feed(from_entry(entry))
            except NotWaiting:
                # What followed from a failure that was taken back has no place any more; see revive.py.
                if not revived:
                    raise
        self._replaying = False
        if entries:
            self.seq = entries[-1].seq
        self.head = chain.head(self.facts.id, entries)

    def _refuse_stray(self, event: Event) -> None:
        match event:
            case (
                NodeCompleted(path=path) | NodeFailed(path=path) | AttemptFailed(path=path) | AttemptStarted(path=path)
            ):
                if path not in self.pending:
                    raise NotWaiting(path)
            case TimerFired(path, purpose, _):
                if not self._timers.is_armed(path, purpose):
                    raise NotWaiting(path)
            case RunRetried():
                if self.over is None or not self.undone:
                    raise NotWaiting("")
            case RunMigrated() | RunPaused() | RunUnpaused():  # by a new definition the run may be over before
                pass
            case _:
                if self.over is not None:
                    raise NotWaiting("")

    def _answer(self, event: NodeCompleted | NodeFailed) -> None:
        frame = self._frames[event.path]
        del self.pending[event.path]
        done = frame.answered(event)
        outcome = frame.shaped(done)
        frame.own_row = False
        self._record(event, node=frame.node.kind, status=status_of(outcome))
        frame.settle(outcome, done=done)

    def _retry(self, event: AttemptFailed) -> None:
        frame = self._frames[event.path]
        self._record(event, node=frame.node.kind)
        self.attempts_begun.pop(event.path, None)
        self.watcher.failed(frame, event)
        frame.attempt_failed(event)

    def _fire(self, event: TimerFired) -> None:
        frame = self._timers.disarm(event.path, event.purpose)
        if frame is None:
            self._record(event)
            self._run_timer_fired(event.purpose)
            return
        ends = event.purpose == "sleep"
        frame.own_row = not ends
        self._record(event, node=frame.node.kind, status="completed" if ends else "")
        frame.timer_fired(event.purpose)

    # -- time

    def next_due(self) -> int | None:
        """When the next timer is due (ms), None when none is armed. Delayed attempts are not timers: see
        `not_before`.
        """
        return None if self.paused else self._timers.next_due()

    def fired(self, now: int) -> TimerFired | None:
        """The event of the earliest timer that is due by `now`, to be fed."""
        return None if self.paused else self._timers.fired(now)
