"""Golden databases: dumps of databases with runs in flight, as they were written by the formats there have been.

`python -m faults.golden` in the folder `tests` adds one of today's format, under the number of the newest migration.
Those that are there stay as they are: they show that what was started then ends now.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import asyncpg
from database_server import in_database
from faults.voyage import ACTIVITIES, CHILD, DOCUMENT, SETTINGS, opened
from runtime.world import World, linked, until

from kagzi_dsl import ActivityError, activity
from kagzi_dsl.runtime import embedded
from kagzi_dsl.runtime.embedded.program import environment, program
from kagzi_dsl.runtime.engine import Engine
from kagzi_dsl.runtime.offer import Offer
from kagzi_dsl.runtime.store.postgres import migrate
from kagzi_dsl.runtime.store.postgres.queries import migrations
from kagzi_dsl.runtime.store.records import RunFilter

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
FILM = "workflow: film\nseq:\n  - {id: picture, activity: hold, queue: gpu}\n"
HELD = "workflow: held\nqueue: gpu\nactivity: hold\n"
ONE_EACH = """
workflow: one-each
input: {type: object, properties: {tenant: {type: string}}}
run: {concurrency: [{limit: 2}, {key: "${ input.tenant }", limit: 1}]}
wait_for: stop
"""
PAUSED = "workflow: paused\nwait_for: stop\n"
ENDS = {"backing-off": "completed", "undoing": "failed", "looping": "completed", "voyage": "completed",
        "child": "completed", "ended": "completed", "film": "completed", "held": "completed",
        "one-each": "completed", "paused": "completed"}  # fmt: skip
"""How each workflow's runs end when what they wait for comes."""
SIGNALS = {"looping": "next", "undoing": "stop", "one-each": "stop", "paused": "stop"}
"""What their runs wait for."""
BEGUN = {"backing-off": ["sleeping"], "undoing": ["waiting"], "looping": ["waiting"], "voyage": ["waiting"],
         "child": ["completed"], "ended": ["completed"], "film": ["waiting"] * 2,
         "one-each": ["pending"] * 2 + ["waiting"] * 2, "paused": ["paused"]}  # fmt: skip
"""How they stand when a dump is made, but for those that come after."""


@activity
async def flaky() -> str:
    raise ActivityError("not now", code="Unavailable")


@activity
async def hold() -> None:
    await asyncio.Event().wait()


async def fill(url: str, dump: Callable[[], object]) -> None:
    """Brings runs of every kind on their way: waiting, backing off, in a loop, with messages, under limits, paused.

    `dump` is called while a worker is in the middle of its work, as a kill would find it.
    """
    connection = await asyncpg.connect(url)
    await connection.execute("create table public.paid (run text, amount int)")
    await connection.close()
    store = await opened(url)
    world = World(store, {**ACTIVITIES, "flaky": flaky}, settings=SETTINGS)
    gpu = World(store, {"hold": hold}, settings=SETTINGS)
    await world.client.limit_queue("gpu", concurrency=2)
    await world.client.schedules.create("yearly", linked(ENDED), cron="0 0 1 1 *")
    async with serving(gpu, "gpu"):
        await world.start(HELD)
        await until(lambda: stands(world, {"held": ["running"]}))
        async with serving(world, "default"):
            await begin(world)
        # These nobody has looked at yet.
        await world.client.signal("the voyage", "go", 1)
        await world.start(SAGA)
        dump()
    await store.close()


def serving(world: World, queue: str) -> Engine:
    """An engine that works for one queue, as a worker does."""
    return world.engine(offer=Offer(world.store, world.registry, namespace="default", queues=[queue]))


async def begin(world: World) -> None:
    """Starts what an engine is to leave in all the states there are, and returns when it is there."""
    for document in (ENDED, BACKOFF, SAGA, FILM, FILM):
        await world.start(document)
    await world.start(LOOP, external_id="the loop")
    await world.start(DOCUMENT, {"amount": 7}, CHILD, external_id="the voyage")
    for tenant in ("one", "one", "other", "third"):
        await world.start(ONE_EACH, {"tenant": tenant})
    await world.start(PAUSED, external_id="the pause")
    await world.client.pause("the pause")
    await world.client.signal("the loop", "next", 1)
    await until(lambda: stands(world, BEGUN))


async def stands(world: World, wanted: dict[str, list[str]]) -> bool:
    """Whether the runs of each workflow have these statuses, and tasks fill what the limit of their queue leaves."""
    runs = await world.store.list_runs(RunFilter(limit=100))
    found = {name: sorted(run.status for run in runs if run.workflow == name) for name in wanted}
    slots = [queue.slots for queue in await world.client.queues() if queue.queue == "gpu"]
    return found == wanted and slots == [2 if "film" in wanted else 1]


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
        url = in_database(lease.url, name)
        asyncio.run(migrate(url))
        FOLDER.mkdir(exist_ok=True)
        number, word, _ = migrations()[-1]
        golden = FOLDER / f"{number:04}_{word}.sql"
        asyncio.run(fill(url, lambda: golden.write_text(dumped(url))))
        asyncio.run(alone(f"drop database {name}"))


if __name__ == "__main__":
    main()
