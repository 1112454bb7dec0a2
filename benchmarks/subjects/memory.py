"""What a worker has in memory while many runs are live in it: each has done a step and is in the middle of the next."""

from __future__ import annotations

from benchmarks.harness.activities import HOLD
from benchmarks.harness.bench import Bench, bench
from benchmarks.harness.documents import row
from benchmarks.harness.figure import Figures, figure
from benchmarks.harness.process import Memory
from benchmarks.harness.stage import Stage


async def measure(stage: Stage, *, runs: int = 1_000, rounds: int = 3) -> Figures:
    """RSS and PSS (shared pages divided among their users) of the worker, idle and with `runs` live runs."""
    async with bench(stage, "memory") as here:
        taken = [await _idle_and_live(here, runs) for _ in range(rounds)]
    return {
        "idle_rss": figure("MB", [idle.rss for idle, _ in taken]),
        "live_rss": figure("MB", [live.rss for _, live in taken]),
        "live_pss": figure("MB", [live.pss for _, live in taken]),
        "per_run": figure("KB a run", [1_000 * (live.rss - idle.rss) / runs for idle, live in taken]),
    }


async def _idle_and_live(here: Bench, runs: int) -> tuple[Memory, Memory]:
    async with here.workers(1, **{HOLD: "1"}) as workers:
        [worker] = workers
        await here.seconds(row(1), 1, workers=workers)
        idle = worker.memory()
        await here.store.start(await here.new_runs(row(5, s1="gate"), runs))
        # A run whose first step is in the journal is in its second, which does not end.
        begun = "select run_id from kagzi.queue join kagzi.journal using (run_id) where type = 'node_completed'"
        await here.until(f"count(*) = {runs} from ({begun}) begun", workers=workers)
        live = worker.memory()
        worker.end(kill=True)
    await here.connection.execute("truncate kagzi.queue")
    return idle, live
