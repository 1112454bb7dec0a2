"""Durable steps a second through the queue, beside what pgbench does with one insert a transaction.

In each round pgbench, a bare loop and the worker take turns, in one process and in two, so that a machine that drifts
does so under all of them. The bare loop only claims runs and makes their steps durable, many in one commit: how much of
a figure is the machine's.
"""

from __future__ import annotations

from benchmarks.bare.measure import bare
from benchmarks.harness.bench import Bench, bench
from benchmarks.harness.documents import row
from benchmarks.harness.figure import Figures, figure, ratios
from benchmarks.harness.pgbench import inserts_a_second
from benchmarks.harness.stage import Stage
from kagzi_dsl.dsl.link import Linked

STEPS = 5


async def measure(stage: Stage, *, runs: int = 1_000, rounds: int = 5, seconds: int = 3) -> Figures:
    """Steps a second of `runs` runs of five steps that are started all at once."""
    floor: list[float] = []
    one: list[float] = []
    two: list[float] = []
    bare_one: list[float] = []
    bare_two: list[float] = []
    async with bench(stage, "queue") as here:
        for _ in range(rounds):
            floor.append(await inserts_a_second(stage, here.url, clients=16, seconds=seconds))
            bare_one.append(await _bare_steps_a_second(here, runs, processes=1))
            one.append(await _steps_a_second(here, row(STEPS), runs, workers=1))
            bare_two.append(await _bare_steps_a_second(here, runs, processes=2))
            two.append(await _steps_a_second(here, row(STEPS), runs, workers=2))
        await _check(here)
    return {
        "pgbench_16": figure("inserts/s", floor),
        "one_worker": figure("steps/s", one),
        "two_workers": figure("steps/s", two),
        "bare_one": figure("steps/s", bare_one),
        "bare_two": figure("steps/s", bare_two),
        "two_over_one": ratios("×", two, one),
        "bare_two_over_one": ratios("×", bare_two, bare_one),
        "one_over_bare": ratios("×", one, bare_one),
        "two_over_bare": ratios("×", two, bare_two),
        "one_over_pgbench": ratios("×", one, floor),
        "two_over_pgbench": ratios("×", two, floor),
    }


async def _steps_a_second(here: Bench, linked: Linked, runs: int, *, workers: int) -> float:
    async with here.workers(workers) as started:
        # What a worker does once (imports, statements, the definition) is not what is measured.
        await here.seconds(linked, max(10, runs // 5) * workers, workers=started)
        return STEPS * runs / await here.seconds(linked, runs, workers=started)


async def _bare_steps_a_second(here: Bench, runs: int, *, processes: int) -> float:
    async with bare(here.stage, processes) as loop:
        await loop.seconds(max(10, runs // 5) * processes, STEPS)
        return STEPS * runs / await loop.seconds(runs, STEPS)


async def _check(here: Bench) -> None:
    entries = await here.connection.fetchval("select count(*) from kagzi.journal where type = 'node_completed'")
    assert entries == STEPS * await here.completed(), "every step of every run is in the journal, once"
