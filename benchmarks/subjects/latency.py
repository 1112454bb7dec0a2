"""From the start of a one-step run to its end being known, through the queue, with nothing else going on.

The client and the worker are two processes that only meet in the database. What an idle worker uses of a core tells
that it is not for ever looking. Beside them a bare loop, which only claims the run and makes its step durable.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.bare.measure import bare
from benchmarks.harness.bench import PAUSE_S, Bench, bench
from benchmarks.harness.documents import row
from benchmarks.harness.figure import Figures, figure, percentile, ratios
from benchmarks.harness.process import idle_cpu
from benchmarks.harness.stage import Stage


async def measure(stage: Stage, *, samples: int = 200, rounds: int = 5, idle_seconds: float = 3) -> Figures:
    """Milliseconds of the median and of the slowest in a hundred, and the CPU of the worker while it idles."""
    taken: list[list[float]] = []
    idle: list[float] = []
    bares: list[list[float]] = []
    async with bench(stage, "latency") as here, here.workers(1) as workers, bare(stage) as loop:
        await _sample(here, max(5, samples // 10))
        await loop.latencies(max(5, samples // 10))
        for _ in range(rounds):
            taken.append(await _sample(here, samples))
            bares.append(await loop.latencies(samples))
            idle.append(await idle_cpu(workers[0], idle_seconds))
    p50, bare_p50 = ([percentile(times, 0.5) for times in each] for each in (taken, bares))
    return {
        "p50": figure("ms", p50),
        "p99": figure("ms", [percentile(times, 0.99) for times in taken]),
        "bare_p50": figure("ms", bare_p50),
        "bare_p99": figure("ms", [percentile(times, 0.99) for times in bares]),
        "p50_over_bare": ratios("×", p50, bare_p50),
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
