"""Runs a killed worker left in the middle, taken up by another one, compared with as many runs from the beginning.

Both are timed by the database's clock, from the moment the worker is there until the last run has ended.
"""

from __future__ import annotations

from benchmarks.harness.activities import HOLD
from benchmarks.harness.bench import Bench, bench
from benchmarks.harness.documents import row
from benchmarks.harness.figure import Figures, figure, ratios
from benchmarks.harness.stage import Stage

WORKFLOW = row(5, s2="gate")


async def measure(stage: Stage, *, runs: int = 1_000, rounds: int = 5) -> Figures:
    """Seconds of `runs` fresh runs of five steps, and of as many that were killed in their third."""
    fresh: list[float] = []
    recovered: list[float] = []
    async with bench(stage, "recovery") as here:
        for _ in range(rounds):
            await here.store.start(await here.new_runs(WORKFLOW, runs))
            fresh.append(await _work_off(here))
            await _interrupt(here, runs)
            recovered.append(await _work_off(here))
    return {
        "fresh": figure("s", fresh),
        "recovered": figure("s", recovered),
        "recovered_over_fresh": ratios("×", recovered, fresh),
    }


async def _interrupt(here: Bench, runs: int) -> None:
    """Kills a worker when every run has done its first two steps and is in the third."""
    async with here.workers(1, **{HOLD: "1"}) as workers:
        await here.store.start(await here.new_runs(WORKFLOW, runs))
        done = "select from kagzi.queue join kagzi.journal using (run_id) where type = 'node_completed'"
        await here.until(f"count(*) = {2 * runs} from ({done}) done", workers=workers)
        workers[0].end(kill=True)


async def _work_off(here: Bench) -> float:
    """The seconds a new worker needs for what is in the queue."""
    await here.stage.settle()
    async with here.workers(1) as workers:
        await here.until("not exists (select from kagzi.queue)", workers=workers)
        began = await here.connection.fetchval(
            "select registered_at from kagzi.workers where pid = $1 order by registered_at desc limit 1", workers[0].pid
        )
    ended = await here.connection.fetchval("select max(finished_at) from kagzi.runs")
    return float(ended - began) / 1_000
