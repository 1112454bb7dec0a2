"""Processes that are measured: the command line in one of its own, workers, and what they use of the machine."""

from __future__ import annotations

import asyncio
import compileall
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

import kagzi_dsl

COMMAND = [sys.executable, "-m", "kagzi_dsl"]
ACTIVITIES = Path(__file__).with_name("activities.py")
QUEUE = "bench"
_START_S = 60.0


def environment(**added: str) -> dict[str, str]:
    """Our environment without settings of the package, which is the one that is imported here.

    Python may keep what it compiles, as where a package is installed: `compiled` has seen to ours.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAGZI_", "PYTHONDONTWRITE"))}
    path = os.pathsep.join(filter(None, [str(Path(kagzi_dsl.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
    return {**kept, "PYTHONPATH": path, "NO_COLOR": "1", **added}


def compiled() -> None:
    """Compiles the package, as its installation would have."""
    compileall.compile_dir(Path(kagzi_dsl.__file__).parent, quiet=1)


def wall(command: Sequence[str | Path], *, cwd: Path | None = None, **added: str) -> float:
    """The seconds a command takes from its start to its end. Raises CalledProcessError when it fails."""
    began = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, env=environment(**added), capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, list(map(str, command)), done.stdout, done.stderr)
    return took


@dataclass(frozen=True, slots=True)
class Memory:
    """What a process has in memory, in MB: `rss` all of it, `pss` with shared pages divided among their users."""

    rss: float
    pss: float
    peak: float


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """A `kagzi-dsl worker` that takes up runs."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def check(self) -> None:
        """Raises RuntimeError with its last words when it has ended by itself."""
        if self.process.poll() is not None:
            raise RuntimeError(f"a worker ended by itself ({self.process.returncode}): {self.log.read_text()[-2_000:]}")

    def memory(self) -> Memory:
        """What it has in memory now, and at most so far."""
        told = psutil.Process(self.pid).memory_full_info()
        return Memory(told.rss / 1e6, getattr(told, "pss", told.rss) / 1e6, _peak(self.pid) or told.rss / 1e6)

    def cpu(self) -> float:
        """The CPU seconds it has used, in user code and in the kernel."""
        used = psutil.Process(self.pid).cpu_times()
        return float(used.user + used.system)

    def end(self, *, kill: bool = False) -> None:
        """Ends it: as a supervisor would, or as a power cut would."""
        if self.process.poll() is None:
            (self.process.kill if kill else self.process.terminate)()
        self.process.wait(_START_S)


def start_worker(url: str, scratch: Path, *options: str, **added: str) -> WorkerProcess:
    """Starts a worker with the activities of the benchmarks; it is not there yet (see `registered`)."""
    log = scratch / f"worker-{time.monotonic_ns()}.log"
    command = [*COMMAND, "worker", "--queue", QUEUE, "--activities", str(ACTIVITIES), "--db", url, *options]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=scratch, env=environment(**added), stdin=subprocess.DEVNULL, stdout=file, stderr=file
        )
    return WorkerProcess(process, log)


async def idle_cpu(worker: WorkerProcess, seconds: float) -> float:
    """The share of one core, in per cent, that a worker uses while it is left alone for so long."""
    before, began = worker.cpu(), time.perf_counter()
    await asyncio.sleep(seconds)
    return 100 * (worker.cpu() - before) / (time.perf_counter() - began)


def _peak(pid: int) -> float | None:
    """The most a process ever had in memory (MB), where the kernel tells."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1_024 / 1e6 for line in lines if line.startswith("VmHWM:")), None)
