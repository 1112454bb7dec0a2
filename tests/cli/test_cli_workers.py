"""`kagzi-dsl workers`, typed while real workers work, and after one was killed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from command_line import kagzi, start_kagzi
from patience import PATIENCE

ACTIVITIES = """
from kagzi_dsl import activity

@activity
def greet(name: str) -> str:
    return f"hello {name}"
"""


def start_worker(where: Path, db: str, *options: str) -> subprocess.Popen[str]:
    process = start_kagzi("worker", *options, db=db, cwd=where)
    assert process.stderr is not None
    while not process.stderr.readline().startswith("worker for"):
        assert process.poll() is None
    return process


def found(where: Path, db: str) -> dict[str, dict[str, Any]]:
    """The workers by name, once each that is there has registered."""
    return {worker["name"]: worker for worker in json.loads(kagzi("workers", "--json", db=db, cwd=where).stdout)}


def until_known(where: Path, db: str, *names: str) -> dict[str, dict[str, Any]]:
    for _ in range(100):
        known = found(where, db)
        if set(names) <= set(known):
            return known
    raise AssertionError(f"{names} are not all among {list(known)}")


def test_workers_are_listed_with_what_they_take_up_until_they_stop(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "activities.py").write_text(ACTIVITIES)
    one = start_worker(tmp_path, database_url, "--name", "one", "--queue", "a", "--queue", "b", "--label", "zone=eu")
    two = start_worker(tmp_path, database_url, "--name", "two", "--namespace", "shop")
    known = until_known(tmp_path, database_url, "one", "two")
    assert {name: (w["state"], w["namespace"], w["queues"], w["labels"], w["runs"]) for name, w in known.items()} == {
        "one": ("alive", "default", ["a", "b"], {"zone": "eu"}, 0),
        "two": ("alive", "shop", ["default"], {}, 0),
    }
    assert "greet" in known["one"]["activities"]
    assert known["one"]["pid"] == one.pid

    text = kagzi("workers", db=database_url, cwd=tmp_path).stdout
    assert [line.split()[:3] for line in text.splitlines()] == [
        ["WORKER", "STATE", "RUNS"],
        ["one", "alive", "0"],
        ["two", "alive", "0"],
    ]

    two.kill()
    two.communicate(timeout=PATIENCE)
    assert found(tmp_path, database_url).get("two", {"state": "gone"})["state"] == "gone"
    one.terminate()
    one.communicate(timeout=PATIENCE)
    assert "one" not in found(tmp_path, database_url)


def test_without_workers_there_is_nothing_to_list(tmp_path: Path, database_url: str) -> None:
    kagzi("db", "migrate", db=database_url, cwd=tmp_path)
    listed = kagzi("workers", db=database_url, cwd=tmp_path)
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, "", "no workers\n")


def test_two_workers_of_one_name_are_two_workers_and_share_the_work(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "activities.py").write_text(ACTIVITIES)
    (tmp_path / "greeting.yaml").write_text("workflow: greeting\nactivity: greet\nwith: {name: you}\n")
    both = [start_worker(tmp_path, database_url, "--name", "twin") for _ in range(2)]
    listed: list[dict[str, Any]] = []
    while len(listed) < 2:
        assert all(worker.poll() is None for worker in both)
        listed = json.loads(kagzi("workers", "--json", db=database_url, cwd=tmp_path).stdout)
    assert {worker["name"] for worker in listed} == {"twin"}
    assert {worker["pid"] for worker in listed} == {worker.pid for worker in both}

    ids = [kagzi("start", "greeting.yaml", db=database_url, cwd=tmp_path).stdout.strip() for _ in range(4)]
    assert kagzi("wait", *ids, db=database_url, cwd=tmp_path).returncode == 0
    for run_id in ids:
        history = json.loads(kagzi("history", run_id, "--json", db=database_url, cwd=tmp_path).stdout)
        assert [entry["type"] for entry in history] == ["run_started", "node_completed", "run_ended"]
    for worker in both:
        worker.terminate()
        assert worker.wait(timeout=PATIENCE) == 0
        worker.communicate()
