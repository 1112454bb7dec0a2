"""`kagzi-dsl db prune`, and a worker that forgets by itself."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import kagzi, start_kagzi
from patience import PATIENCE

FLOW = "workflow: quick\nset: 1\n"


def ran(where: Path, db: str, count: int, *options: str) -> list[str]:
    (where / "quick.yaml").write_text(FLOW)
    for _ in range(count):
        assert kagzi("run", "quick.yaml", *options, db=db, cwd=where).returncode == 0
    return left(where, db, *options)


def left(where: Path, db: str, *options: str) -> list[str]:
    return [run["run_id"] for run in json.loads(kagzi("list", "--json", *options, db=db, cwd=where).stdout)]


def test_runs_that_ended_long_enough_ago_are_counted_and_forgotten(tmp_path: Path, database_url: str) -> None:
    kagzi("db", "migrate", db=database_url)
    runs = ran(tmp_path, database_url, 2)
    assert len(runs) == 2
    kept = kagzi("db", "prune", "--older-than", "1h", db=database_url)
    assert (kept.returncode, kept.stderr) == (0, "forgot 0 runs that ended more than 1h ago\n")
    counted = kagzi("db", "prune", "--older-than", "1ms", "--dry-run", db=database_url)
    assert counted.stderr == "would forget 2 runs that ended more than 1ms ago\n"
    assert left(tmp_path, database_url) == runs
    forgotten = kagzi("db", "prune", "--older-than", "1ms", db=database_url)
    assert forgotten.stderr == "forgot 2 runs that ended more than 1ms ago\n"
    assert left(tmp_path, database_url) == []
    gone = kagzi("show", runs[0], db=database_url)
    assert (gone.returncode, "no run" in gone.stderr) == (2, True)


def test_only_one_namespace_is_pruned_when_it_is_named(tmp_path: Path, database_url: str) -> None:
    kagzi("db", "migrate", db=database_url)
    ran(tmp_path, database_url, 1, "--namespace", "one")
    ran(tmp_path, database_url, 1, "--namespace", "two")
    kagzi("db", "prune", "--older-than", "1ms", "--namespace", "one", db=database_url)
    assert left(tmp_path, database_url, "--namespace", "one") == []
    assert len(left(tmp_path, database_url, "--namespace", "two")) == 1


def test_an_age_that_is_none_is_refused(tmp_path: Path, database_url: str) -> None:
    refused = kagzi("db", "prune", "--older-than", "30", db=database_url)
    assert refused.returncode == 2
    assert "--older-than" in refused.stderr
    assert "30s" in refused.stderr


def test_a_worker_with_a_retention_forgets_by_itself(tmp_path: Path, database_url: str) -> None:
    kagzi("db", "migrate", db=database_url)
    ran(tmp_path, database_url, 1)
    worker = start_kagzi("worker", "--retention", "1ms", db=database_url, cwd=tmp_path)
    try:
        for _ in range(100):
            if not left(tmp_path, database_url):
                break
        assert left(tmp_path, database_url) == []
    finally:
        worker.terminate()
        worker.communicate(timeout=PATIENCE)
