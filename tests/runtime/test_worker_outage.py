"""A worker whose lease has ended, or whose database is away: it lets go of everything, waits, and goes on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from patience import PATIENCE
from runtime.test_worker import TWO, Slow
from runtime.world import SETTINGS, World
from store.pg_proxy import Proxy, proxied

from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.postgres import open_postgres
from kagzi_dsl.runtime.worker import Worker, WorkerOptions

SHORT = replace(SETTINGS, lease_ms=1_500)
"""A lease whose end a test can wait for."""
WAITING = "waiting for the database\n"


def worker(world: World, **options: Any) -> Worker:
    return Worker(world.client, world.registry, WorkerOptions(settings=SHORT, **options))


@asynccontextmanager
async def far_store(database_url: str) -> AsyncIterator[tuple[Any, Proxy]]:
    """A store that soon gives up on a database that is away, and what keeps it away."""
    async with proxied(database_url) as proxy:
        store = await open_postgres(proxy.url, patience=0.2)
        try:
            yield store, proxy
        finally:
            await store.close()


@asynccontextmanager
async def near_store(database_url: str) -> AsyncIterator[Any]:
    store = await open_postgres(database_url)
    try:
        yield store
    finally:
        await store.close()


def take_away(proxy: Proxy) -> None:
    proxy.open.clear()
    proxy.cut()


async def until_ready_says(worker: Worker, text: str) -> None:
    while worker.health_port is None:  # noqa: ASYNC110 – it serves nothing yet
        await asyncio.sleep(0)
    async with httpx.AsyncClient(timeout=PATIENCE) as http:
        while (await http.get(f"http://127.0.0.1:{worker.health_port}/readyz")).text != text:
            pass


async def test_a_worker_whose_lease_was_ended_goes_on_with_a_new_one(
    store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kagzi_dsl.worker")
    slow = Slow()
    world = slow.world(store)
    async with worker(world):
        run_id = await world.start(TWO)
        await slow.began.wait()
        slow.began.clear()
        first = (await store.run(run_id)).owner
        await store.retire([first])
        await slow.began.wait()
        assert (await store.run(run_id)).owner != first
        slow.release.set()
        assert (await world.client.wait(run_id)).status == "completed"
    assert slow.calls >= 3, "the attempt that was let go of was made again"
    assert "the lease was lost; every run was let go; this worker goes on when the database answers" in caplog.messages
    assert "the database answers: this worker goes on" in caplog.messages


async def test_a_worker_outlasts_a_database_that_is_away_for_longer_than_its_lease(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kagzi_dsl")
    slow = Slow()
    async with near_store(database_url) as near, far_store(database_url) as (far, proxy):
        watching = World(near)
        one = worker(slow.world(far), health_port=0)
        async with one:
            run_id = await watching.start(TWO)
            await slow.began.wait()
            slow.began.clear()
            take_away(proxy)
            await until_ready_says(one, WAITING)
            async with httpx.AsyncClient(timeout=PATIENCE) as http:
                alive = await http.get(f"http://127.0.0.1:{one.health_port}/healthz")
            assert alive.status_code == 200, "it is not by being restarted that the database comes back"
            assert not slow.began.is_set()
            proxy.open.set()
            await slow.began.wait()
            slow.release.set()
            assert (await watching.client.wait(run_id)).status == "completed"
            await until_ready_says(one, "ok\n")
            assert "the connection to the database was lost; trying again" in caplog.messages
            while "connected to the database again" not in caplog.messages:  # noqa: ASYNC110 – it listens again
                await asyncio.sleep(0.01)


async def test_a_worker_that_waits_for_its_database_can_be_stopped(database_url: str) -> None:
    async with far_store(database_url) as (far, proxy):
        one = worker(World(far), health_port=0)
        work = asyncio.ensure_future(one.run())
        await until_ready_says(one, "ok\n")
        take_away(proxy)
        await until_ready_says(one, WAITING)
        one.stop()
        with pytest.raises(StoreError):
            await work


async def test_what_waiting_does_not_help_against_ends_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: Any, **__: Any) -> None:
        raise StoreError("permission denied for table queue")

    store = MemoryStore()
    monkeypatch.setattr(store, "claim", refuse)
    with pytest.raises(StoreError, match="permission denied"):
        await worker(World(store)).run()
