"""Runs that had ended and are taken up again, on both stores."""

from __future__ import annotations

import asyncio
from typing import Any

from runtime.world import World

from kagzi_dsl import ActivityError
from kagzi_dsl.runtime.core.journal import EntryType

DOCUMENT = """
workflow: w
seq:
  - {id: a, activity: act, with: {name: a}}
  - try:
      parallel:
        left: {activity: act, with: {name: left}}
        right: {activity: act, with: {name: right}, retry: {max_attempts: 1}}
      on_error: wait
    finally: {id: cleanup, activity: act, with: {name: cleanup}}
  - {id: z, activity: act, with: {name: z}}
"""


class Acts:
    """Notes every call; what stands in `broken` fails."""

    def __init__(self, *broken: str) -> None:
        self.calls: list[str] = []
        self.broken = set(broken)

    def world(self, store: Any) -> World:
        async def act(name: str) -> str:
            self.calls.append(name)
            if name in self.broken:
                raise ActivityError(f"{name} is broken", code="Conflict")
            return name

        return World(store, {"act": act})


async def test_a_failed_run_goes_on_from_the_node_it_failed_at(store: Any) -> None:
    acts = Acts("right")
    world = acts.world(store)
    async with world.engine():
        run = await world.run(DOCUMENT)
        assert (run.status, acts.calls) == ("failed", ["a", "left", "right", "cleanup"])
        acts.broken.clear()
        assert await store.reopen(run.id)
        run = await world.client.wait(run.id)
    assert (run.status, run.output) == ("completed", '"z"')
    assert acts.calls == ["a", "left", "right", "cleanup", "right", "cleanup", "z"]


async def test_a_run_that_fails_again_can_be_taken_up_again(store: Any) -> None:
    acts = Acts("right")
    world = acts.world(store)
    async with world.engine():
        run = await world.run(DOCUMENT)
        for _ in range(2):
            assert await store.reopen(run.id)
            assert (await world.client.wait(run.id)).status == "failed"
        acts.broken.clear()
        assert await store.reopen(run.id)
        assert (await world.client.wait(run.id)).status == "completed"
    assert acts.calls.count("right") == 4
    assert acts.calls.count("left") == 1


async def test_a_cancelled_run_goes_on_where_it_was(store: Any) -> None:
    began, open_ = asyncio.Event(), asyncio.Event()
    calls: list[str] = []

    async def act(name: str) -> str:
        calls.append(name)
        if name == "b":
            began.set()
            await open_.wait()
        return name

    world = World(store, {"act": act})
    document = (
        "workflow: w\nseq:\n  - {id: a, activity: act, with: {name: a}}\n  - {id: b, activity: act, with: {name: b}}\n"
    )
    async with world.engine():
        run_id = await world.start(document)
        await began.wait()
        await world.client.cancel(str(run_id))
        assert (await world.client.wait(run_id)).status == "cancelled"
        open_.set()
        assert await store.reopen(run_id)
        assert (await world.client.wait(run_id)).status == "completed"
    assert calls == ["a", "b", "b"]


async def test_a_crash_after_taking_it_up_loses_nothing(store: Any) -> None:
    began, open_ = asyncio.Event(), asyncio.Event()
    calls: list[str] = []

    async def act(name: str) -> str:
        calls.append(name)
        if name == "b" and len(calls) == 2:
            raise ActivityError("broken", code="Conflict")
        if name == "b":
            began.set()
            await open_.wait()
        return name

    world = World(store, {"act": act})
    document = (
        "workflow: w\nseq:\n  - {id: a, activity: act, with: {name: a}}\n  - {id: b, activity: act, with: {name: b}}\n"
    )
    engine = world.engine()
    await engine.__aenter__()
    run = await world.run(document)
    assert run.status == "failed"
    assert await store.reopen(run.id)
    await began.wait()
    await world.crash(engine)
    open_.set()
    async with world.engine():
        assert (await world.client.wait(run.id)).status == "completed"
    assert calls == ["a", "b", "b", "b"]
    journal = await store.journal(run.id)
    assert [entry.seq for entry in journal] == list(range(1, len(journal) + 1))
    assert [entry.type for entry in journal].count(EntryType.RUN_RETRIED) == 1
