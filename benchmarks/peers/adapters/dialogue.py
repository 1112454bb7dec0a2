"""How an adapter is talked to: a task as JSON on its command line, its figures as JSON in its last line.

Workers are the same module started with `worker` in front. They print a line when they are up, and when a line is sent
to them they print what they had in memory at most, and end.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

LOOK_S = 0.01
"""How often it is looked whether all runs are over, as for the figures these are compared with."""
DEADLINE_S = 300.0
RESULT = {"ok": True, "value": "some small result"}


@dataclass(frozen=True)
class Task:
    """A database, how much is to be done on it, and what of the peer is set."""

    url: str
    runs: int
    steps: int
    row: int
    width: int
    samples: int
    rounds: int
    workers: list[int]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As it is handed on to a worker."""
        return json.dumps(self.__dict__)


def given() -> Task:
    """The task on the command line."""
    return Task(**json.loads(sys.argv[-1]))


def is_worker() -> bool:
    """Whether this process is one of the workers."""
    return sys.argv[1] == "worker"


def answer(figures: dict[str, tuple[str, list[float]]], *, runs: int, steps: int) -> None:
    """Prints the figures, and how many runs and steps should be found completed; ends the process, threads or not."""
    told = {name: {"unit": unit, "rounds": rounds} for name, (unit, rounds) in figures.items()}
    print(json.dumps({"figures": told, "runs": runs, "steps": steps}), flush=True)
    os._exit(0)


def serve_until_told() -> None:
    """Says that this worker is up, waits for its end, and tells what it had in memory at most (MB)."""
    print("ready", flush=True)
    sys.stdin.readline()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024 / 1e6, flush=True)
    os._exit(0)


def serve_in_background() -> None:
    """The same beside what keeps the main thread busy."""
    threading.Thread(target=serve_until_told, daemon=True).start()


@contextmanager
def workers(module: str, task: Task, count: int, peaks: list[float]) -> Iterator[None]:
    """So many worker processes; what each had in memory at most is added to `peaks`."""
    command = [sys.executable, "-m", module, "worker", task.text]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
    ]
    try:
        for process in started:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError("a worker did not start")
        yield
        for process in started:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write("\n")
            process.stdin.flush()
            peaks.append(float(process.stdout.readline()))
    finally:
        for process in started:
            process.kill()
            process.wait()


def until(is_true: Callable[[], bool], every: float = LOOK_S) -> None:
    """Waits until something holds. Raises TimeoutError."""
    deadline = time.monotonic() + DEADLINE_S
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError("the peer did not finish")
        time.sleep(every)


def percentile(values: list[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(share * (len(ranked) - 1)))]
