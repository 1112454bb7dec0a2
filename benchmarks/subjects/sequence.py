"""One run of many steps in a row: what a step costs, and whether it costs the same in a long run as in a short one.

Beside it, an asyncpg that awaits one insert after another: what any engine pays that makes one step durable before the
next begins. And a bare loop, which only claims the run and makes its steps durable.
"""

from __future__ import annotations

import statistics
import time
from uuid import uuid4

from benchmarks.bare.measure import bare
from benchmarks.harness.bench import Bench, bench
from benchmarks.harness.documents import row
from benchmarks.harness.figure import Figures, figure, ratios
from benchmarks.harness.pgbench import RESULT, TABLE
from benchmarks.harness.stage import Stage

SHORT_RUNS = 3
"""Short runs in each round: one alone is over so soon that a hiccup of the machine would be all of it."""
INSERT = "insert into kagzi_floor values ($1, $2, $3)"


async def measure(stage: Stage, *, short: int = 1_000, long: int = 10_000, rounds: int = 5) -> Figures:
    """Milliseconds a step in runs of `short` and of `long` steps, by one worker process."""
    inserts: list[float] = []
    shorts: list[float] = []
    longs: list[float] = []
    bares: list[float] = []
    async with bench(stage, "sequence") as here, here.workers(1) as workers, bare(stage) as loop:
        short_row, long_row = row(short), row(long)
        for linked in (short_row, long_row):
            await here.seconds(linked, 1, workers=workers)
        await loop.seconds(1, short)
        for _ in range(rounds):
            inserts.append(await _ms_an_insert(here, short))
            some = [await here.seconds(short_row, 1, workers=workers) for _ in range(SHORT_RUNS)]
            shorts.append(1_000 * statistics.median(some) / short)
            bares.append(1_000 * statistics.median([await loop.seconds(1, short) for _ in range(SHORT_RUNS)]) / short)
            longs.append(1_000 * await here.seconds(long_row, 1, workers=workers) / long)
    return {
        "awaited_insert": figure("ms", inserts),
        "bare": figure("ms a step", bares),
        "short": figure("ms a step", shorts),
        "long": figure("ms a step", longs),
        "long_over_short": ratios("×", longs, shorts),
        "short_over_insert": ratios("×", shorts, inserts),
        "short_over_bare": ratios("×", shorts, bares),
    }


async def _ms_an_insert(here: Bench, count: int) -> float:
    await here.connection.execute(TABLE)
    await here.stage.settle()
    statement = await here.connection.prepare(INSERT)
    run_id = uuid4()
    began = time.perf_counter()
    for index in range(count):
        await statement.fetch(run_id, f"step-{index}", RESULT)
    return 1_000 * (time.perf_counter() - began) / count
