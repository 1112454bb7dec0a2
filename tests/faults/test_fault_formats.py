"""Golden databases: runs started by earlier formats of everything that is stored end on the current one."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from faults.conftest import Fault
from faults.golden import ENDS, FOLDER, SIGNALS
from faults.voyage import ACTIVITIES, EXPECTED, SETTINGS, opened
from patience import PATIENCE
from runtime.world import World

from kagzi_dsl import Client, activity
from kagzi_dsl.errors import RunConflict
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.store.postgres import migrate
from kagzi_dsl.runtime.store.postgres.queries import migrations
from kagzi_dsl.runtime.store.records import ENDED, Run, RunFilter

GOLDEN = sorted(FOLDER.glob("*.sql"))
EVERYWHERE = {"backing-off", "undoing", "looping", "voyage", "child", "ended"}
"""Workflows that have runs in every dump."""
OUTPUTS = {"backing-off": "at last", "looping": [1, 1, 1], "voyage": EXPECTED, "child": "child", "ended": "done",
           "film": "let go", "held": "let go", "one-each": 1, "paused": 1}  # fmt: skip


@activity
async def flaky() -> str:
    """It failed when the database was kept."""
    return "at last"


@activity
async def hold() -> str:
    """It was under way when the database was kept."""
    return "let go"


async def restored(url: str, text: str) -> dict[UUID, str]:
    """Makes a database what it was; the workflow of each run in it."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(text)
        return {row["id"]: row["workflow"] for row in await connection.fetch("select id, workflow from kagzi.runs")}
    finally:
        await connection.close()


async def ended(url: str) -> dict[UUID, Run]:
    """Gives every run what it waits for, starts one of each schedule, and says how they end."""
    store = await opened(url)
    world = World(store, {**ACTIVITIES, "flaky": flaky, "hold": hold}, settings=SETTINGS)
    for schedule in await world.client.schedules.all():
        await world.client.schedules.trigger(schedule.id)
    async with world.engine():
        while left := [run for run in await store.list_runs(RunFilter(limit=100)) if run.status not in ENDED]:
            for run in left:
                await nudge(world.client, run)
            await asyncio.sleep(0.05)
    runs = await store.list_runs(RunFilter(limit=100))
    for run in runs:
        await world.client.show(str(run.id))
    await store.close()
    return {run.id: run for run in runs}


async def nudge(client: Client, run: Run) -> None:
    # It may have gone on since it was looked at.
    with suppress(RunConflict):
        if run.status == "paused":
            await client.unpause(str(run.id))
        if run.status == "waiting" and (word := SIGNALS.get(run.workflow)):
            await client.signal(str(run.id), word, 1)


def end_of(run: Run) -> tuple[str, Any, str]:
    return run.status, None if run.output is None else loads(run.output), run.compensation


def expected(workflow: str) -> tuple[str, Any, str]:
    """How its runs end: all its output, and whether it is undone."""
    return ENDS[workflow], OUTPUTS.get(workflow), "completed" if workflow == "undoing" else ""


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_runs_of_earlier_formats_end_on_this_one(
    golden: Path, fault: Fault, empty_database_url: str, runner: asyncio.Runner
) -> None:
    were = runner.run(restored(empty_database_url, golden.read_text()))
    runner.run(migrate(empty_database_url))
    runs = runner.run(asyncio.wait_for(ended(empty_database_url), timeout=PATIENCE))
    as_then = [run_id for run_id, workflow in were.items() if end_of(runs[run_id]) == expected(workflow)]
    assert {run.status for run in runs.values() if run.id not in were} <= {"completed"}, "what a schedule started"
    assert set(were.values()) >= EVERYWHERE
    fault.tell(
        golden.stem, "Runs that were in flight in a database of an earlier format end on the current one, as they "
        "would have then.",
        case="runs", held=len(as_then), of=len(were), workflows=len(set(were.values())),
    )  # fmt: skip


def test_a_golden_database_is_kept_of_the_newest_format() -> None:
    newest, word, _ = migrations()[-1]
    assert f"{newest:04}_{word}" in [path.stem for path in GOLDEN], "`python -m faults.golden` in tests adds it"
