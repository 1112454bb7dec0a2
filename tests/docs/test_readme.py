"""The README claims nothing that no test shows."""

from __future__ import annotations

import json
import re
import shlex
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from command_line import ROOT, kagzi, run_id_of, start_kagzi
from patience import PATIENCE

README = (ROOT / "README.md").read_text()
CLAIMS = re.findall(r"<!-- shown by: (\S+)::(\w+) -->", README)
SET_UP = (
    "pip install . && kagzi-dsl run examples/order_processing.yaml -i order_id=A-1 -i customer_id=C-7 -i amount=42.5",
    "pip install '.[test]' && pytest",
)


@pytest.mark.parametrize(("file", "test"), CLAIMS, ids=[test for _, test in CLAIMS])
def test_a_claim_is_shown_by_a_test_that_exists(file: str, test: str) -> None:
    assert re.search(rf"^(?:async )?def {test}\(", (ROOT / file).read_text(), re.MULTILINE), f"{file} has no {test}"


def test_the_readme_makes_claims_and_gives_the_two_commands_of_the_set_up() -> None:
    assert len(CLAIMS) >= 10
    for command in SET_UP:
        assert f"\n{command}\n" in README


def until_it_sleeps(run_id: str, database_url: str) -> Any:
    """The run, as soon as its sleep has begun; each look is a command of its own, so none follows at once."""
    for _ in range(100):
        shown = json.loads(kagzi("show", run_id, "--json", db=database_url).stdout)
        if any(node["kind"] == "sleep" for node in shown["nodes"]):
            return shown
    raise AssertionError("it never came to its sleep")


def test_after_a_kill_the_run_goes_on_and_nothing_finished_runs_again(database_url: str) -> None:
    for pause in (5, 40):  # on a busy machine, one of five seconds may be over before the process is killed
        words = [*shlex.split(SET_UP[0].partition("kagzi-dsl ")[2]), "-i", f"pause={pause}s"]
        with start_kagzi(*words, db=database_url) as running:
            run_id = run_id_of(running)
            until_it_sleeps(run_id, database_url)
            running.kill()
        asleep = json.loads(kagzi("show", run_id, "--json", db=database_url).stdout)["status"] != "completed"
        with start_kagzi("resume", run_id, db=database_url) as resuming:
            assert run_id_of(resuming) == run_id
            resumed_at = time.time()
            stdout, stderr = resuming.communicate(timeout=PATIENCE)
        assert json.loads(stdout)["processed"] is True
        assert "charging" not in stderr
        history = json.loads(kagzi("history", run_id, "--json", db=database_url).stdout)
        done = [entry["path"] for entry in history if entry["type"] == "node_completed"]
        assert sorted(done) == ["charge", "confirmation", "reserve", "validate_order"]
        [woken] = [entry for entry in history if entry["type"] == "timer_fired"]
        if in_time := asleep and datetime.fromisoformat(woken["at"]).timestamp() < resumed_at + pause:
            break
    assert in_time


ACTIVITIES = """
import asyncio
from pathlib import Path

from kagzi_dsl import ActivityContext, activity


@activity
async def charge(context: ActivityContext) -> str:
    print(f"charging under {context.idempotency_key}", flush=True)
    if not Path("open").exists():
        await asyncio.sleep(3600)
    return context.idempotency_key
"""


def test_what_was_in_flight_runs_again_under_the_same_key(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "activities.py").write_text(ACTIVITIES)
    (tmp_path / "flow.yaml").write_text("workflow: flow\nseq:\n  - activity: charge\n")
    with start_kagzi("run", "flow.yaml", db=database_url, cwd=tmp_path) as running:
        run_id = run_id_of(running)
        assert running.stderr is not None
        before = running.stderr.readline()
        running.kill()
    (tmp_path / "open").touch()
    resumed = kagzi("resume", run_id, db=database_url, cwd=tmp_path)
    key = json.loads(resumed.stdout)
    assert before == f"charging under {key}\n"
    assert before in resumed.stderr
