"""Durable steps a second through the queue, beside what pgbench does with one insert a transaction.

In each round pgbench, one worker process and two worker processes take turns, so that a machine that drifts does so
under all of them.
"""

from __future__ import annotations

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
    async with bench(stage, "queue") as here:
        for _ in range(rounds):
            floor.append(await inserts_a_second(stage, here.url, clients=16, seconds=seconds))
            one.append(await _steps_a_second(here, row(STEPS), runs, workers=1))
            two.append(await _steps_a_second(here, row(STEPS), runs, workers=2))
        await _check(here)
    return {
        "pgbench_16": figure("inserts/s", floor),
        "one_worker": figure("steps/s", one),
        "two_workers": figure("steps/s", two),
        "two_over_one": ratios("×", two, one),
        "one_over_pgbench": ratios("×", one, floor),
        "two_over_pgbench": ratios("×", two, floor),
    }


async def _steps_a_second(here: Bench, linked: Linked, runs: int, *, workers: int) -> float:
    async with here.workers(workers) as started:
        # What a worker does once (imports, statements, the definition) is not what is measured.
        await here.seconds(linked, max(10, runs // 5) * workers, workers=started)
        return STEPS * runs / await here.seconds(linked, runs, workers=started)


async def _check(here: Bench) -> None:
    entries = await here.connection.fetchval("select count(*) from kagzi.journal where type = 'node_completed'")
    assert entries == STEPS * await here.completed(), "every step of every run is in the journal, once"
