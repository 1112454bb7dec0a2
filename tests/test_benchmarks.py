"""The benchmarks still run; what they measure is not asserted here."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from database_server import Server
from patience import PATIENCE

from benchmarks.catalogue import BENCHMARKS, BY_NAME, OWN, RIVALS, Benchmark
from benchmarks.harness.aim import at_least, at_most
from benchmarks.harness.figure import figure
from benchmarks.record import Record
from benchmarks.report import MEASURED, PAGE, page

ROOT = Path(__file__).parent.parent


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    # Whatever else is installed on this machine is not part of the tests.
    environment = {**os.environ, "BENCHMARKS_HOME": "/nowhere"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=2 * PATIENCE)


@pytest.mark.parametrize("benchmark", OWN, ids=lambda one: one.name)
def test_a_benchmark_in_its_tiny_form_completes_and_writes_its_figures(
    benchmark: Benchmark, pg_server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "figures.json"
    done = benchmarks(benchmark.name, "--quick", "--db", pg_server.url, "--output", str(file))
    assert done.returncode == 0, done.stderr
    told = json.loads(file.read_text())
    assert told["command"].startswith(f"python -m benchmarks {benchmark.name} --quick")
    assert pg_server.url not in file.read_text()
    assert {"server_version", "fsync", "synchronous_commit"} <= set(told["server"])
    assert_sane(told["figures"], benchmark)


def assert_sane(figures: dict[str, Any], benchmark: Benchmark) -> None:
    assert figures
    for name, one in figures.items():
        assert name.startswith(f"{benchmark.name}.")
        assert all(math.isfinite(value) for value in one["rounds"])
        assert min(one["rounds"]) == one["min"] <= one["median"] <= one["max"] == max(one["rounds"])
    wanted = {aim.figure for aim in (*benchmark.aims, *benchmark.compared)}
    assert wanted <= set(figures), "every aim names a figure there is"


@pytest.mark.parametrize("rival", RIVALS, ids=lambda one: one.name)
def test_a_peer_that_is_not_there_is_named_with_the_command_that_installs_it(
    rival: Benchmark, pg_server: Server
) -> None:
    done = benchmarks(rival.name, "--quick", "--db", pg_server.url)
    assert done.returncode == 1
    install = f"{rival.name} is not installed; python -m benchmarks.peers install {rival.name}"
    assert f"not measured: {install}" in done.stdout


def test_a_benchmark_nobody_has_is_refused_with_those_there_are() -> None:
    done = benchmarks("qeue")
    assert done.returncode == 2
    assert "no benchmark is called qeue; there are queue, " in done.stderr


def test_a_server_that_does_not_answer_is_said_in_a_line() -> None:
    done = benchmarks("startup", "--db", "postgresql://nobody@127.0.0.1:1/nothing")
    assert done.returncode == 1
    assert done.stderr.startswith("the server of --db does not answer: ")
    assert len(done.stderr.splitlines()) == 1


def test_no_figures_are_taken_on_a_server_that_may_lose_what_it_was_given(pg_server: Server) -> None:
    done = benchmarks("startup", "--db", pg_server.url)  # the tests' server does without fsync
    assert done.returncode == 1
    assert "the server is not durable, so figures would say nothing: {'fsync': 'off'}" in done.stderr


def test_names_of_benchmarks_are_unique() -> None:
    assert len(BY_NAME) == len(BENCHMARKS)


def test_an_aim_is_held_against_the_median_or_against_the_best_of_others() -> None:
    figures = {
        "a.rate": figure("steps/s", [90, 100, 500]),
        "b.rate": figure("steps/s", [10]),
        "c.rate": figure("steps/s", [20]),
    }
    assert at_least("a.rate", 100, "enough").is_met(figures)
    assert not at_least("a.rate", 101, "more").is_met(figures)
    others = ("b.rate", "c.rate", "d.rate")
    assert at_least("a.rate", 5, "times the best", over=others).reached(figures) == 5
    assert at_most("b.rate", 0.1, "of a", over=("a.rate",)).is_met(figures)
    assert at_least("a.rate", 1, "times what was not measured", over=("d.rate",)).is_met(figures) is None


def test_the_page_of_figures_is_what_is_made_of_the_figures_that_were_taken() -> None:
    assert PAGE.read_text() == page(Record.read(MEASURED)), "type `python -m benchmarks.report`"


def test_the_page_is_made_of_a_run_that_took_everything_in_full() -> None:
    record = Record.read(MEASURED)
    assert not record.quick
    assert not record.failed
    assert {name.partition(".")[0] for name in record.figures} == set(BY_NAME)
    assert (record.server["fsync"], record.server["synchronous_commit"]) == ("on", "on")


def test_what_was_not_measured_is_said_on_the_page_and_an_aim_that_is_missed_too(tmp_path: Path) -> None:
    taken = Record.read(MEASURED)
    rest = {name: one for name, one in taken.figures.items() if not name.startswith(("dbos.", "startup."))}
    slow = {**rest, "queue.one_worker": figure("steps/s", [9_000.0])}
    file = tmp_path / "record.json"
    replace(taken, figures=slow, failed={"startup": "TimeoutError: too slow"}).write(file)
    told = page(Record.read(file))
    assert "| [queue](#queue) | one worker process | 9,000 steps/s | ≥ 15,000 steps/s | **missed** |" in told
    assert "| [queue](#queue) | one worker process, compared with DBOS | not measured | ≥ 20 |  |" in told
    assert "- startup: TimeoutError: too slow" in told
