"""Runs that are an engine's by the database and live nowhere: whatever went wrong, they must not wait for its end.

That a run is claimed and not live yet, or let go of and not written yet, lasts for moments. So a stray is what was
found twice, by the same fence, at looks that lie apart. It is handed back as it stands; should it be on its way here
all the same, the fence refuses whatever that would write.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING
from uuid import UUID

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.store.records import Parked, Write

if TYPE_CHECKING:
    from kagzi_dsl.runtime.engine import Engine

log = logging.getLogger("kagzi_dsl.engine")


class Strays:
    """Looks for the strays of one engine, as often as that renews its lease."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._suspected: set[tuple[UUID, int]] = set()

    async def run(self) -> None:
        """Looks for ever."""
        while True:
            await asyncio.sleep(self._engine.settings.lease_ms / 3_000)
            with contextlib.suppress(DatabaseUnavailable):
                await self.look()

    async def look(self) -> None:
        """Hands back what was suspected at the last look and still is."""
        engine = self._engine
        held = await engine.store.fences(engine.worker_id)
        found = {(run_id, fence) for run_id, fence in held.items() if not self._is_live(run_id, fence)}
        for run_id, fence in found & self._suspected:
            log.warning("the run was held and not worked on; it is handed back", extra={"run_id": str(run_id)})
            leave = Parked("pending", engine.clock.now(), messages_seen=0)
            engine.writer.put(Write(run_id=run_id, fence=fence, leave=leave), lambda refused: None)
        self._suspected = found

    def _is_live(self, run_id: UUID, fence: int) -> bool:
        live = self._engine.live.get(run_id)
        return live is not None and live.run.fence == fence
