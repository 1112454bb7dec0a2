"""`kagzi-dsl stats`, after runs of several outcomes."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import kagzi

FLOW = """
workflow: paying
input: {type: object, properties: {ok: {type: boolean, default: true}}}
seq:
  - activity: charge
    with: {ok: "${ input.ok }"}
    retry: {max_attempts: 2, initial_interval: 1ms}
"""
ACTIVITIES = """
from kagzi_dsl import ActivityContext, ActivityError, activity

@activity
def charge(ok: bool, context: ActivityContext) -> int:
    if not ok:
        raise ActivityError("the bank is closed", code="Unavailable")
    if context.attempt == 1:
        raise ActivityError("try again", code="Unavailable")
    return 1
"""


def test_runs_and_nodes_are_counted_with_failures_and_retries(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "paying.yaml").write_text(FLOW)
    (tmp_path / "activities.py").write_text(ACTIVITIES)
    for given in ("true", "true", "false"):
        kagzi("run", "paying.yaml", "-i", f"ok:={given}", db=database_url, cwd=tmp_path)
    [found] = json.loads(kagzi("stats", "--json", db=database_url, cwd=tmp_path).stdout)
    assert (found["workflow"], found["runs"], found["failures"], found["retries"]) == (
        "paying", {"completed": 2, "failed": 1}, {"Unavailable": 1}, 3,
    )  # fmt: skip
    [node] = found["nodes"]
    assert (node["node"], node["ended"], node["failed"], node["retries"]) == ("charge", 3, 1, 3)
    assert 0 <= found["durations"]["p50"] <= found["durations"]["p95"] <= found["durations"]["p99"]

    text = kagzi("stats", "--workflow", "paying", db=database_url, cwd=tmp_path).stdout.splitlines()
    assert text[0] == "paying: 2 completed, 1 failed"
    assert text[1].startswith("  took p50 ")
    assert text[2:4] == ["  failed with Unavailable (1)", "  3 attempts failed and were tried again"]
    assert text[4].split()[:5] == ["NODE", "KIND", "ENDED", "FAILED", "RETRIES"]
    assert text[5].split()[:5] == ["charge", "activity", "3", "1", "3"]


def test_what_began_before_is_not_counted(tmp_path: Path, database_url: str) -> None:
    kagzi("db", "migrate", db=database_url)
    nothing = kagzi("stats", "--since", "7d", db=database_url)
    assert (nothing.returncode, nothing.stdout, nothing.stderr) == (0, "", "no runs began in the last 7d\n")
    assert "--since" in kagzi("stats", "--since", "soon", db=database_url).stderr
