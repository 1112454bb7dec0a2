"""Claiming: when an engine asks for runs, and which.

It asks when a hint says that something is ready, when a run it parked is due, and at every poll, which finds whatever a
lost hint would have told. Sweeping up after the dead is part of it; no process is special.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from typing import TYPE_CHECKING
from uuid import UUID

from kagzi_dsl.runtime import host
from kagzi_dsl.runtime.store.protocol import Store

if TYPE_CHECKING:
    from kagzi_dsl.runtime.engine import Engine

BATCH = 100
"""The most runs one claim takes: fewer than are started at a time, so that several workers share them."""


class Claiming:
    """The claim loop of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._due: list[int] = []
        self._wake = asyncio.Event()
        self._asked = False
        self._hinted = False

    def wake(self) -> None:
        """Looks for runs to claim now instead of at the next poll."""
        self._asked = True
        self._wake.set()

    def hint(self) -> None:
        """The same for what has just become ready, and nothing else."""
        self._hinted = True
        self._wake.set()

    def due_at(self, due: int) -> None:
        """Looks for runs to claim when this moment (ms) has come."""
        heapq.heappush(self._due, due)
        self._wake.set()

    async def run(self) -> None:
        """Claims for ever."""
        loop = asyncio.get_running_loop()
        next_poll = loop.time()
        while True:
            polling = loop.time() >= next_poll
            if polling:
                await bury_the_dead(self._engine.store)
                next_poll = loop.time() + self._engine.settings.poll
            everything = polling or self._something_due() or self._asked
            if everything or self._hinted:
                self._asked = self._hinted = False
                while await self._claim_some(look=polling, hinted=not everything):
                    pass
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause(next_poll - loop.time())):
                    await self._wake.wait()
            self._wake.clear()

    def _something_due(self) -> bool:
        due = False
        while self._due and self._due[0] <= self._engine.clock.now():
            heapq.heappop(self._due)
            due = True
        return due

    def _pause(self, until_poll: float) -> float:
        engine = self._engine
        until_due = engine.clock.seconds_until(self._due[0]) + engine.settings.margin if self._due else until_poll
        return max(0.0, min(until_poll, until_due))

    async def _claim_some(self, *, look: bool, hinted: bool) -> bool:
        """Claims a batch; whether there may be more.

        Definitions that are new here are looked for when nothing was found, and when `look` says so: a claim that a
        hint led to something needs no second question.
        """
        engine = self._engine
        limit = min(BATCH, self.room())
        if limit <= 0 or engine.draining or (engine.roots is not None and not engine.roots):
            return False
        share = engine.offer.share() if engine.offer is not None else None
        claimed = await engine.store.claim(
            engine.worker_id, limit=limit, root_ids=engine.roots, share=share, hinted=hinted
        )
        for one in claimed:
            await engine.adopt(one)
        if len(claimed) == limit:
            return True
        return engine.offer is not None and (look or not claimed) and await engine.offer.look()

    def room(self) -> int:
        """How many more runs the engine takes."""
        return self._engine.settings.max_runs - len(self._engine.live)

    async def claim(self, run_id: UUID) -> bool:
        """Takes over one run now, if nobody alive owns it."""
        await bury_the_dead(self._engine.store)
        claimed = await self._engine.store.claim(self._engine.worker_id, limit=1, run_ids=[run_id])
        for one in claimed:
            await self._engine.adopt(one)
        return bool(claimed)


async def bury_the_dead(store: Store) -> None:
    """Ends the leases of workers of this machine whose process is gone, so that nobody waits for their end."""
    gone = [
        worker.id
        for worker in await store.workers()
        if host.is_gone(host.Process(worker.host, worker.boot_id, worker.pid, worker.started))
    ]
    if gone:
        await store.retire(gone)
