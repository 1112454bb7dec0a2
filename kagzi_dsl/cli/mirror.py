"""A run's journal fed to a display as it grows."""

from __future__ import annotations

from kagzi_dsl.cli.display import Display
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.machine import Machine
from kagzi_dsl.runtime.following import run_of
from kagzi_dsl.runtime.store.records import Run
from kagzi_dsl.runtime.view import facts_of


class Mirror:
    """Shows one run as its journal has it."""

    def __init__(self, client: Client, display: Display, run: Run) -> None:
        self._client = client
        self._display = display
        self._run = run
        self._entries: list[Entry] = []
        self._machine: Machine | None = None

    async def catch_up(self) -> None:
        """Shows what has happened since the last time."""
        seen = self._entries[-1].seq if self._entries else -1
        new = await self._client.store.journal(self._run.id, after=seen)
        if not new:
            return
        self._entries += new
        # A run that was taken up again took something back: it is shown anew from its beginning.
        if any(entry.type is EntryType.RUN_MIGRATED for entry in new):
            self._run, self._machine = await run_of(self._client.store, self._run.id), None
        if self._machine is None or any(entry.type is EntryType.RUN_RETRIED for entry in self._entries):
            self._machine, new = await self._fresh(), self._entries
        self._machine.replay(new)

    async def _fresh(self) -> Machine:
        workflow = await self._client.library.workflow(self._run.digest)
        return Machine(workflow, facts_of(self._run), limit_bytes=2**62, watcher=self._display.watch(self._run))
