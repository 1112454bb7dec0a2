"""Looking on from outside: until a run is over, and what happens in it meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from kagzi_dsl.errors import RunNotFound
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.protocol import Store, Topic
from kagzi_dsl.runtime.store.records import ENDED, Run


async def until_over(store: Store, run_id: UUID, *, poll: float) -> Run:
    """The run once it is over; it is looked at every `poll` seconds, and when a hint comes. Raises RunNotFound."""
    async with _hinted(store, run_id) as changed:
        while True:
            run = await run_of(store, run_id)
            if run.status in ENDED:
                return run
            await changed(poll)


async def follow(store: Store, run_id: UUID, *, poll: float) -> AsyncIterator[Entry]:
    """The entries of a run's journal from the first, each when it is there, until the run is over.

    Raises RunNotFound.
    """
    seen = -1
    async with _hinted(store, run_id) as changed:
        while True:
            # In this order: what is known of a run that is over is then all there is.
            run = await run_of(store, run_id)
            for entry in await store.journal(run_id, after=seen):
                seen = entry.seq
                yield entry
            if run.status in ENDED:
                return
            await changed(poll)


async def run_of(store: Store, run_id: UUID) -> Run:
    """A run by its id. Raises RunNotFound."""
    run = await store.run(run_id)
    if run is None:
        raise RunNotFound(str(run_id))
    return run


@contextlib.asynccontextmanager
async def _hinted(store: Store, run_id: UUID) -> AsyncIterator[Callable[[float], Awaitable[None]]]:
    """What waits for a hint that the run has ended, so many seconds at most."""
    event = asyncio.Event()

    def heard(topic: Topic, key: str) -> None:
        if topic == "ended" and key in ("", str(run_id)):
            event.set()

    async def changed(seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()
        event.clear()

    stop = store.subscribe(heard)
    try:
        yield changed
    finally:
        stop()
