"""The live tree: a run's nodes on the terminal while they start, wait, fail and end; at the end it stays there."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.live import Live
from rich.text import Text

from kagzi_dsl.cli.display import Display
from kagzi_dsl.cli.nodeline import knows_symbols, pieces_of
from kagzi_dsl.cli.outline import Outline, Row
from kagzi_dsl.cli.output import clean, say
from kagzi_dsl.cli.words import COLOURS, counted, took
from kagzi_dsl.runtime.clock import Clock
from kagzi_dsl.runtime.core.commands import Pending
from kagzi_dsl.runtime.core.course import Course
from kagzi_dsl.runtime.core.events import AttemptFailed
from kagzi_dsl.runtime.core.frame import Frame
from kagzi_dsl.runtime.core.outcome import Outcome
from kagzi_dsl.runtime.core.watcher import Watcher
from kagzi_dsl.runtime.store.records import Run
from kagzi_dsl.runtime.view import NodeView, NodeViews

_FRAMES_PER_SECOND = 10
_LEAST_ROWS = 5
_MOST_ROWS_AT_THE_END = 60


class LiveTree(Display):
    """Draws the outline of a run, those of its child runs grafted in, no taller than the screen."""

    def __init__(self, *, colour: bool) -> None:
        self._console = Console(file=sys.stderr, no_color=not colour, highlight=False, markup=False, emoji=False)
        self._symbols = knows_symbols(sys.stderr)
        self._watched: dict[UUID, _Watched] = {}
        self._root: Run | None = None
        self._clock: Clock | None = None

    def watch(self, run: Run) -> Watcher | None:
        watched = self._watched[run.id] = _Watched()
        above = self._watched.get(run.parent.run_id) if run.parent else None
        if above is not None and run.parent is not None:
            above.outline.grafts[run.parent.path] = watched.outline
        for other, path in self._children_of(run):
            watched.outline.grafts[path] = other.outline
        watched.run = run
        return watched

    def _children_of(self, run: Run) -> list[tuple[_Watched, str]]:
        """The watched child runs, for a run that is taken up again after them."""
        found = ((one, one.run.parent) for one in self._watched.values() if one.run is not None)
        return [(one, parent.path) for one, parent in found if parent is not None and parent.run_id == run.id]

    def note(self, text: str, *, fg: str | None = None) -> None:
        say(text, fg=fg)

    @contextlib.asynccontextmanager
    async def shown(self, run: Run, clock: Clock) -> AsyncIterator[None]:
        self._root, self._clock = run, clock
        live = Live(console=self._console, auto_refresh=False, transient=True, vertical_overflow="crop")
        with live:
            drawing = asyncio.get_running_loop().create_task(self._draw_for_ever(live))
            try:
                yield
            finally:
                drawing.cancel()
                await asyncio.gather(drawing, return_exceptions=True)
        self._console.print(self._picture(_MOST_ROWS_AT_THE_END, now=None), soft_wrap=False)

    async def _draw_for_ever(self, live: Live) -> None:
        while True:
            assert self._clock is not None
            rows = max(_LEAST_ROWS, self._console.size.height - 2)
            live.update(self._picture(rows, now=self._clock.now()), refresh=True)
            await asyncio.sleep(1 / _FRAMES_PER_SECOND)

    def _picture(self, rows: int, *, now: int | None) -> Text:
        assert self._root is not None
        watched = self._watched.get(self._root.id)
        picture = Text(no_wrap=True, overflow="ellipsis", end="")
        picture.append_text(self._headline(watched, now))
        for row in watched.outline.rows(rows) if watched else ():
            picture.append("\n")
            self._append(picture, row, now)
        return picture

    def _headline(self, watched: _Watched | None, now: int | None) -> Text:
        assert self._root is not None
        line = Text()
        line.append(self._root.workflow, style="bold")
        if self._root.version:
            line.append(f" {clean(self._root.version)}", style="dim")
        machine = watched.machine if watched else None
        if watched is None or machine is None:
            return line
        status = machine.over.status if machine.over is not None else "paused" if machine.paused else "running"
        line.append(f" {status}", style=COLOURS[status])
        if machine.attempt > 1:
            line.append(f" attempt {machine.attempt}", style="yellow")
        end = machine.over.at if machine.over is not None else now
        if end is not None and machine.started_at is not None:
            line.append(f" {took(end - machine.started_at)}", style="dim")
        if len(watched.nodes) > 1:
            line.append(f", {counted(len(watched.nodes), 'node')}", style="dim")
        return line

    def _append(self, picture: Text, row: Row, now: int | None) -> None:
        due = self._due(row.node) if row.node is not None else None
        for text, style in pieces_of(row, now=now, due=due, symbols=self._symbols):
            picture.append(clean(text), style=style or None)

    def _due(self, node: NodeView) -> int | None:
        owner = next((one for one in self._watched.values() if one.nodes.get(node.path) is node), None)
        return owner.due_of(node) if owner is not None else None


class _Watched(NodeViews):
    """The nodes of one run, and their outline, kept in step."""

    def __init__(self) -> None:
        super().__init__()
        self.outline = Outline()
        self.run: Run | None = None

    def started(self, frame: Frame[Any]) -> None:
        super().started(frame)
        self.outline.put(self.nodes[frame.path])

    def asked(self, command: Pending) -> None:
        super().asked(command)
        self.outline.put(self.nodes[command.path])

    def failed(self, frame: Frame[Any], event: AttemptFailed) -> None:
        super().failed(frame, event)
        self.outline.put(self.nodes[frame.path])

    def ended(self, frame: Frame[Any], outcome: Outcome) -> None:
        super().ended(frame, outcome)
        self.outline.put(self.nodes[frame.path])

    def restarted(self, machine: Course) -> None:
        super().restarted(machine)
        self.outline.clear()
