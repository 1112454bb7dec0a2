"""Golden databases: runs started by earlier formats of everything that is stored end on the current one."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import asyncpg
import pytest
from faults.conftest import Fault
from faults.golden import ENDS, FOLDER
from faults.voyage import ACTIVITIES, SETTINGS, opened
from patience import PATIENCE
from runtime.world import World

from kagzi_dsl import activity
from kagzi_dsl.runtime.store.postgres import migrate
from kagzi_dsl.runtime.store.records import ENDED, RunFilter

GOLDEN = sorted(FOLDER.glob("*.sql"))


@activity
async def flaky() -> str:
    """It failed when the database was kept."""
    return "at last"


async def restored(url: str, text: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(text)
    finally:
        await connection.close()


async def ended(url: str) -> Counter[tuple[str, str]]:
    """Gives every run what it waits for, and counts how they end."""
    store = await opened(url)
    world = World(store, {**ACTIVITIES, "flaky": flaky}, settings=SETTINGS)
    async with world.engine():
        while left := [run for run in await store.list_runs(RunFilter(limit=100)) if run.status not in ENDED]:
            for run in left:
                for word in {"looping": ["next"], "undoing": ["stop"]}.get(run.workflow, []):
                    if run.status == "waiting":
                        await world.client.signal(str(run.id), word, 1)
            await asyncio.sleep(0.05)
    runs = await store.list_runs(RunFilter(limit=100))
    for run in runs:
        await world.client.show(str(run.id))
    await store.close()
    return Counter((run.workflow, run.status) for run in runs)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_runs_of_earlier_formats_end_on_this_one(
    golden: Path, fault: Fault, empty_database_url: str, runner: asyncio.Runner
) -> None:
    runner.run(restored(empty_database_url, golden.read_text()))
    runner.run(migrate(empty_database_url))
    ends = runner.run(asyncio.wait_for(ended(empty_database_url), timeout=PATIENCE))
    assert dict(ends.keys()) == ENDS
    assert len(ends) == len(ENDS)
    fault.tell(
        golden.stem, "Runs that were in flight in a database of an earlier format end on the current one, as they "
        "would have then.",
        case="runs", held=ends.total(), of=ends.total(), workflows=len(ends),
    )  # fmt: skip


def test_golden_databases_are_kept() -> None:
    assert GOLDEN
