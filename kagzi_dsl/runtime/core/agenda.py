"""What moves a run's frames: its agenda, and what frames ask for while it is worked off.

Nothing here knows where events come from, nor what becomes of the run: a frame begins, asks the outside for something,
arms a timer, ends; its parent hears of it. What leaves is gathered as journal entries and commands.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from kagzi_dsl import payload
from kagzi_dsl.dsl import model
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core import chain
from kagzi_dsl.runtime.core.commands import BEGINNINGS, Command, Pending
from kagzi_dsl.runtime.core.env import Env
from kagzi_dsl.runtime.core.events import Event, Purpose, to_entry
from kagzi_dsl.runtime.core.facts import Facts
from kagzi_dsl.runtime.core.frame import Frame, Parent, invalid
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.ledger import Ledger
from kagzi_dsl.runtime.core.mailbox import Mailbox
from kagzi_dsl.runtime.core.nodes import frame_for
from kagzi_dsl.runtime.core.outcome import Completed, Outcome, status_of
from kagzi_dsl.runtime.core.redo import Undone
from kagzi_dsl.runtime.core.timers import Timers
from kagzi_dsl.runtime.core.watcher import Nobody, Watcher


class Agenda:
    """The part of a machine its frames know: who begins or has ended next, and what has been asked for."""

    def __init__(self, workflow: model.Workflow, facts: Facts, limit_bytes: int, watcher: Watcher | None) -> None:
        self.workflow = workflow
        self.facts = facts
        self.watcher: Watcher = watcher or Nobody()
        self.limit_bytes = limit_bytes
        self.at = 0
        self.attempt = 0
        self.seq = 0
        self.head = chain.beginning(facts.id)
        """The digest of the last entry, for the next one to carry."""
        self.compensation = ""
        self.undone: list[Undone] = []
        """Compensations that failed, for a resumed run to try again."""
        self.pending: dict[str, Pending] = {}
        """Commands nobody has answered yet, by node path, oldest first."""
        self.paused = False
        self.withheld: set[str] = set()
        """The paths of commands that begin something and were asked for while the run was paused."""
        self.mailbox = Mailbox()
        self._frames: dict[str, Frame[Any]] = {}
        self._timers = Timers()
        self._orders = 0
        self._agenda: deque[tuple[Frame[Any], Outcome | None]] = deque()
        self._entries: list[Entry] = []
        self._commands: list[Command] = []
        self._replaying = False

    # -- frames begin and end

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

    # -- what else frames ask for

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

    def due_of(self, path: str, *purposes: Purpose) -> int | None:
        """When the first of a node's timers for these purposes is due (ms), None when none is armed."""
        return self._timers.due_of(path, *purposes)

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

    def compensation_failed(self, undone: Undone) -> None:
        """Marks the run: something that had to be undone was not."""
        self.compensation = "failed"
        self.undone.append(undone)

    # -- what is journaled

    def _record(self, event: Event, *, node: str = "", status: str = "") -> None:
        self.seq += 1
        self._add(to_entry(event, seq=self.seq, node=node, status=status))

    def _add(self, entry: Entry) -> None:
        if not self._replaying:  # or nobody would look at it
            entry = chain.linked(entry, self.head)
            self.head = entry.digest or b""
        self._entries.append(entry)
