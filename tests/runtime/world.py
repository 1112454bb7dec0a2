"""A store, engines on it and a client: what tests of the engine are made of."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from patience import PATIENCE

from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.dsl.link import Linked, link_text
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.engine import Engine, Settings
from kagzi_dsl.runtime.store.records import Run

SETTINGS = Settings(poll=0.05, linger=0.02, stop_grace=0.2)


@dataclass
class World:
    """Engines and a client on one store; every engine takes up whatever there is."""

    store: Any
    functions: dict[str, Callable[..., Any]] = field(default_factory=dict)
    settings: Settings = SETTINGS

    def __post_init__(self) -> None:
        self.client = Client(self.store, poll=0.05)

    @property
    def registry(self) -> Registry:
        """The functions as activities, unless they are activities already."""
        given = self.functions.items()
        return Registry.of(*(f if hasattr(f, "__kagzi_activity__") else activity(name=n)(f) for n, f in given))

    def engine(self, **options: Any) -> Engine:
        """An engine that has not been entered yet."""
        return Engine(self.store, self.registry, settings=options.pop("settings", self.settings), **options)

    async def start(self, document: str, input: Any = None, *others: str, **options: Any) -> UUID:
        """Stores a document, and others it calls by name, and starts a run of it for whoever claims it."""
        for other in others:
            await self.client.save(linked(other))
        return (await self.client.start(linked(document), input, **options)).run_id

    async def run(self, document: str, input: Any = None, *others: str, **options: Any) -> Run:
        """Starts a run and waits until it is over; an engine must be there to take it up."""
        run_id = await self.start(document, input, *others, **options)
        return await self.client.wait(run_id, timeout=PATIENCE)

    async def crash(self, engine: Engine) -> None:
        """Ends an engine as a kill would: nothing is handed back, nothing more is written."""
        engine._stopping = True
        for task in engine._tasks:
            task.cancel()
        running = [task for live in engine.live.values() for task in live.tasks.values()]
        engine.abandon_all()
        await asyncio.gather(*engine._tasks, *running, return_exceptions=True)
        await self.store.retire([engine.worker_id])


def linked(document: str) -> Linked:
    """A document that is known to be right."""
    result = link_text(document)
    assert not [d for d in result.diagnostics if d.severity == "error"], result.diagnostics
    return result


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Returns when something holds that others bring about."""
    async with asyncio.timeout(seconds):
        for _ in itertools.count():
            if await holds():
                return
            await asyncio.sleep(0.001)
