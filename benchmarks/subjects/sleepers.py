"""A great many sleeping runs: what a worker and the server use while none is due, and how fast they wake when some are.

The runs are copies of one that a worker really put to sleep. Most sleep on; the rest are due at one moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from uuid import UUID

import psutil

from benchmarks.harness.bench import Bench, bench
from benchmarks.harness.clone import clone
from benchmarks.harness.documents import linked
from benchmarks.harness.figure import Figures, figure
from benchmarks.harness.process import WorkerProcess
from benchmarks.harness.stage import Stage

HOUR_MS = 3_600_000
SOON_MS = 5_000
"""How long at least it is until runs are due that are about to be added."""
NAP = linked("nap", sleep="1h")


async def measure(
    stage: Stage, *, sleeping: int = 100_000, waking: int = 10_000, rounds: int = 3, idle_seconds: float = 10
) -> Figures:
    """CPU while all sleep, and runs a second from the moment they are due until the last has ended."""
    idle: list[float] = []
    server: list[float] = []
    rates: list[float] = []
    async with bench(stage, "sleepers") as here, here.workers(1) as workers:
        [nap] = await here.new_runs(NAP, 1)
        await here.store.start([nap])
        await here.until("exists (select from kagzi.queue where status = 'sleeping')", workers=workers)
        await clone(here.connection, nap.id, sleeping, later_ms=HOUR_MS)
        for _ in range(rounds):
            worker_cpu, server_cpu = await _idle(here, workers[0], idle_seconds)
            idle.append(worker_cpu)
            server.append(server_cpu)
            rates.append(await _wake(here, nap.id, waking, workers))
    figures = {"idle_cpu": figure("% of a core", idle), "waking": figure("runs/s", rates)}
    return figures if any(map(math.isnan, server)) else {**figures, "idle_server_cpu": figure("% of a core", server)}


async def _idle(here: Bench, worker: WorkerProcess, seconds: float) -> tuple[float, float]:
    await here.stage.settle()
    pid = await here.connection.fetchval("select pg_backend_pid()")
    before, server, began = worker.cpu(), _server_cpu(pid), time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    return 100 * (worker.cpu() - before) / took, 100 * (_server_cpu(pid) - server) / took


async def _wake(here: Bench, nap: UUID, waking: int, workers: list[WorkerProcess]) -> float:
    """Adds runs that are all due at one moment soon, and waits until they have ended."""
    done = await here.completed()
    sleeps_until, now = await here.connection.fetchrow(
        "select available_at, kagzi.clock() from kagzi.queue where run_id = $1", nap
    )
    due = now + SOON_MS + waking
    await clone(here.connection, nap, waking, later_ms=due - sleeps_until)
    assert await here.store.now() < due, "this machine is too slow to add them before they are due"
    over = f"count(*) = {done + waking} from kagzi.runs where status = 'completed'"
    await here.until(over, workers=workers, every=0.1)
    ended = await here.connection.fetchval("select max(finished_at) from kagzi.runs")
    return float(1_000 * waking / (ended - due))


def _server_cpu(pid: int) -> float:
    """The CPU seconds all processes of the server have used, of which `pid` is one; nothing, if it is not here."""
    try:
        backend = psutil.Process(pid)
        server = backend.parent() if backend.name() == "postgres" else None
    except psutil.NoSuchProcess:
        server = None
    if server is None:
        return math.nan
    used = 0.0
    for process in (server, *server.children()):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            used += times.user + times.system
    return used
