"""The interpreter: one run's state, `feed(event) -> Step`.

Theory of operation. A run is a tree of frames (frame.py). An event is dispatched to the frame that waits for it; what
follows from it – nodes ending, others starting – is worked off an agenda until nothing moves without the outside.
What the outside has to do leaves as commands, what has happened leaves as journal entries: first the event's own,
then the derived ones. The shell commits the entries before it acts on the commands, so that nothing starts that
depends on what might still be lost.

Everything is a function of (workflow, facts of the run, events): no clock, no randomness, no I/O. Feeding the journal
of a killed process to a fresh machine brings back the same frames, the same entries under the same numbers, and in
`pending` the commands nobody has answered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, assert_never

from kagzi_dsl import payload
from kagzi_dsl.dsl import model
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime.core import chain, ending
from kagzi_dsl.runtime.core.commands import BEGINNINGS, Command, EndRun, Pending
from kagzi_dsl.runtime.core.env import Env
from kagzi_dsl.runtime.core.events import (
    AttemptFailed,
    AttemptStarted,
    CancelRequested,
    Event,
    NodeCompleted,
    NodeFailed,
    Purpose,
    RunMigrated,
    RunPaused,
    RunRetried,
    RunStarted,
    RunUnpaused,
    SignalArrived,
    TerminateRequested,
    TimerFired,
    from_entry,
    to_entry,
)
from kagzi_dsl.runtime.core.frame import Frame, Parent, duration_ms, inside, invalid
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.ledger import Ledger
from kagzi_dsl.runtime.core.mailbox import Mailbox
from kagzi_dsl.runtime.core.nodes import frame_for
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Completed, Failed, Outcome, status_of
from kagzi_dsl.runtime.core.redo import Redo, Undone
from kagzi_dsl.runtime.core.revive import counting
from kagzi_dsl.runtime.core.timers import Timers
from kagzi_dsl.runtime.core.watcher import Nobody, Watcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a run is given at its start. `input` has its defaults filled in.

    `scheduled_for` is the fire of the schedule that started it. `retry` goes before what the workflow says of trying
    the whole run again. `deadline` (ms) is when the run times out, if its `timeout` does not pass before.
    """

    id: str
    workflow: str
    version: str | None = None
    namespace: str = "default"
    external_id: str | None = None
    scheduled_for: str | None = None
    input: Json = None
    retry: Retry | None = None
    deadline: int | None = None


class NotWaiting(Exception):
    """An event came for a node that waits for nothing: it came too late, or belongs to another definition."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"nothing at {path!r} waits for this event")


class Step(NamedTuple):
    """What one event led to: entries to commit, in order, and then commands to carry out, in order."""

    entries: list[Entry]
    commands: list[Command]


class Machine:
    """A run's state. Feed it RunStarted first, or `replay` a journal."""

    def __init__(
        self,
        workflow: model.Workflow,
        facts: Facts,
        *,
        limit_bytes: int = payload.LIMIT_BYTES,
        watcher: Watcher | None = None,
    ) -> None:
        self.workflow = workflow
        self.facts = facts
        self.watcher: Watcher = watcher or Nobody()
        self.limit_bytes = limit_bytes
        self.at = 0
        self.attempt = 0
        self.started_at: int | None = None
        self.deadline: int | None = None
        """When (ms) the run's `timeout`, or the deadline it was given, passes."""
        self.cancel_requested = False
        self.seq = 0
        self.head = chain.beginning(facts.id)
        """The digest of the last entry, for the next one to carry."""
        self.compensation = ""
        self.over: EndRun | None = None
        self.undone: list[Undone] = []
        """Compensations that failed, for a resumed run to try again."""
        self.pending: dict[str, Pending] = {}
        """Commands nobody has answered yet, by node path, oldest first."""
        self.attempts_begun: dict[str, int] = {}
        """The attempts of at-most-once activities that have begun, by node path."""
        self.mailbox = Mailbox()
        self._root: Frame[Any] | None = None
        self._redo: Redo | None = None
        self._verdict: Outcome | None = None
        self._frames: dict[str, Frame[Any]] = {}
        self._timers = Timers()
        self._orders = 0
        self._agenda: deque[tuple[Frame[Any], Outcome | None]] = deque()
        self._entries: list[Entry] = []
        self._commands: list[Command] = []
        self._replaying = False
        self.paused = False
        self.withheld: set[str] = set()
        """The paths of commands that begin something and were asked for while the run was paused."""

    # -- events

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

    def _record(self, event: Event, *, node: str = "", status: str = "") -> None:
        self.seq += 1
        self._add(to_entry(event, seq=self.seq, node=node, status=status))

    def _add(self, entry: Entry) -> None:
        if not self._replaying:  # or nobody would look at it
            entry = chain.linked(entry, self.head)
            self.head = entry.digest or b""
        self._entries.append(entry)

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

    # -- what frames ask of the machine

    def frame(
        self, node: model.Node, parent: Parent, *, env: Env, prefix: str, key: int, ledger: Ledger | None
    ) -> Frame[Any]:
        """A new frame for `node`, not started yet."""
        return frame_for(node)(self, node, parent, env, prefix, key, ledger)

    def start(self, frame: Frame[Any]) -> None:
        """Puts a frame's beginning on the agenda."""
        self._agenda.append((frame, None))

    def ended(self, frame: Frame[Any], outcome: Outcome) -> None:
        """Takes note of a frame's end, and puts the news for its parent on the agenda."""
        self._frames.pop(frame.path, None)
        self.pending.pop(frame.path, None)
        self.withheld.discard(frame.path)
        for purpose in frame.timers:
            self._timers.disarm(frame.path, purpose)
        if frame.own_row:
            self._close(frame, outcome)
        self.watcher.ended(frame, outcome)
        self._agenda.append((frame, outcome))

    def _close(self, frame: Frame[Any], outcome: Outcome) -> None:
        self.seq += 1
        output = self.text_of(outcome.output) if isinstance(outcome, Completed) and frame.keeps_output else None
        self._add(
            Entry(
                self.seq, EntryType.NODE_CLOSED, self.at, frame.path, frame.node.kind, status_of(outcome), 0,
                frame.started_at, output, frame.failure_of(outcome),
            )
        )  # fmt: skip

    def ask(self, frame: Frame[Any], command: Pending) -> None:
        """Asks the outside for something; the answer comes back to `frame`."""
        self._frames[frame.path] = frame
        self.pending.pop(frame.path, None)
        self.pending[frame.path] = command
        if self.paused and isinstance(command, BEGINNINGS):
            self.withheld.add(frame.path)
        else:
            self._commands.append(command)
        self.watcher.asked(command)

    def arm(self, frame: Frame[Any], purpose: Purpose, due: int) -> None:
        """Arms a timer of a frame; it is disarmed when the frame ends."""
        if purpose not in frame.timers:
            frame.timers = (*frame.timers, purpose)
        self._timers.arm(frame.path, purpose, due, frame)

    def next_order(self) -> int:
        """A number that rises with every node that is entered into a ledger."""
        self._orders += 1
        return self._orders

    def key_of(self, path: str) -> str:
        """The idempotency key of the node at `path`: the same in every attempt, another in every attempt of the run."""
        return f"{self.facts.id}:{path}" if self.attempt <= 1 else f"{self.facts.id}:{path}:{self.attempt}"

    def text_of(self, value: Json) -> str:
        """The JSON text of a value that is to be stored. Raises PayloadError."""
        text = payload.encode(value)
        payload.limit(text, self.limit_bytes)
        return text.decode()

    # -- time

    def next_due(self) -> int | None:
        """When the next timer is due (ms), None when none is armed. Delayed attempts are not timers: see
        `not_before`.
        """
        return None if self.paused else self._timers.next_due()

    def due_of(self, path: str, *purposes: Purpose) -> int | None:
        """When the first of a node's timers for these purposes is due (ms), None when none is armed."""
        return self._timers.due_of(path, *purposes)

    def fired(self, now: int) -> TimerFired | None:
        """The event of the earliest timer that is due by `now`, to be fed."""
        return None if self.paused else self._timers.fired(now)

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

    def _run_timer_fired(self, purpose: Purpose) -> None:
        if purpose == "restart":
            self._begin_attempt()
            return
        failure = ending.run_timed_out(self)
        if self._root is None:
            self._end(Failed(failure))
        else:
            self._root.cancel(Cause("timeout", failure.message))

    # -- the run as a whole

    def _start_run(self) -> None:
        self.started_at = self.at
        self.deadline = self.facts.deadline
        if self.deadline is not None and self.deadline <= self.at:
            self._end(Failed(ending.run_timed_out(self)))
            return
        if self.workflow.timeout is not None:
            try:
                ends = self.at + duration_ms(self.workflow.timeout, Env.root(self._base()))
            except ExpressionError as error:
                self._end(Failed(invalid(error, "")))
                return
            self.deadline = ends if self.deadline is None else min(ends, self.deadline)
        if self.deadline is not None:
            self._timers.arm("", "timeout", self.deadline, None)
        self._begin_attempt()

    def _begin_attempt(self) -> None:
        self.attempt += 1
        self.compensation = ""
        self.attempts_begun.clear()
        self.mailbox.forget_waits()
        self.watcher.restarted(self.attempt)
        self._root = self.frame(self.workflow.root, self, env=Env.root(self._base()), prefix="", key=0, ledger=None)
        self.start(self._root)

    def _base(self) -> dict[str, Json]:
        facts = self.facts
        run = {
            "id": facts.id,
            "workflow": facts.workflow,
            "version": facts.version,
            "namespace": facts.namespace,
            "attempt": self.attempt,
            "started_at": timestamp(self.started_at or 0),
            "external_id": facts.external_id,
            "scheduled_for": facts.scheduled_for,
        }
        return {"input": facts.input, "run": run}

    def child_ended(self, child: Frame[Any], outcome: Outcome) -> None:
        """The root node ended, and with it this attempt of the run."""
        self._root = None
        verdict = ending.verdict(self, child.env, outcome)
        due = ending.restart_at(self, verdict)
        if due is None:
            self._end(verdict)
            return
        assert isinstance(verdict, Failed)
        self.seq += 1
        self._add(
            Entry(
                seq=self.seq,
                type=EntryType.RUN_ATTEMPT_FAILED,
                at=self.at,
                attempt=self.attempt,
                failure=verdict.failure,
                due=due,
            )
        )
        self._timers.arm("", "restart", due, None)

    def _cancel(self, message: str) -> None:
        cause = Cause("cancel", message)
        if self._redo is not None:
            return
        self.cancel_requested = True
        if self._root is None:
            self._end(Cancelled(cause))
        else:
            self._root.cancel(cause)

    def _unpause(self) -> None:
        """Asks once more for everything that is to begin; whoever carries it out knows what is under way already."""
        self.paused = False
        self.withheld = {path for path in self.withheld if not isinstance(self.pending[path], BEGINNINGS)}
        self._commands.extend(command for command in self.pending.values() if isinstance(command, BEGINNINGS))

    def _terminate(self, cause: Cause) -> None:
        self._agenda.clear()
        self.paused = False
        self.pending.clear()
        self.withheld.clear()
        self._frames.clear()
        if self._root is not None:
            self._abandon(self._root, cause)
        self._root = self._redo = None
        self._end(Cancelled(cause))

    def _abandon(self, frame: Frame[Any], cause: Cause) -> None:
        """Shows what is under way as stopped, what is inside first; nothing of it is journaled."""
        for child in inside(frame):
            self._abandon(child, cause)
        if frame.begun:
            self.watcher.ended(frame, Cancelled(cause))

    def _revive(self) -> None:
        assert self._verdict is not None
        undone, self.undone = self.undone, []
        self.over = None
        self.compensation = "completed"
        self._redo = Redo(self, undone, self._verdict)
        self._redo.go_on()

    def compensation_failed(self, undone: Undone) -> None:
        """Marks the run: something that had to be undone was not."""
        self.compensation = "failed"
        self.undone.append(undone)

    def end_again(self, outcome: Outcome) -> None:
        """Ends a revived run as it had ended before."""
        self._redo = None
        self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        self._timers.clear()
        self.paused = False
        self._verdict = outcome
        self.over = end = ending.end_run(self, outcome)
        self.seq += 1
        self._add(
            Entry(
                self.seq, EntryType.RUN_ENDED, self.at, "", "", end.status, 0,
                self.started_at, end.output, end.failure, None, end.compensation,
            )
        )  # fmt: skip
        self._commands.append(end)

    def _work_off(self) -> None:
        agenda = self._agenda
        while agenda:
            frame, outcome = agenda.popleft()
            actor: Parent = frame if outcome is None else frame.parent
            try:
                if outcome is None:
                    frame.begin()
                else:
                    frame.parent.child_ended(frame, outcome)
            except ExpressionError as error:
                assert isinstance(actor, Frame)
                actor.crash(invalid(error, actor.path))

    def resting(self) -> Literal["pending", "sleeping", "waiting", "paused"]:
        """The status of a run that only waits: to begin, for a message, or until something is due."""
        if self.paused:
            return "paused"
        if self.started_at is None:
            return "pending"
        return "waiting" if self.mailbox.awaited() or ending.waits_for_child(self.pending.values()) else "sleeping"


def timestamp(at: int) -> str:
    """A moment (ms since the epoch) as RFC 3339 text in UTC, as expressions and people see it."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
