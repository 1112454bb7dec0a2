"""absurd: its schema from absurdctl, workers that poll far more often than by default, with a few threads each."""

from __future__ import annotations

import time
from typing import Any

import absurdctl
import psycopg
from absurd_sdk import Absurd

from benchmarks.peers.adapters.dialogue import (
    RESULT,
    Task,
    answer,
    given,
    is_worker,
    percentile,
    serve_in_background,
    until,
    workers,
)

MODULE = "benchmarks.peers.adapters.with_absurd"
QUEUE = "bench"
SETTINGS: dict[str, Any] = {"concurrency": 4, "batch": None, "poll_s": 0.001}


def work(task: Task) -> None:
    """A worker, until its process ends."""
    settings = {**SETTINGS, **task.settings}
    app = Absurd(task.url, queue_name=QUEUE)

    @app.register_task("row")
    def row(params: dict[str, Any], ctx: Any) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for n in range(params["count"]):
            result = ctx.step(f"s{n}", lambda n=n: {**RESULT, "n": n})
        return result

    serve_in_background()
    app.start_worker(
        concurrency=settings["concurrency"], batch_size=settings["batch"], poll_interval=settings["poll_s"]
    )


class Measuring:
    """A client of a database that workers serve."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.connection = psycopg.connect(task.url, autocommit=True)
        self.connection.execute(absurdctl.BUNDLED_SCHEMA_SQL)
        self.app = Absurd(task.url, queue_name=QUEUE)
        self.app.create_queue(QUEUE)
        self.runs = self.steps = 0

    def seconds(self, runs: int) -> float:
        """From when all runs are in the queue at once, until all are over."""
        self.runs, self.steps = self.runs + runs, self.steps + runs * self.task.steps
        self.connection.execute("checkpoint")
        with self.connection.transaction():
            self.connection.execute(
                "select absurd.spawn_task(%s, 'row', jsonb_build_object('count', %s::integer))"
                " from generate_series(1, %s)",
                [QUEUE, self.task.steps, runs],
            )
            began = time.perf_counter()
        until(lambda: self.completed() == self.runs)
        return time.perf_counter() - began

    def completed(self) -> int:
        found = self.connection.execute(f"select count(*) from absurd.t_{QUEUE} where state = 'completed'").fetchone()
        assert found is not None
        return int(found[0])

    def one(self, count: int) -> float:
        """The seconds of one run."""
        self.runs, self.steps = self.runs + 1, self.steps + count
        began = time.perf_counter()
        spawned = self.app.spawn("row", {"count": count}, queue=QUEUE)
        until(lambda: self._is_done(spawned["task_id"]), every=0.001)
        return time.perf_counter() - began

    def _is_done(self, task_id: str) -> bool:
        found = self.app.fetch_task_result(task_id, queue_name=QUEUE)
        return found is not None and found.state == "completed"

    def latencies(self) -> list[float]:
        taken = []
        for _ in range(self.task.samples):
            taken.append(1_000 * self.one(1))
            time.sleep(0.02)
        return taken


def measure(task: Task) -> None:
    here = Measuring(task)
    rates: dict[int, list[float]] = {count: [] for count in task.workers}
    peaks: list[float] = []
    for count in rates:
        with workers(MODULE, task, count, peaks):
            here.seconds(max(10, task.runs // 10))
            rates[count] = [task.runs * task.steps / here.seconds(task.runs) for _ in range(task.rounds)]
    with workers(MODULE, task, 1, []):
        here.one(10)
        latencies = [here.latencies() for _ in range(task.rounds)]
        rows = [1_000 * here.one(task.row) / task.row for _ in range(task.rounds)]
    answer(
        {
            **{f"workers_{count}": ("steps/s", rates[count]) for count in rates},
            "sequence": ("ms a step", rows),
            "p50": ("ms", [percentile(times, 0.5) for times in latencies]),
            "p99": ("ms", [percentile(times, 0.99) for times in latencies]),
            "worker_memory": ("MB", peaks),
        },
        runs=here.runs,
        steps=here.steps,
    )


if __name__ == "__main__":
    if is_worker():
        work(given())
    measure(given())
