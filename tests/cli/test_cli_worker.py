"""`kagzi-dsl worker`, by the commands a person types: real processes on a real server, stopped and killed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

from command_line import kagzi, start_kagzi
from patience import PATIENCE

FLOW = """
workflow: counting
queue: numbers
input: {type: object, properties: {n: {type: integer, default: 3}}}
foreach: "${ range(`0`, input.n) }"
limit: 1
do: {activity: note, with: {n: "${ item }"}}
"""
ACTIVITIES = """
import os, time
from pathlib import Path
from kagzi_dsl import activity

@activity
def note(n: int) -> int:
    with open("calls.txt", "a") as file:
        file.write(f"{n} {os.getpid()}\\n")
    while Path("hold").exists() and n == 1:
        time.sleep(0.01)
    return n
"""


def folder(tmp_path: Path) -> Path:
    (tmp_path / "counting.yaml").write_text(FLOW)
    (tmp_path / "activities.py").write_text(ACTIVITIES)
    return tmp_path


def start_worker(where: Path, db: str, *options: str) -> subprocess.Popen[str]:
    process = start_kagzi("worker", "--queue", "numbers", *options, db=db, cwd=where)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("worker for numbers")
    return process


def until(status: str, run_id: str, where: Path, db: str) -> dict[str, object]:
    """The run's record once it has a status."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        record: dict[str, object] = json.loads(kagzi("show", run_id, "--json", db=db, cwd=where).stdout)
        if record["status"] == status:
            return record
    raise AssertionError(f"{run_id} is not {status}: {record}")


def calls(where: Path) -> list[str]:
    file = where / "calls.txt"
    return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []


def wait_for_call(where: Path, n: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while n not in calls(where) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert n in calls(where)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


def test_a_worker_runs_what_was_started_detached_and_stops_when_told_to(tmp_path: Path, database_url: str) -> None:
    where = folder(tmp_path)
    worker = start_worker(where, database_url)
    started = kagzi("run", "counting.yaml", "--detach", db=database_url, cwd=where)
    record = until("completed", started.stdout.strip(), where, database_url)
    assert record["output"] == [0, 1, 2]
    assert "no worker" not in started.stderr
    worker.send_signal(signal.SIGTERM)
    status, errors = ended(worker)
    assert (status, errors.splitlines()[-1]) == (0, "stopped")


def test_a_killed_workers_run_is_taken_over_at_once_by_another_on_this_machine(
    tmp_path: Path, database_url: str
) -> None:
    where = folder(tmp_path)
    (where / "hold").touch()
    first = start_worker(where, database_url)
    run_id = kagzi("run", "counting.yaml", "--detach", db=database_url, cwd=where).stdout.strip()
    wait_for_call(where, "1")
    first.kill()
    ended(first)
    (where / "hold").unlink()
    second = start_worker(where, database_url)
    assert until("completed", run_id, where, database_url)["output"] == [0, 1, 2]
    assert calls(where) == ["0", "1", "1", "2"]
    second.send_signal(signal.SIGTERM)
    assert ended(second)[0] == 0


def test_a_worker_told_to_stop_lets_what_runs_end_and_leaves_the_rest(tmp_path: Path, database_url: str) -> None:
    where = folder(tmp_path)
    (where / "hold").touch()
    worker = start_worker(where, database_url)
    run_id = kagzi("run", "counting.yaml", "--detach", db=database_url, cwd=where).stdout.strip()
    wait_for_call(where, "1")
    worker.send_signal(signal.SIGTERM)
    assert worker.stderr is not None
    assert worker.stderr.readline().startswith("stopping")
    (where / "hold").unlink()
    assert ended(worker)[0] == 0
    assert until("pending", run_id, where, database_url)
    assert calls(where) == ["0", "1"]


def test_a_worker_told_twice_says_that_it_ends_at_once(tmp_path: Path, database_url: str) -> None:
    where = folder(tmp_path)
    (where / "hold").touch()
    worker = start_worker(where, database_url)
    kagzi("run", "counting.yaml", "--detach", db=database_url, cwd=where)
    wait_for_call(where, "1")
    assert worker.stderr is not None
    worker.send_signal(signal.SIGTERM)
    assert worker.stderr.readline().startswith("stopping: what runs comes to its end first")
    worker.send_signal(signal.SIGTERM)
    assert worker.stderr.readline() == "stopping at once: what runs is left to others\n"
    assert ended(worker)[0] == 1
    (where / "hold").unlink()


def test_a_health_port_that_another_process_has_is_named(tmp_path: Path, database_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = kagzi("worker", "--health-port", str(port), db=database_url, cwd=folder(tmp_path))
    wrong = f"error: health checks cannot be answered at 127.0.0.1:{port}: another process has this port\n"
    assert (refused.returncode, refused.stderr.endswith(wrong)) == (2, True), refused.stderr


def test_a_worker_that_finds_no_database_when_it_starts_says_so_and_ends(tmp_path: Path) -> None:
    refused = kagzi("worker", db="postgresql://nobody@127.0.0.1:1/nothing", cwd=folder(tmp_path))
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: the database at 127.0.0.1:1/nothing cannot be reached"), refused.stderr


def test_flows_are_stored_and_can_be_called_by_name(tmp_path: Path, database_url: str) -> None:
    where = folder(tmp_path)
    flows = where / "flows"
    flows.mkdir()
    (flows / "double.yaml").write_text("workflow: double\nqueue: numbers\nset: 2\n")
    worker = start_worker(where, database_url, "--flows", "flows")
    (where / "caller.yaml").write_text("workflow: caller\nqueue: numbers\nseq: [{call: double}]\n")
    run_id = kagzi("run", "caller.yaml", "--detach", db=database_url, cwd=where).stdout.strip()
    assert until("completed", run_id, where, database_url)["output"] == 2
    worker.send_signal(signal.SIGINT)
    assert ended(worker)[0] == 0


def test_a_folder_with_a_mistake_in_it_starts_no_worker(tmp_path: Path, database_url: str) -> None:
    where = folder(tmp_path)
    (where / "bad.yaml").write_text("workflow: bad\nseq: [{activity: nope}]\n")
    done = kagzi("worker", "--flows", ".", db=database_url, cwd=where)
    assert done.returncode == 2
    assert "unknown-activity" in done.stderr


def test_a_label_must_be_a_pair(tmp_path: Path, database_url: str) -> None:
    done = kagzi("worker", "--label", "gpu", db=database_url, cwd=folder(tmp_path))
    assert done.returncode == 2
    assert "K=V" in done.stderr
