"""An engine that is stopped while a run is being started: nobody waits for its lease."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from runtime.world import World, linked

from kagzi_dsl.runtime.client import Client


class Halting:
    """A store of which one method waits before it does anything."""

    def __init__(self, store: Any, method: str) -> None:
        self._store = store
        self._method = method
        self.reached = asyncio.Event()
        self.release = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._store, name)
        if name != self._method:
            return inner

        async def halted(*arguments: Any, **options: Any) -> Any:
            self.reached.set()
            await self.release.wait()
            return await inner(*arguments, **options)

        return halted


@pytest.mark.parametrize("method", ["start", "run", "definitions"])
async def test_a_start_that_a_stop_comes_upon_is_free_for_others_at_once(store: Any, method: str) -> None:
    async def work() -> int:
        return 1

    halting = Halting(store, method)
    world, other = World(halting, {"work": work}), World(store, {"work": work})
    new = await Client(store).prepare(linked("workflow: w\nactivity: work\n"), None)
    engine = world.engine(roots=set())
    await engine.__aenter__()
    starting = asyncio.ensure_future(engine.start([new]))
    await halting.reached.wait()
    stopping = asyncio.ensure_future(engine.stop())
    await asyncio.sleep(0)
    halting.release.set()
    await stopping
    await starting
    assert not engine.live
    async with other.engine():
        run = await other.client.wait(new.id)
    assert run.output == "1"
