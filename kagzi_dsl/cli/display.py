"""What is told of a run while it goes on: nothing, lines, or (see tree.py) a live tree. All of it on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

from kagzi_dsl.cli.output import colourful, is_terminal, say
from kagzi_dsl.cli.words import failure_text, took
from kagzi_dsl.runtime.clock import Clock
from kagzi_dsl.runtime.core.commands import Pending
from kagzi_dsl.runtime.core.course import Course
from kagzi_dsl.runtime.core.events import AttemptFailed
from kagzi_dsl.runtime.core.frame import Frame
from kagzi_dsl.runtime.core.outcome import Outcome
from kagzi_dsl.runtime.core.watcher import Watcher
from kagzi_dsl.runtime.store.records import Run


class Display:
    """Says nothing while all goes well: `--quiet`. `watch` is asked for a watcher of each run that is taken up."""

    def watch(self, run: Run) -> Watcher | None:
        return None

    def note(self, text: str, *, fg: str | None = None) -> None:
        """Something worth knowing that is no error."""

    def ended(self, run: Run) -> None:
        """A run is over that did not fail."""

    @contextlib.asynccontextmanager
    async def shown(self, run: Run, clock: Clock) -> AsyncIterator[None]:
        """Shows `run` meanwhile."""
        yield


class Lines(Display):
    """A line for what is worth knowing, an attempt that failed, and how the run ended."""

    def __init__(self) -> None:
        self._since: int | None = None
        self._told: set[tuple[str, str, int]] = set()

    def watch(self, run: Run) -> Watcher | None:
        return _Failures(self, run)

    def note(self, text: str, *, fg: str | None = None) -> None:
        say(text, fg=fg)

    def ended(self, run: Run) -> None:
        if run.status == "completed" and run.started_at is not None and run.finished_at is not None:
            say(f"completed in {took(run.finished_at - run.started_at)}", fg="green")

    @contextlib.asynccontextmanager
    async def shown(self, run: Run, clock: Clock) -> AsyncIterator[None]:
        self._since = clock.now()
        yield

    def failed(self, run: Run, event: AttemptFailed) -> None:
        """Tells of an attempt, unless it failed before we looked (a journal is replayed) or was told of already."""
        key = (str(run.id), event.path, event.attempt)
        if (self._since is not None and event.at < self._since) or key in self._told:
            return
        self._told.add(key)
        pause = f"; next in {took(event.due - event.at)}" if event.due is not None else ""
        say(f"{event.path}: attempt {event.attempt} failed: {failure_text(event.failure)}{pause}", fg="yellow")


class _Failures:
    """Watches one run for failing attempts."""

    def __init__(self, lines: Lines, run: Run) -> None:
        self._lines = lines
        self._run = run

    def started(self, frame: Frame[Any]) -> None: ...

    def asked(self, command: Pending) -> None: ...

    def failed(self, frame: Frame[Any], event: AttemptFailed) -> None:
        self._lines.failed(self._run, event)

    def ended(self, frame: Frame[Any], outcome: Outcome) -> None: ...

    def restarted(self, machine: Course) -> None: ...


def display_for(*, quiet: bool) -> Display:
    """The display that fits: nothing when quiet, a tree for a terminal that can move its cursor, else lines."""
    if quiet:
        return Display()
    if is_terminal(sys.stderr) and _can_redraw():
        from kagzi_dsl.cli.tree import LiveTree  # rich, for those who see it

        return LiveTree(colour=colourful(sys.stderr))
    return Lines()


def _can_redraw() -> bool:
    return os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")
