"""What it costs to take up runs from a database that holds a great many, compared with one that holds none.

Two databases on one server: in the full one lie finished runs and pending ones, copied from runs a worker really did.
Claims of both take turns, through the store and with the statements a worker uses. `look` is what an idle worker does
at each poll: a claim that finds nothing, and the question which workflows there are.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from benchmarks.harness.bench import Bench, bench
from benchmarks.harness.clone import clone
from benchmarks.harness.documents import row
from benchmarks.harness.figure import Figures, figure, ratios
from benchmarks.harness.process import QUEUE
from benchmarks.harness.stage import Stage
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.records import Claimed, Ended, NewWorker, Share, Write

BATCH = 200
"""What a worker claims at a time."""
HOUR_MS = 3_600_000
WORKFLOW = row(1)
Timed = Callable[["Desk", int], Awaitable[float]]


class Desk:
    """A registered worker's view of one database, without the worker."""

    def __init__(self, here: Bench) -> None:
        self.here = here
        self.worker_id = uuid7()
        self.digest = WORKFLOW.digests[WORKFLOW.root.name]

    async def open(self) -> None:
        """Registers, for longer than all of this takes."""
        nowhere: dict[str, Any] = {"host": "desk", "boot_id": "", "pid": 0, "started": ""}
        await self.here.store.register(NewWorker(id=self.worker_id, name="", version="", lease_ms=HOUR_MS, **nowhere))

    async def claim(self, limit: int) -> float:
        """Milliseconds for a claim of so many runs, of which there are enough."""
        await self.here.store.start(await self.here.new_runs(WORKFLOW, limit))
        began = time.perf_counter()
        claimed = await self.here.store.claim(self.worker_id, limit=limit, share=self._share(QUEUE))
        took = time.perf_counter() - began
        assert len(claimed) == limit
        await self._finish(claimed)
        return 1_000 * took

    async def look(self, limit: int) -> float:
        """Milliseconds to find that there is nothing to do."""
        began = time.perf_counter()
        assert not await self.here.store.claim(self.worker_id, limit=limit, share=self._share("nothing-here"))
        await self.here.store.digests("default", ["nothing-here"])
        return 1_000 * (time.perf_counter() - began)

    def _share(self, queue: str) -> Share:
        return Share(namespace="default", queues=(queue,), digests=(self.digest,))

    async def _finish(self, claimed: list[Claimed]) -> None:
        now = await self.here.store.now()
        ended = Ended(status="completed", at=now, output="null")
        await self.here.store.commit(
            self.worker_id, [Write(run_id=one.run.id, fence=one.run.fence, leave=ended) for one in claimed]
        )


async def measure(
    stage: Stage, *, finished: int = 1_000_000, pending: int = 100_000, claims: int = 20, rounds: int = 5
) -> Figures:
    """Milliseconds a claim in both databases, and the ratio, for one run, for a batch of 200, and for none."""
    async with bench(stage, "claims_full") as full, bench(stage, "claims_empty") as empty:
        await _fill(full, finished, pending)
        desks = Desk(full), Desk(empty)
        for desk in desks:
            await desk.open()
        figures: Figures = {}
        for name, timed, limit in (("one", Desk.claim, 1), ("batch", Desk.claim, BATCH), ("look", Desk.look, BATCH)):
            figures |= await _compare(name, timed, desks, limit, claims, rounds)
        return figures


async def _fill(full: Bench, finished: int, pending: int) -> None:
    async with full.workers(1) as workers:
        await full.seconds(WORKFLOW, 1, workers=workers)
    done: UUID = await full.connection.fetchval("select id from kagzi.runs")
    await clone(full.connection, done, finished)
    [waiting] = await full.new_runs(WORKFLOW, 1)
    await full.store.start([waiting])
    await clone(full.connection, waiting.id, pending)
    await full.stage.settle()


async def _compare(name: str, timed: Timed, desks: tuple[Desk, Desk], limit: int, claims: int, rounds: int) -> Figures:
    taken: tuple[list[float], list[float]] = ([], [])
    # Often enough first for statements to be planned once and for all.
    for count, kept in [(claims, False), *[(claims, True)] * rounds]:
        some: tuple[list[float], list[float]] = ([], [])
        for _ in range(count):
            for desk, times in zip(desks, some, strict=True):
                times.append(await timed(desk, limit))
        for times, medians in zip(some, taken, strict=True):
            medians.extend([statistics.median(times)] if kept else [])
    full, empty = taken
    return {
        f"{name}_full": figure("ms", full),
        f"{name}_empty": figure("ms", empty),
        f"{name}_full_over_empty": ratios("×", full, empty),
    }
