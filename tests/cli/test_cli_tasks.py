"""Activities on other queues, by the commands a person types: workers with different activities, stopped and killed."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from command_line import kagzi, run_id_of, start_kagzi
from patience import PATIENCE

from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.store.postgres import open_postgres
from kagzi_dsl.runtime.view import record_of

FLOW = """
workflow: film
queue: orders
saga:
  - {id: name, activity: choose}
  - id: picture
    activity: render
    queue: gpu
    with: {name: "${ steps.name }"}
    compensate: {activity: discard, with: {outcome: "${ forward.outcome }"}}
"""
ORDERS = """
import os
from kagzi_dsl import activity

@activity
def choose() -> str:
    print(os.getpid(), "chooses", file=open("calls", "a"))
    return "alps"

@activity
def discard(outcome: str) -> None:
    print(os.getpid(), "discards", outcome, file=open("calls", "a"))
"""
RENDER = """
import asyncio, os
from pathlib import Path
from kagzi_dsl import ActivityContext, activity

@activity
async def render(name: str, context: ActivityContext) -> dict:
    print(os.getpid(), "renders", context.idempotency_key, file=open("calls", "a"))
    try:
        while Path("hold").exists():
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        print(os.getpid(), "stops", file=open("calls", "a"))
        raise
    return {"name": name, "pid": os.getpid()}
"""
BOTH = ("--activities", "./orders.py", "--activities", "./render.py")


class Studio:
    """A folder and a database, and the workers that were started there."""

    def __init__(self, folder: Path, db: str) -> None:
        self.folder = folder
        self.db = db
        self.workers: list[subprocess.Popen[str]] = []
        (folder / "film.yaml").write_text(FLOW)
        (folder / "orders.py").write_text(ORDERS)
        (folder / "render.py").write_text(RENDER)

    def worker(self, queue: str, module: str, *options: str) -> subprocess.Popen[str]:
        arguments = ("worker", "--queue", queue, "--activities", f"./{module}.py", *options)
        process = start_kagzi(*arguments, db=self.db, cwd=self.folder)
        self.workers.append(process)
        assert process.stderr is not None
        assert process.stderr.readline().startswith(f"worker for {queue}")
        return process

    def type(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return kagzi(*arguments, db=self.db, cwd=self.folder)

    def start(self) -> str:
        done = self.type("run", "film.yaml", "--detach", *BOTH)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def hold(self) -> None:
        (self.folder / "hold").touch()

    def release(self) -> None:
        (self.folder / "hold").unlink()

    def calls(self, what: str) -> list[str]:
        """The process ids of the calls of one kind, in order."""
        file = self.folder / "calls"
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return [words[0] for words in lines if words[1] == what]

    def end_lease(self, worker: subprocess.Popen[str]) -> None:
        """Lets the time of a worker's lease be over."""

        async def end() -> None:
            connection = await asyncpg.connect(self.db)
            ended = "update kagzi.workers set expires_at = 0 where pid = $1"
            assert await connection.execute(ended, worker.pid) == "UPDATE 1"
            await connection.close()

        asyncio.run(end())

    def record(self, run_id: str) -> dict[str, Any]:
        """What `show --json` tells, without a process for each look."""

        async def look() -> dict[str, Any]:
            store = await open_postgres(self.db, poll_only=True)
            try:
                shown = await Client(store).show(run_id)
            finally:
                await store.close()
            return {**record_of(shown.run), "nodes": [node.as_json() for node in shown.nodes]}

        return asyncio.run(look())

    def ended(self, run_id: str) -> dict[str, Any]:
        return until(lambda: self.record(run_id), lambda record: record["finished_at"])


def until(look: Callable[[], Any], fits: Callable[[Any], Any] = bool) -> Any:
    """What is seen once it fits."""
    deadline = time.monotonic() + PATIENCE
    while not fits(seen := look()):
        assert time.monotonic() < deadline, seen
        time.sleep(0.02)
    return seen


@pytest.fixture
def studio(tmp_path: Path, database_url: str) -> Iterator[Studio]:
    studio = Studio(tmp_path, database_url)
    yield studio
    for process in studio.workers:
        process.kill()
        process.communicate()


def test_each_worker_does_what_is_of_its_queue(studio: Studio) -> None:
    orders, gpu = studio.worker("orders", "orders"), studio.worker("gpu", "render")
    record = studio.ended(studio.start())
    assert record["output"] == {"name": "alps", "pid": gpu.pid}
    assert studio.calls("chooses") == [str(orders.pid)]
    for worker in (orders, gpu):
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0


def test_run_does_all_of_it_by_itself(studio: Studio) -> None:
    done = studio.type("run", "film.yaml", *BOTH)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"] == "alps"


def test_run_leaves_to_a_living_worker_what_is_of_its_queue(studio: Studio) -> None:
    gpu = studio.worker("gpu", "render")
    done = studio.type("run", "film.yaml", *BOTH)
    assert json.loads(done.stdout)["pid"] == gpu.pid


def test_show_tells_who_is_waited_for_and_who_is_at_it(studio: Studio) -> None:
    studio.hold()
    studio.worker("orders", "orders")
    run_id = studio.start()
    task = until(lambda: studio.record(run_id)["nodes"], lambda nodes: nodes and nodes[-1]["task"])[-1]["task"]
    assert (task["queue"], task["worker_id"], task["taken_up_at"]) == ("gpu", None, None)
    shown = studio.type("show", run_id).stdout
    assert "waiting for a worker of queue gpu that has render; there is none" in shown
    gpu = studio.worker("gpu", "render")
    until(lambda: studio.calls("renders"))
    assert f"on process {gpu.pid}" in studio.type("show", run_id).stdout


def test_a_killed_worker_s_attempt_is_made_by_another_under_the_same_key(studio: Studio) -> None:
    studio.hold()
    studio.worker("orders", "orders")
    first = studio.worker("gpu", "render")
    run_id = studio.start()
    until(lambda: studio.calls("renders"))
    first.kill()
    first.wait()
    second = studio.worker("gpu", "render")
    until(lambda: studio.calls("renders"), lambda calls: len(calls) == 2)
    studio.release()
    assert studio.ended(run_id)["output"]["pid"] == second.pid
    keys = [line.split()[2] for line in (studio.folder / "calls").read_text().splitlines() if " renders " in line]
    assert keys == [f"{run_id}:picture"] * 2


def test_when_the_owner_of_the_run_is_killed_the_result_reaches_the_next_one(studio: Studio) -> None:
    studio.hold()
    owner, gpu = studio.worker("orders", "orders"), studio.worker("gpu", "render")
    run_id = studio.start()
    until(lambda: studio.calls("renders"))
    owner.kill()
    owner.wait()
    studio.release()
    until(lambda: studio.record(run_id)["nodes"][-1]["task"], lambda task: task is None)
    studio.worker("orders", "orders")
    assert studio.ended(run_id)["output"]["pid"] == gpu.pid
    assert len(studio.calls("chooses")) == len(studio.calls("renders")) == 1


def test_a_worker_that_was_stopped_and_woken_finds_its_answer_refused(studio: Studio) -> None:
    studio.hold()
    studio.worker("orders", "orders")
    zombie = studio.worker("gpu", "render")
    run_id = studio.start()
    until(lambda: studio.calls("renders"))
    zombie.send_signal(signal.SIGSTOP)
    studio.end_lease(zombie)
    heir = studio.worker("gpu", "render")
    until(lambda: studio.calls("renders"), lambda calls: len(calls) == 2)
    studio.release()
    assert studio.ended(run_id)["output"]["pid"] == heir.pid
    zombie.send_signal(signal.SIGCONT)
    # It ends when nothing is left to do, so its answer was given by then.
    zombie.send_signal(signal.SIGTERM)
    assert zombie.wait(PATIENCE) == 0
    history = json.loads(studio.type("history", run_id, "--json").stdout)
    assert [entry["path"] for entry in history if entry["type"] == "node_completed"] == ["name", "picture"]


def test_a_cancellation_reaches_the_other_worker_and_what_may_have_happened_is_undone(studio: Studio) -> None:
    studio.hold()
    orders, gpu = studio.worker("orders", "orders"), studio.worker("gpu", "render")
    run_id = studio.start()
    until(lambda: studio.calls("renders"))
    studio.type("cancel", run_id)
    record = studio.ended(run_id)
    assert (record["status"], record["compensation"]) == ("cancelled", "completed")
    assert studio.calls("stops") == [str(gpu.pid)]
    assert studio.calls("discards") == [str(orders.pid)]
    assert "discards unknown" in (studio.folder / "calls").read_text()


def test_resume_needs_no_activity_that_another_queue_s_workers_have(studio: Studio) -> None:
    studio.hold()
    studio.worker("gpu", "render")
    run_id = studio.start()
    resumed = start_kagzi("resume", run_id, "--activities", "./orders.py", db=studio.db, cwd=studio.folder)
    until(lambda: studio.calls("renders"))
    studio.release()
    stdout, stderr = resumed.communicate(timeout=PATIENCE)
    assert (resumed.returncode, json.loads(stdout)["name"]) == (0, "alps"), stderr


def test_who_only_starts_a_run_needs_no_activity_of_another_queue(studio: Studio) -> None:
    render = (studio.folder / "render.py").read_text()
    (studio.folder / "render.py").unlink()
    named = "warning: not here, and so not checked: render (queue gpu)"
    started = studio.type("start", "film.yaml", "--activities", "./orders.py")
    assert started.returncode == 0, started.stderr
    assert f"{named}; no worker that is alive has it\n" in started.stderr
    (studio.folder / "render.py").write_text(render)
    studio.worker("orders", "orders")
    gpu = studio.worker("gpu", "render")
    detached = studio.type("run", "film.yaml", "--detach", "--activities", "./orders.py")
    assert (detached.returncode, detached.stderr) == (0, f"{named}\n")
    for done in (started, detached):
        assert studio.ended(done.stdout.strip())["output"] == {"name": "alps", "pid": gpu.pid}


def test_an_activity_file_that_cannot_be_imported_here_is_told_of_and_the_rest_is_checked(studio: Studio) -> None:
    (studio.folder / "film.yaml").write_text(
        FLOW.replace("queue: orders", "queue: orders\nactivities: [./orders.py, ./render.py]")
    )
    (studio.folder / "render.py").write_text("import no_such_driver\n" + RENDER)
    for command in (("start", "film.yaml"), ("run", "film.yaml", "--detach"), ("apply", "film.yaml")):
        done = studio.type(*command)
        assert done.returncode == 0, done.stderr
        assert (
            "the activities cannot be loaded: render.py:1: ModuleNotFoundError: No module named 'no_such_driver'"
            in done.stderr
        )
        assert "not here, and so not checked: render (queue gpu); no worker that is alive has it" in done.stderr
    # Neither does who goes on with it here need what cannot be imported.
    (studio.folder / "render_here.py").write_text(RENDER)
    gpu = studio.worker("gpu", "render_here")
    run_id = studio.type("start", "film.yaml", "--quiet").stdout.strip()
    resumed = studio.type("resume", run_id)
    assert resumed.returncode == 0, resumed.stderr
    assert json.loads(resumed.stdout)["pid"] == gpu.pid
    wrong = FLOW.replace("activity: choose}", "activity: choose, with: {nmae: x}}")
    (studio.folder / "film.yaml").write_text(
        wrong.replace("queue: orders", "queue: orders\nactivities: [./orders.py, ./render.py]")
    )
    done = studio.type("start", "film.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "choose takes no argument `nmae`" in done.stderr


def test_what_the_run_s_own_workers_need_is_missed_and_how_to_do_without_is_said(studio: Studio) -> None:
    for command in (("start", "film.yaml"), ("run", "film.yaml", "--detach")):
        refused = studio.type(*command, "--activities", "./render.py")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "there is no activity choose" in refused.stderr
        assert "--no-import starts it without a look at its activities" in refused.stderr
        assert studio.type(*command, "--no-import").returncode == 0
    assert studio.type("run", "film.yaml", "--no-import").returncode == 2


def test_run_does_not_begin_what_nobody_could_end_and_leaves_to_a_worker_what_only_that_has(studio: Studio) -> None:
    refused = studio.type("run", "film.yaml", "--activities", "./orders.py")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "there is no activity render" in refused.stderr
    gpu = studio.worker("gpu", "render")
    done = studio.type("run", "film.yaml", "--activities", "./orders.py")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pid"] == gpu.pid


def test_run_stays_for_an_attempt_of_a_detached_run(studio: Studio) -> None:
    studio.hold()
    (studio.folder / "premiere.yaml").write_text(
        "workflow: premiere\nseq: [{id: film, call: ./film.yaml, detach: true}]\noutput: ${ steps.film.run_id }\n"
    )
    running = start_kagzi("run", "premiere.yaml", *BOTH, db=studio.db, cwd=studio.folder)
    film = f"{run_id_of(running)}/film"
    until(lambda: studio.calls("renders"))
    # It is put down while it waits for the attempt, and is not live any more.
    until(lambda: studio.record(film)["status"], lambda status: status == "waiting")
    studio.release()
    stdout, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert studio.record(json.loads(stdout))["status"] == "completed"
