"""`kagzi-dsl worker --flows`: which activities of a folder of workflows a worker needs, by real processes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import kagzi, start_kagzi
from patience import PATIENCE

FILM = """
workflow: film
queue: orders
activities: [./orders.py, ./render.py]
seq:
  - {id: title, call: title}
  - {id: picture, activity: render, queue: gpu, with: {name: "${ steps.title }"}}
"""
TITLE = """
workflow: title
activities: ./orders.py
activity: choose
"""
# Each can be imported only where what it needs is installed: in the folder of the process, here.
ORDERS = """
import os
from pathlib import Path
from kagzi_dsl import activity

if not Path("shop").exists():
    raise ImportError("there is no shop here")

@activity
def choose() -> str:
    return f"alps by {os.getpid()}"
"""
RENDER = """
import os
from pathlib import Path
from kagzi_dsl import activity

if not Path("graphics").exists():
    raise ImportError("there are no graphics here")

@activity
def render(name: str) -> list:
    return [name, os.getpid()]
"""


class Machines:
    """Two folders with something installed in each, and one with the workflows they share."""

    def __init__(self, folder: Path, db: str) -> None:
        self.flows, self.shop, self.graphics = [folder / name for name in ("flows", "shop", "graphics")]
        self.workers: list[subprocess.Popen[str]] = []
        self._db = db
        for one in (self.flows, self.shop, self.graphics):
            one.mkdir()
        (self.shop / "shop").touch()
        (self.graphics / "graphics").touch()
        for name, text in {"film.yaml": FILM, "title.yaml": TITLE, "orders.py": ORDERS, "render.py": RENDER}.items():
            (self.flows / name).write_text(text)

    def worker(self, where: Path, *queues: str) -> subprocess.Popen[str]:
        """A worker on one of the machines, once it has begun."""
        options = [word for queue in queues for word in ("--queue", queue)]
        worker = start_kagzi("worker", *options, "--flows", str(self.flows), db=self._db, cwd=where)
        self.workers.append(worker)
        assert self.next_line(worker).startswith(f"worker for {', '.join(queues)}")
        return worker

    def next_line(self, worker: subprocess.Popen[str]) -> str:
        assert worker.stderr is not None
        return worker.stderr.readline()

    def type(self, where: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return kagzi(*arguments, db=self._db, cwd=where)

    def output(self, where: Path, *arguments: str) -> Any:
        """What a run gives that is started on one of the machines."""
        started = self.type(where, "start", *arguments, "--quiet")
        assert started.returncode == 0, started.stderr
        done = self.type(where, "wait", started.stdout.strip())
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def machines(tmp_path: Path, database_url: str) -> Iterator[Machines]:
    machines = Machines(tmp_path, database_url)
    yield machines
    for worker in machines.workers:
        worker.kill()
        worker.communicate(timeout=PATIENCE)


def test_one_folder_serves_workers_of_different_queues_each_with_what_it_needs(machines: Machines) -> None:
    orders = machines.worker(machines.shop, "orders")
    assert "there are no graphics here" in machines.next_line(orders)
    named = "not here, and of other queues than this worker's: render (queue gpu)\n"
    assert machines.next_line(orders) == named
    gpu = machines.worker(machines.graphics, "gpu")
    assert "there is no shop here" in machines.next_line(gpu)
    told = machines.next_line(gpu)
    assert told.endswith(": choose (queue default), choose (queue orders)\n")
    film = str(machines.flows / "film.yaml")
    assert machines.output(machines.shop, film) == [f"alps by {orders.pid}", gpu.pid]


@pytest.mark.parametrize("queue", ["orders", "gpu", "default"])
def test_a_worker_that_lacks_what_its_queues_need_does_not_start(machines: Machines, queue: str) -> None:
    where = machines.shop if queue == "gpu" else machines.graphics
    done = machines.type(where, "worker", "--queue", "other", "--queue", queue, "--flows", str(machines.flows))
    assert done.returncode == 2
    lacking = "there are no graphics here" if queue == "gpu" else "there is no shop here"
    assert "the activities cannot be loaded: " in done.stderr
    assert lacking in done.stderr
    assert f"hint: a worker of other, {queue} needs what is for these queues; what is for others may be" in done.stderr


def test_what_can_be_imported_is_there_for_runs_that_are_put_into_another_queue(machines: Machines) -> None:
    worker = machines.worker(machines.shop, "elsewhere")
    title = str(machines.flows / "title.yaml")
    assert machines.output(machines.shop, title, "--queue", "elsewhere") == f"alps by {worker.pid}"


def test_a_name_that_is_misspelt_is_a_mistake_where_its_queue_is_served_and_told_elsewhere(machines: Machines) -> None:
    (machines.flows / "title.yaml").write_text(TITLE.replace("choose", "chose"))
    (machines.graphics / "shop").touch()
    done = machines.type(machines.graphics, "worker", "--queue", "orders", "--flows", str(machines.flows))
    assert done.returncode == 2
    assert "unknown-activity" in done.stderr
    worker = machines.worker(machines.graphics, "gpu")
    assert machines.next_line(worker).endswith(": chose (queue default), chose (queue orders)\n")
