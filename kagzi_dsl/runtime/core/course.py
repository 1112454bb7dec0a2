"""The course of a run as a whole: it begins, once for each of its attempts, and ends, by itself or by order.

How it ends, and whether it is tried again, is decided in ending.py.
"""

from __future__ import annotations

from typing import Any, Literal

from kagzi_dsl import payload
from kagzi_dsl.dsl import model
from kagzi_dsl.dsl.moment import timestamp
from kagzi_dsl.errors import ExpressionError
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core import ending
from kagzi_dsl.runtime.core.agenda import Agenda
from kagzi_dsl.runtime.core.commands import BEGINNINGS, EndRun
from kagzi_dsl.runtime.core.env import Env
from kagzi_dsl.runtime.core.events import Purpose
from kagzi_dsl.runtime.core.facts import Facts
from kagzi_dsl.runtime.core.frame import Frame, duration_ms, inside, invalid
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.outcome import Cancelled, Cause, Failed, Outcome
from kagzi_dsl.runtime.core.redo import Redo
from kagzi_dsl.runtime.core.watcher import Watcher


class Course(Agenda):
    """The part of a machine that is about the run: the parent of its root node, and what befalls it from outside."""

    def __init__(
        self,
        workflow: model.Workflow,
        facts: Facts,
        *,
        limit_bytes: int = payload.LIMIT_BYTES,
        watcher: Watcher | None = None,
    ) -> None:
        super().__init__(workflow, facts, limit_bytes, watcher)
        self.started_at: int | None = None
        self.deadline: int | None = None
        """When (ms) the run's `timeout`, or the deadline it was given, passes."""
        self.cancel_requested = False
        self.over: EndRun | None = None
        self.attempts_begun: dict[str, int] = {}
        """The attempts of at-most-once activities that have begun, by node path."""
        self._root: Frame[Any] | None = None
        self._redo: Redo | None = None
        self._verdict: Outcome | None = None

    # -- begins

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
        self.watcher.restarted(self)
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

    # -- is stopped

    def _run_timer_fired(self, purpose: Purpose) -> None:
        if purpose == "restart":
            self._begin_attempt()
            return
        failure = ending.run_timed_out(self)
        if self._root is None:
            self._end(Failed(failure))
        else:
            self._root.cancel(Cause("timeout", failure.message))

    def _cancel(self, message: str) -> None:
        cause = Cause("cancel", message)
        if self._redo is not None:
            return
        self.cancel_requested = True
        if self._root is None:
            self._end(Cancelled(cause))
        else:
            self._root.cancel(cause)

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

    def _unpause(self) -> None:
        """Asks once more for everything that is to begin; whoever carries it out knows what is under way already."""
        self.paused = False
        self.withheld = {path for path in self.withheld if not isinstance(self.pending[path], BEGINNINGS)}
        self._commands.extend(command for command in self.pending.values() if isinstance(command, BEGINNINGS))

    # -- ends, and goes on

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

    def _revive(self) -> None:
        assert self._verdict is not None
        undone, self.undone = self.undone, []
        self.over = None
        self.compensation = "completed"
        self._redo = Redo(self, undone, self._verdict)
        self._redo.go_on()

    def end_again(self, outcome: Outcome) -> None:
        """Ends a revived run as it had ended before."""
        self._redo = None
        self._end(outcome)

    def resting(self) -> Literal["pending", "sleeping", "waiting", "paused"]:
        """The status of a run that only waits: to begin, for a message, or until something is due."""
        if self.paused:
            return "paused"
        if self.started_at is None:
            return "pending"
        return "waiting" if self.mailbox.awaited() or ending.waits_for_child(self.pending.values()) else "sleeping"
