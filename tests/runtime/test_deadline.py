"""The deadline a run is given at its start: it times out then, and what was done is undone."""

from __future__ import annotations

from typing import Any

import pytest
from runtime.world import World

from kagzi_dsl.errors import Code, ConfigError
from kagzi_dsl.payload import loads

SAGA = """
workflow: w
saga:
  - {id: a, activity: do, compensate: {activity: undo}}
  - {sleep: 1h}
"""
TIMES = (0.5, 5, 50)
"""Seconds: enough for the first step of a run, if not on this machine then the next one."""


def noting(calls: list[str]) -> dict[str, Any]:
    async def do() -> None:
        calls.append("do")

    async def undo() -> None:
        calls.append("undo")

    return {"do": do, "undo": undo}


async def test_a_run_that_is_not_done_by_its_deadline_is_undone(store: Any) -> None:
    calls: list[str] = []
    world = World(store, noting(calls))
    async with world.engine():
        for within in TIMES:
            run = await world.run(SAGA, within=within)
            if calls:
                break
    assert (run.status, run.compensation, calls) == ("failed", "completed", ["do", "undo"])
    assert (run.failure.code, run.failure.path) == (Code.TIMEOUT, "")
    assert run.failure.message.startswith("the run was not done by its deadline, 20")


async def test_a_run_that_begins_after_its_deadline_does_nothing(store: Any) -> None:
    calls: list[str] = []
    world = World(store, noting(calls))
    async with world.engine():
        run = await world.run(SAGA, deadline=1_000)
    assert (run.status, calls) == ("failed", [])
    assert run.failure.message == "the run was not done by its deadline, 1970-01-01T00:00:01Z"


async def test_the_timeout_of_the_workflow_counts_when_it_passes_before(store: Any) -> None:
    world = World(store, noting([]))
    async with world.engine():
        run = await world.run(SAGA + "timeout: 100ms\n", within=3_600)
    assert run.failure.message == "the run was not done within its timeout of 100ms"


async def test_a_child_nobody_waits_for_has_no_part_in_the_deadline(store: Any) -> None:
    world = World(store)
    document = "workflow: w\nseq:\n  - {id: c, call: child, detach: true}\n  - {sleep: 1h}\n"
    async with world.engine():
        for within in TIMES:
            run = await world.run(document, None, "workflow: child\nset: 1\n", within=within)
            if called := [entry for entry in await store.journal(run.id) if entry.path == "c" and entry.output]:
                break
        [entry] = called
        child = await world.client.run(loads(entry.output)["run_id"])
    assert run.failure.code is Code.TIMEOUT
    assert "deadline" in run.origin
    assert "deadline" not in child.origin


async def test_one_deadline_is_enough(store: Any) -> None:
    with pytest.raises(ConfigError):
        await World(store).start(SAGA, within=1, deadline=1)
