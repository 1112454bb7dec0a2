"""Examples that start by themselves: applied by commands, started by a real worker, and played in virtual time."""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import kagzi, start_kagzi
from examples.example_files import FOLDER
from patience import PATIENCE

from kagzi_dsl.testing import simulate_schedule

SCHEDULED = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.yaml") if "\nschedule:" in path.read_text()
)


def brought_along(examples: Path) -> list[tuple[str, Callable[[], None]]]:
    """The tests an example brings along, by name."""
    found = []
    for file in sorted(examples.rglob("test_*.py")):
        spec = importlib.util.spec_from_file_location(f"example_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found += [(f"{file.stem}: {name}", value) for name, value in vars(module).items() if name.startswith("test_")]
    return found


BESIDE = brought_along(FOLDER)


def test_examples_bring_tests_of_a_schedule_and_of_an_outage_along() -> None:
    assert {name.partition(":")[0] for name, _ in BESIDE} >= {"test_payout", "test_hourly_import"}


@pytest.mark.parametrize("test", [test for _, test in BESIDE], ids=[name for name, _ in BESIDE])
def test_a_test_that_an_example_brings_along_passes(test: Callable[[], None]) -> None:
    test()


@pytest.mark.parametrize("name", SCHEDULED)
def test_an_example_is_applied_and_knows_when_it_fires(name: str, database_url: str) -> None:
    applied = kagzi("apply", f"examples/{name}", "--json", db=database_url)
    assert applied.returncode == 0, applied.stderr
    [[change]] = [one["schedules"] for one in json.loads(applied.stdout)]
    assert change["what"] == "created"
    coming = kagzi("schedule", "next", change["schedule"]["id"], "--json", db=database_url)
    assert len(json.loads(coming.stdout)) == 5


def test_a_worker_cleans_up_by_schedule(database_url: str) -> None:
    kagzi("apply", "examples/scheduling/cleanup.yaml", db=database_url)
    kagzi("schedule", "update", "cleanup", "--cron", "* * * * * *", "--jitter", "0s", db=database_url)
    activities = ("--activities", "examples/scheduling/activities.py")
    worker = start_kagzi("worker", *activities, db=database_url, KAGZI_SCHEDULER_INTERVAL_SECS="0.2")
    try:
        runs = _until_one_completed("cleanup", database_url)
    finally:
        worker.kill()
        worker.communicate()
    assert runs[0]["output"] == {"removed": 2}
    assert runs[0]["input"] == {"keep": "12h"}


def _until_one_completed(schedule: str, db: str) -> list[Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        runs = json.loads(kagzi("schedule", "runs", schedule, "--json", db=db).stdout)
        if completed := [run for run in runs if run["status"] == "completed"]:
            return completed
    raise AssertionError("no run of the schedule completed")


def test_the_report_of_the_night_is_of_the_day_before_whatever_clocks_do() -> None:
    fired = simulate_schedule(
        FOLDER / "scheduling/nightly_report.yaml", start="2026-03-27T12:00:00Z", until="2026-03-31T12:00:00Z"
    )
    assert [(f"{one.scheduled_for:%d %H:%M}", one.run.output["file"]) for one in fired] == [
        ("28 02:30", "report-eu-2026-03-27.csv"),
        ("29 03:00", "report-eu-2026-03-28.csv"),
        ("30 02:30", "report-eu-2026-03-29.csv"),
        ("31 02:30", "report-eu-2026-03-30.csv"),
    ]
