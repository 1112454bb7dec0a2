"""DBOS Transact: queues polled far more often than by default, a larger pool, logging off."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

import psycopg
import sqlalchemy
from dbos import DBOS, DBOSClient, DBOSConfig

from benchmarks.peers.adapters.dialogue import (
    RESULT,
    Task,
    answer,
    given,
    is_worker,
    percentile,
    serve_until_told,
    until,
    workers,
)

MODULE = "benchmarks.peers.adapters.with_dbos"
QUEUE = "bench"
SETTINGS: dict[str, Any] = {"pool": 20, "poll_s": 0.001, "worker_concurrency": 20, "sync": True}
IDLE_S = 2.5
"""The manager of queues looks for new ones once a second."""


@DBOS.step()
async def step(n: int) -> dict[str, Any]:
    return {**RESULT, "n": n}


@DBOS.step()
def sync_step(n: int) -> dict[str, Any]:
    return {**RESULT, "n": n}


@DBOS.workflow()
async def row(count: int) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for n in range(count):
        result = await step(n)
    return result


@DBOS.workflow()
def sync_row(count: int) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for n in range(count):
        result = sync_step(n)
    return result


@DBOS.workflow()
async def fan(count: int) -> int:
    return len(await asyncio.gather(*(step(n) for n in range(count))))


def address(task: Task) -> str:
    return task.url.replace("postgresql://", "postgresql+psycopg://")


def launch(task: Task, queues: list[str]) -> None:
    settings = {**SETTINGS, **task.settings}
    DBOS(
        config=DBOSConfig(
            name="bench",
            system_database_url=address(task),
            sys_db_pool_size=settings["pool"],
            log_level="ERROR",
            application_version="v1",
            executor_id=str(uuid4()),
        )
    )
    DBOS.listen_queues(queues)
    DBOS.launch()
    DBOS.register_queue(
        QUEUE, polling_interval_sec=settings["poll_s"], worker_concurrency=settings["worker_concurrency"]
    )


class Measuring:
    """A client of a database that workers serve."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.workflow = "sync_row" if {**SETTINGS, **task.settings}["sync"] else "row"
        self.client = DBOSClient(system_database_url=address(task))
        self.engine = sqlalchemy.create_engine(address(task))
        self.connection = psycopg.connect(task.url, autocommit=True)
        self.runs = self.steps = 0

    def seconds(self, runs: int) -> float:
        """From when all runs are in the queue at once, until all are over."""
        options = {"workflow_name": self.workflow, "queue_name": QUEUE, "app_version": "v1"}
        self.runs, self.steps = self.runs + runs, self.steps + runs * self.task.steps
        self.connection.execute("checkpoint")
        with self.engine.connect() as connection:
            for _ in range(runs):
                self.client.enqueue_in_transaction(connection, options, self.task.steps)
            began = time.perf_counter()
            connection.commit()
        until(lambda: self.completed() == self.runs)
        return time.perf_counter() - began

    def completed(self) -> int:
        query = "select count(*) from dbos.workflow_status where status = 'SUCCESS' and queue_name = %s"
        found = self.connection.execute(query, [QUEUE]).fetchone()
        assert found is not None
        return int(found[0])

    def one(self, workflow: str, count: int) -> float:
        """The seconds of one run."""
        self.runs, self.steps = self.runs + 1, self.steps + count
        began = time.perf_counter()
        handle: Any = self.client.enqueue({"workflow_name": workflow, "queue_name": QUEUE, "app_version": "v1"}, count)
        handle.get_result(polling_interval_sec=0.001)
        return time.perf_counter() - began

    def latencies(self) -> list[float]:
        taken = []
        for _ in range(self.task.samples):
            taken.append(1_000 * self.one(self.workflow, 1))
            time.sleep(0.02)
        return taken


def measure(task: Task) -> None:
    # Once here, so that the schema and the queue are there when workers come.
    launch(task, [])
    here = Measuring(task)
    rates: dict[int, list[float]] = {count: [] for count in task.workers}
    peaks: list[float] = []
    for count in rates:
        with workers(MODULE, task, count, peaks):
            time.sleep(IDLE_S)
            here.seconds(max(10, task.runs // 10))
            rates[count] = [task.runs * task.steps / here.seconds(task.runs) for _ in range(task.rounds)]
    with workers(MODULE, task, 1, []):
        time.sleep(IDLE_S)
        here.one(here.workflow, 10)
        latencies = [here.latencies() for _ in range(task.rounds)]
        rows = [1_000 * here.one(here.workflow, task.row) / task.row for _ in range(task.rounds)]
        fans = [here.one("fan", task.width) for _ in range(task.rounds)]
    answer(
        {
            **{f"workers_{count}": ("steps/s", rates[count]) for count in rates},
            "sequence": ("ms a step", rows),
            "parallel": ("s", fans),
            "p50": ("ms", [percentile(times, 0.5) for times in latencies]),
            "p99": ("ms", [percentile(times, 0.99) for times in latencies]),
            "worker_memory": ("MB", peaks),
        },
        runs=here.runs,
        steps=here.steps,
    )


if __name__ == "__main__":
    if is_worker():
        launch(given(), [QUEUE])
        serve_until_told()
    measure(given())
