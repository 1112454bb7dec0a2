"""A run that does a little of everything: what is played while something between the engine and its database breaks."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from patience import PATIENCE
from runtime.world import World, linked

from kagzi_dsl import ActivityContext, activity
from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.engine import Settings
from kagzi_dsl.runtime.store.postgres import open_postgres

CHILD = "workflow: child\nseq:\n  - activity: note\n    with: {what: child}\n    retry: {max_attempts: 9}\n"
DOCUMENT = """
workflow: voyage
defaults: {retry: {max_attempts: 9, initial_interval: 10ms}}
seq:
  - {id: first, activity: note, with: {what: first}}
  - {id: paid, activity: pay, timeout: 3s, with: {amount: "${ input.amount }"}}
  - parallel:
      left: {activity: note, with: {what: left}}
      right: {sleep: 20ms}
  - {id: child, call: child}
  - {id: gone, wait_for: go}
  - {id: told, signal: twice, to: "${ run.id }", with: 2}
  - {id: heard, wait_for: twice}
  - {signal: last, to: "${ run.id }"}
  - {wait_for: last}
output: {paid: "${ steps.paid }", child: "${ steps.child }", go: "${ steps.gone }", heard: "${ steps.heard }"}
"""
EXPECTED = {"paid": 7, "child": "child", "go": 1, "heard": 2}
SETTINGS = Settings(poll=0.1, linger=0.02, stop_grace=0.2, lease_ms=60_000)
SILENCE = 1.0


@activity
async def note(what: str) -> str:
    return what


@activity(transactional=True)
async def pay(amount: int, context: ActivityContext) -> int:
    await context.connection.execute("insert into public.paid values ($1, $2)", str(context.run_id), amount)
    return amount


ACTIVITIES = {"note": note, "pay": pay}


@dataclass
class Voyage:
    """One run of the document. `url` is how the engine reaches the database, `direct` how it is looked at.

    Its engine takes up whatever there is, or, where there are `others` beside it, what is its own.
    """

    url: str
    direct: str
    others: bool = False

    async def made(self) -> UUID:
        """Plays it from opening the database to closing it."""
        return await asyncio.wait_for(self._played(), timeout=PATIENCE)

    async def _played(self) -> UUID:
        store = await opened(self.url)
        try:
            world = World(store, ACTIVITIES, settings=SETTINGS)
            async with world.engine(roots=set() if self.others else None) as engine:
                await world.client.save(linked(CHILD))
                started = await world.client.start(linked(DOCUMENT), {"amount": 7})
                assert started.created
                if engine.roots is not None:
                    engine.roots.add(started.run_id)
                    engine.wake()
                await world.client.signal(str(started.run_id), "go", 1)
                over = asyncio.ensure_future(world.client.wait(started.run_id))
                await asyncio.wait({over, engine.failed}, return_when=asyncio.FIRST_COMPLETED)
                if engine.failed.done():
                    engine.failed.result()
                await over
            return started.run_id
        finally:
            await store.close()

    async def ended_well(self, run_id: UUID) -> None:
        """Checks what came of it."""
        connection = await asyncpg.connect(self.direct)
        try:
            runs = await connection.fetch("select * from kagzi.overview where root_id = $1", run_id)
            ids = [run["id"] for run in runs]
            journal = await connection.fetch("select * from kagzi.journal where run_id = any($1)", ids)
            paid = await connection.fetch("select amount from paid where run = $1", str(run_id))
            assert [row["amount"] for row in paid] == [7]
            assert not await connection.fetch("select from kagzi.inbox where run_id = any($1)", ids)
        finally:
            await connection.close()
        check(runs, journal)


def check(runs: list[Any], journal: list[Any]) -> None:
    """The run and its one child completed as they should, and what happened is in their journals, each thing once."""
    assert sorted(run["workflow"] for run in runs) == ["child", "voyage"]
    assert {run["status"] for run in runs} == {"completed"}, [run["failure"] for run in runs]
    assert json.loads(next(run["output"] for run in runs if run["workflow"] == "voyage")) == EXPECTED
    for run in runs:
        entries = [entry for entry in journal if entry["run_id"] == run["id"]]
        assert sorted(entry["seq"] for entry in entries) == [*range(1, len(entries) + 1)]
        ended = Counter(entry["path"] for entry in entries if entry["type"].startswith("node_"))
        assert set(ended.values()) == {1}, ended
    # Whatever was sent once more came before the last.
    assert Counter(entry["type"] for entry in journal)["signal_arrived"] == 3


async def opened(url: str) -> Any:
    """The store. Opening one does not insist, so that who types a command hears at once that there is no database."""
    while True:
        try:
            return await open_postgres(url, patience=60, silence=SILENCE)
        except DatabaseUnavailable:
            await asyncio.sleep(0)


async def prepare(url: str) -> None:
    """Makes the table that the transactional activity writes to."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("create table if not exists public.paid (run text, amount int)")
    finally:
        await connection.close()
