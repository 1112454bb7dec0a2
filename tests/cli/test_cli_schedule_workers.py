"""Schedules and the workers that start their runs: real processes on a real server, stopped, killed and paused."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest
from patience import PATIENCE
from terminal import Started, Terminal

FLOW = """
workflow: tick
activity: mark
with: {what: "${ run.scheduled_for }"}
"""
SLOW = """
workflow: slow
seq:
  - {activity: mark, with: {what: "${ run.scheduled_for }"}}
  - sleep: 1h
"""
SOON = {"KAGZI_SCHEDULER_INTERVAL_SECS": "0.2", "KAGZI_POLL_INTERVAL": "200ms"}


@pytest.fixture
def written(terminal: Terminal) -> Terminal:
    terminal.write("tick.yaml", FLOW)
    terminal.write("slow.yaml", SLOW)
    terminal.env.update(SOON)
    return terminal


def worker(stack: ExitStack, terminal: Terminal) -> Started:
    started = stack.enter_context(terminal.typing("worker"))
    assert "worker for default in default" in started.line()
    return started


def fires(terminal: Terminal, schedule_id: str) -> list[str]:
    """The moments there are runs for, the oldest first."""
    runs = terminal.type("schedule", "runs", schedule_id, "--json", "--limit", "1000").json
    return [run["external_id"].split(":", 2)[2] for run in reversed(runs)]


def until(done: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What `done` gives once it gives something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := done():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def second(fire: str) -> int:
    return round(datetime.fromisoformat(fire).timestamp())


def without_a_gap(found: Sequence[str]) -> bool:
    return [second(fire) - second(found[0]) for fire in found] == list(range(len(found)))


def test_one_fire_is_one_run_with_two_workers(written: Terminal) -> None:
    written.type("schedule", "create", "every-second", "tick.yaml", "--cron", "* * * * * *")
    with ExitStack() as stack:
        for _ in range(2):
            worker(stack, written)
        until(lambda: len(written.marks) >= 4)
    found = fires(written, "every-second")
    assert without_a_gap(found)
    assert sorted(set(written.marks)) == sorted(written.marks)
    assert set(written.marks) <= set(found)


def test_what_was_missed_while_no_worker_was_there_is_made_up_for(written: Terminal) -> None:
    written.type("schedule", "create", "every-second", "tick.yaml", "--cron", "* * * * * *")
    with ExitStack() as stack:
        first = worker(stack, written)
        until(lambda: len(written.marks) >= 2)
        first.process.kill()
        first.process.wait()
        dead_at = until(lambda: fires(written, "every-second"))[-1]
        until(lambda: time.time() > second(dead_at) + 3)
        worker(stack, written)
        until(lambda: len(fires(written, "every-second")) >= 6)
    assert without_a_gap(fires(written, "every-second"))


def test_a_paused_schedule_starts_nothing_and_goes_on_from_its_last_fire(written: Terminal) -> None:
    written.type("schedule", "create", "every-second", "tick.yaml", "--cron", "* * * * * *")
    with ExitStack() as stack:
        worker(stack, written)
        until(lambda: written.marks)
        written.type("schedule", "pause", "every-second")
        before = fires(written, "every-second")
        until(lambda: time.time() > second(before[-1]) + 2)
        assert fires(written, "every-second") == before
        written.type("schedule", "resume", "every-second")
        until(lambda: len(fires(written, "every-second")) >= len(before) + 2)
    assert without_a_gap(fires(written, "every-second"))


def test_a_worker_that_was_stopped_by_the_system_starts_nothing_twice_when_it_wakes(written: Terminal) -> None:
    written.type("schedule", "create", "every-second", "tick.yaml", "--cron", "* * * * * *")
    with ExitStack() as stack:
        sleeper = worker(stack, written)
        until(lambda: written.marks)
        sleeper.process.send_signal(signal.SIGSTOP)
        worker(stack, written)
        count = len(fires(written, "every-second"))
        until(lambda: len(fires(written, "every-second")) >= count + 2)
        sleeper.process.send_signal(signal.SIGCONT)
        until(lambda: len(fires(written, "every-second")) >= count + 4)
    assert without_a_gap(fires(written, "every-second"))


def test_while_a_run_is_not_over_fires_are_left_out(written: Terminal) -> None:
    written.type("schedule", "create", "patient", "slow.yaml", "--cron", "* * * * * *", "--overlap", "skip")
    with ExitStack() as stack:
        worker(stack, written)
        until(lambda: written.type("schedule", "show", "patient", "--json").json["left_out"] >= 2)
    assert len(fires(written, "patient")) == 1


def test_the_older_run_is_cancelled_for_the_next_one(written: Terminal) -> None:
    written.type("schedule", "create", "restless", "slow.yaml", "--interval", "2s", "--overlap", "cancel")

    def ended() -> list[Any]:
        runs = written.type("schedule", "runs", "restless", "--json").json
        return [run for run in runs if run["status"] == "cancelled"]

    with ExitStack() as stack:
        worker(stack, written)
        cancelled = until(ended)
    assert "the next run of the schedule restless is due" in cancelled[0]["error"]["message"]


def test_a_document_that_is_applied_is_started_by_a_worker_that_runs_already(written: Terminal) -> None:
    written.write("tick.yaml", FLOW + "schedule: {interval: 1s}\n")
    with ExitStack() as stack:
        worker(stack, written)
        assert written.type("apply", "tick.yaml").err == ""
        until(lambda: len(written.marks) >= 2)
        written.write("tick.yaml", FLOW)
        assert "schedule tick deleted" in written.type("apply", "tick.yaml").out


def test_a_tick_starts_no_more_runs_than_the_setting_says(written: Terminal) -> None:
    written.type("schedule", "create", "every-second", "tick.yaml", "--cron", "* * * * * *")
    made = time.time()
    until(lambda: time.time() > made + 4)
    written.env["KAGZI_SCHEDULER_MAX_WORKFLOWS_PER_TICK"] = "2"
    with ExitStack() as stack:
        worker(stack, written)
        until(lambda: len(fires(written, "every-second")) >= 6)
    runs = written.type("schedule", "runs", "every-second", "--json").json
    assert max(Counter(run["created_at"] for run in runs).values()) <= 2
    assert without_a_gap(fires(written, "every-second"))
