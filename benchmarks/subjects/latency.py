"""From the start of a one-step run to its end being known, through the queue, with nothing else going on.

The client and the worker are two processes that only meet in the database. What an idle worker uses of a core tells
that it is not for ever looking.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.harness.bench import Bench, bench
from benchmarks.harness.documents import row
from benchmarks.harness.figure import Figures, figure, percentile
from benchmarks.harness.process import idle_cpu
from benchmarks.harness.stage import Stage

PAUSE_S = 0.02


async def measure(stage: Stage, *, samples: int = 200, rounds: int = 5, idle_seconds: float = 3) -> Figures:
    """Milliseconds of the median and of the slowest in a hundred, and the CPU of the worker while it idles."""
    taken: list[list[float]] = []
    idle: list[float] = []
    async with bench(stage, "latency") as here, here.workers(1) as workers:
        await _sample(here, max(5, samples // 10))
        for _ in range(rounds):
            taken.append(await _sample(here, samples))
            idle.append(await idle_cpu(workers[0], idle_seconds))
    return {
        "p50": figure("ms", [percentile(times, 0.5) for times in taken]),
        "p99": figure("ms", [percentile(times, 0.99) for times in taken]),
        "idle_cpu": figure("% of a core", idle),
    }


async def _sample(here: Bench, count: int) -> list[float]:
    times: list[float] = []
    for _ in range(count):
        [new] = await here.new_runs(row(1), 1)
        began = time.perf_counter()
        await here.store.start([new])
        run = await here.client.wait(new.id)
        times.append(1_000 * (time.perf_counter() - began))
        assert run.status == "completed", run.failure
        await asyncio.sleep(PAUSE_S)
    return times
