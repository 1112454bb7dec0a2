"""Runs that a worker holds and does not work on."""

from __future__ import annotations

import asyncio
from typing import Any

from patience import PATIENCE
from runtime.world import World

from kagzi_dsl.runtime.strays import Strays

TWO = """
workflow: two
seq:
  - {id: a, activity: step, with: {name: a}}
  - {id: b, activity: step, with: {name: b}}
"""


class Steps:
    """An activity that notes its calls, and whose step `b` waits until it may go on."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    def world(self, store: Any) -> World:
        async def step(name: str) -> None:
            self.calls.append(name)
            if name == "b":
                self.reached.set()
                await self.open.wait()

        return World(store, {"step": step})


async def test_a_run_that_is_held_and_lives_nowhere_is_handed_back_and_goes_on(store: Any) -> None:
    steps = Steps()
    world = steps.world(store)
    async with world.engine() as engine:
        run_id = await world.start(TWO)
        await steps.reached.wait()
        engine.live.pop(run_id).close()
        steps.open.set()
        strays = Strays(engine)
        await strays.look()
        await engine.writer.flush()
        assert await store.fences(engine.worker_id) == {run_id: 1}, "it may be on its way"
        await strays.look()
        run = await world.client.wait(run_id, timeout=PATIENCE)
    assert (run.status, run.fence) == ("completed", 2)
    assert steps.calls == ["a", "b", "b"]


async def test_runs_that_are_worked_on_are_nobodys_strays(store: Any) -> None:
    steps = Steps()
    world = steps.world(store)
    async with world.engine() as engine:
        run_id = await world.start(TWO)
        await steps.reached.wait()
        strays = Strays(engine)
        for _ in range(3):
            await strays.look()
        await engine.writer.flush()
        assert await store.fences(engine.worker_id) == {run_id: 1}
        steps.open.set()
        run = await world.client.wait(run_id, timeout=PATIENCE)
    assert (run.status, run.fence) == ("completed", 1)
