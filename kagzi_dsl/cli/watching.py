"""What `watch` does: show a run while others work on it, as a tree on a terminal, else entry by entry."""

from __future__ import annotations

import asyncio
import json
import sys
from uuid import UUID

from kagzi_dsl.cli.display import Display, display_for
from kagzi_dsl.cli.ending import report_end, tell_end
from kagzi_dsl.cli.exits import INTERRUPTED
from kagzi_dsl.cli.interrupts import Interrupted, interruptible
from kagzi_dsl.cli.listing import entry_line
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.mirror import Mirror
from kagzi_dsl.cli.open import with_client
from kagzi_dsl.cli.output import colourful, is_terminal, say, write_text
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.clock import Clock
from kagzi_dsl.runtime.following import run_of
from kagzi_dsl.runtime.starting import called_by
from kagzi_dsl.runtime.store.records import ENDED, Run, RunFilter
from kagzi_dsl.runtime.view import entry_as_json

_LOOK_S = 0.3
_MOST_CHILDREN = 200


def watch_run(manner: Manner, reference: str) -> int:
    """Watches, tells how the run ended, and gives the exit status."""
    drawn = is_terminal(sys.stdout) and not manner.as_json
    display = display_for(quiet=manner.quiet) if drawn else None

    async def work(client: Client) -> Run:
        run = await client.run(reference)
        if not manner.quiet:
            say(f"run {run.id}")
        if display is not None:
            return await interruptible(Watching(client, display, run).until_over())
        return await interruptible(_entry_by_entry(client, run.id, as_json=manner.as_json))

    try:
        run = with_client(manner.database, manner.namespace, work)
    except Interrupted:
        return INTERRUPTED
    return report_end(run, stdout=sys.stdout, manner=manner) if drawn else tell_end(run, manner)


async def _entry_by_entry(client: Client, run_id: UUID, *, as_json: bool) -> Run:
    colour = colourful(sys.stdout)
    async for entry in client.watch(run_id):
        as_text = json.dumps(entry_as_json(entry), ensure_ascii=False, separators=(",", ":")) if as_json else None
        write_text(as_text or entry_line(entry, colour=colour))
    return await run_of(client.store, run_id)


class Watching:
    """A run and its child runs on a display."""

    def __init__(self, client: Client, display: Display, run: Run) -> None:
        self._client = client
        self._display = display
        self._run = run
        self._mirrors = {run.id: Mirror(client, display, run)}

    async def until_over(self) -> Run:
        """Shows the run until it is over, and gives it as it is then."""
        clock = Clock(await self._client.store.now())
        children = bool(called_by(await self._client.library.workflow(self._run.digest)))
        async with self._display.shown(self._run, clock):
            while True:
                run = await run_of(self._client.store, self._run.id)
                await self._mirrors[run.id].catch_up()
                if children:
                    await self._look_at_children()
                if run.status in ENDED:
                    break
                await asyncio.sleep(_LOOK_S)
        self._display.ended(run)
        return run

    async def _look_at_children(self) -> None:
        """Catches up with the runs that were called, first those called first."""
        wanted = RunFilter(root_id=self._run.root_id, limit=_MOST_CHILDREN)
        for run in sorted(await self._client.list_runs(wanted), key=lambda run: run.created_at):
            if run.id not in self._mirrors and run.parent is not None and run.parent.run_id in self._mirrors:
                self._mirrors[run.id] = Mirror(self._client, self._display, run)
            if run.id in self._mirrors and run.id != self._run.id:
                await self._mirrors[run.id].catch_up()
