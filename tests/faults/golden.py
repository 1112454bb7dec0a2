"""Golden databases: dumps of databases with runs in flight, as they were written by the formats there have been.

`python -m faults.golden` in the folder `tests` adds one of today's format, under the number of the newest migration.
Those that are there stay as they are: they show that what was started then ends now.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import asyncpg
from faults.voyage import ACTIVITIES, CHILD, DOCUMENT, SETTINGS, opened
from runtime.world import World

from kagzi_dsl import ActivityError, activity
from kagzi_dsl.runtime import embedded
from kagzi_dsl.runtime.embedded.program import environment, program
from kagzi_dsl.runtime.store.postgres import migrate
from kagzi_dsl.runtime.store.postgres.queries import migrations

FOLDER = Path(__file__).parent / "golden"
BACKOFF = """
workflow: backing-off
activity: flaky
retry: {max_attempts: 5, initial_interval: 1s}
"""
SAGA = """
workflow: undoing
saga:
  - {id: one, activity: note, with: {what: one}, compensate: {activity: note, with: {what: undo one}}}
  - {id: two, activity: note, with: {what: two}, compensate: {activity: note, with: {what: undo two}}}
  - {wait_for: stop}
  - {fail: {code: Conflict, message: told to}}
"""
LOOP = """
workflow: looping
seq:
  - foreach: [1, 2, 3]
    limit: 1
    do: {seq: [{activity: note, with: {what: "${ to_string(item) }"}}, {wait_for: next}]}
"""
ENDED = "workflow: ended\nactivity: note\nwith: {what: done}\n"
ENDS = {"backing-off": "completed", "undoing": "failed", "looping": "completed", "voyage": "completed",
        "child": "completed", "ended": "completed"}  # fmt: skip
"""How each workflow's runs end when what they wait for comes."""


@activity
async def flaky() -> str:
    raise ActivityError("not now", code="Unavailable")


async def fill(url: str) -> None:
    """Brings runs of every kind on their way, and leaves them there: waiting, backing off, in a loop, with messages."""
    connection = await asyncpg.connect(url)
    await connection.execute("create table public.paid (run text, amount int)")
    await connection.close()
    store = await opened(url)
    world = World(store, {**ACTIVITIES, "flaky": flaky}, settings=SETTINGS)
    async with world.engine():
        ended = await world.start(ENDED)
        runs = [await world.start(BACKOFF), await world.start(SAGA), await world.start(LOOP)]
        runs += [await world.start(DOCUMENT, {"amount": 7}, CHILD)]
        await world.client.wait(ended)
        await world.client.signal(str(runs[2]), "next", 1)
        wanted = ["sleeping", *["waiting"] * 3]
        while [run.status for run in [await store.run(one) for one in runs]] != wanted:  # noqa: ASYNC110 – a database
            await asyncio.sleep(0.01)
    # These nobody has looked at yet.
    await world.client.signal(str(runs[3]), "go", 1)
    await world.start(SAGA)
    await store.close()


def dumped(url: str) -> str:
    """A database as SQL that any session can run. What names this server or this day is left out."""
    made = subprocess.run(
        [program("pg_dump"), "--no-owner", "--no-privileges", "--inserts", url],
        env=environment(), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    left_out = re.compile(r"--|\\|SET |SELECT pg_catalog.set_config")
    kept = (line for line in made.splitlines() if line and not left_out.match(line))
    return "\n".join(kept) + "\n"


def main() -> None:
    with embedded.acquire() as lease:
        name = "kagzi_golden"

        async def alone(statement: str) -> None:
            connection = await asyncpg.connect(lease.url)
            await connection.execute(statement)
            await connection.close()

        asyncio.run(alone(f"drop database if exists {name}"))
        asyncio.run(alone(f"create database {name}"))
        url = lease.url.replace("/kagzi?", f"/{name}?")
        asyncio.run(migrate(url))
        asyncio.run(fill(url))
        FOLDER.mkdir(exist_ok=True)
        number, word, _ = migrations()[-1]
        (FOLDER / f"{number:04}_{word}.sql").write_text(dumped(url))
        asyncio.run(alone(f"drop database {name}"))


if __name__ == "__main__":
    main()
