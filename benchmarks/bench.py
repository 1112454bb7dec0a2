"""What benchmarks share: a PostgreSQL of their own with default durability, an engine on it, and a clock."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from kagzi_dsl import activity
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.dsl.link import link_text
from kagzi_dsl.payload import dumps
from kagzi_dsl.runtime import embedded
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.engine import Engine, Settings
from kagzi_dsl.runtime.store.postgres import open_postgres


@activity
async def work(n: int = 0) -> dict[str, Any]:
    """The least an activity can do."""
    return {"ok": True, "n": n}


@contextlib.contextmanager
def database() -> Iterator[str]:
    """The URL of a PostgreSQL made for this benchmark, and gone after it."""
    with tempfile.TemporaryDirectory(prefix="kagzi-bench-") as home, embedded.acquire(home) as lease:
        yield lease.url


@dataclass(frozen=True, slots=True)
class Bench:
    """An engine, and a client of the same store."""

    engine: Engine
    client: Client

    async def seconds(self, document: dict[str, Any], input: Any = None) -> float:
        """How long one run of a document takes, from its start to its end being known."""
        new = await self.client.prepare(link_text(dumps(document)), input)
        began = time.perf_counter()
        await self.engine.start([new])
        run = await self.client.wait(new.id)
        took = time.perf_counter() - began
        assert run.status == "completed", run.failure
        return took


@contextlib.asynccontextmanager
async def bench(url: str) -> AsyncIterator[Bench]:
    """A bench on the database at `url`."""
    store = await open_postgres(url, migrated=True)
    try:
        async with Engine(store, Registry.of(work), settings=Settings()) as engine:
            yield Bench(engine, Client(store))
    finally:
        await store.close()
