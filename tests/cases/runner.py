"""Runs behaviour cases: a document, how its activities behave, and what must come of it.

A case is one item of a list in a YAML file:

    - name: the failed step's compensations run in reverse
      document: |
        workflow: w
        saga: …
      input: {…}
      activities:
        charge: {returns: {id: 7}}                       # or a constant, `echo: true` to return the arguments
        ship: {fails: {code: Conflict, message: gone}, times: 1, takes: 5s}
      signals: [[2, approve, {by: ada}]]                 # seconds after the start, name, payload
      cancel_after: 3
      expect:
        status: failed
        output: …
        error: {code: Conflict, path: ship}              # the fields named here are compared
        calls: [charge, ship, refund]                    # activities in the order they were called
        nodes: {ship: failed}
        elapsed: 5s
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from kagzi_dsl import ActivityContext
from kagzi_dsl.duration import parse_duration
from kagzi_dsl.errors import ActivityError
from kagzi_dsl.testing import Simulated, simulate

HERE = Path(__file__).parent


def load_cases() -> list[tuple[str, dict[str, Any]]]:
    """Every case of every file, under `file: name`."""
    return [
        (f"{file.stem}: {case['name']}", case)
        for file in sorted(HERE.glob("*.yaml"))
        for case in yaml.safe_load(file.read_text())
    ]


def behaving(name: str, behaviour: Any, calls: list[str]) -> Callable[..., Any]:
    """An activity that behaves as a case says, and notes each call."""
    spec = behaviour if isinstance(behaviour, Mapping) else {"returns": behaviour}
    attempts: dict[tuple[str, int], int] = {}

    async def activity(context: ActivityContext, **arguments: Any) -> Any:
        calls.append(name)
        # An attempt that is made again after a kill is still the same attempt.
        number = attempts.setdefault((context.idempotency_key, context.attempt), len(attempts) + 1)
        if "takes" in spec:
            await asyncio.sleep(parse_duration(spec["takes"]) / 1000)
        if "fails" in spec and number <= spec.get("times", 10**9):
            raise ActivityError(**spec["fails"])
        return arguments if spec.get("echo") else spec.get("returns")

    return activity


def play(case: Mapping[str, Any]) -> tuple[Simulated, list[str]]:
    """Runs a case; what came of it, and which activities were called, in order."""
    calls: list[str] = []
    activities = {name: behaving(name, spec, calls) for name, spec in case.get("activities", {}).items()}
    run = simulate(
        case["document"],
        case.get("input"),
        activities=activities,
        signals=[tuple(signal) for signal in case.get("signals", [])],
        cancel_after=case.get("cancel_after"),
    )
    return run, calls


def judge(case: Mapping[str, Any]) -> None:
    """Plays a case and compares what came of it with what is expected."""
    run, calls = play(case)
    expected = dict(case["expect"])
    error = run.error.as_json() if run.error else {}
    seen: dict[str, Any] = {
        "status": run.status,
        "output": run.output,
        "error": {key: error.get(key) for key in expected.get("error", {})},
        "compensation": run.compensation,
        "calls": calls,
        "nodes": {path: run.node(path).status for path in expected.get("nodes", {})},
        "elapsed": f"{round(run.elapsed.total_seconds() * 1000)}ms",
    }
    if "elapsed" in expected:
        expected["elapsed"] = f"{parse_duration(expected['elapsed'])}ms"
    assert {key: seen[key] for key in expected} == expected, (seen, run.error)
