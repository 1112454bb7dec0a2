"""Engines and workers whose start or end is cancelled, or fails: nothing goes on, and nobody waits in vain."""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys
from collections.abc import Callable, Collection
from typing import Any

import pytest
from cancelling import cancelled_after
from runtime.test_worker import TWO, Slow, worker
from runtime.world import World, linked, until

from kagzi_dsl import Client
from kagzi_dsl.cli.follow import Foreground
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.session import Session
from kagzi_dsl.errors import DatabaseUnavailable, StoreError
from kagzi_dsl.runtime.engine import Engine
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.records import Run

Tasks = Collection[asyncio.Task[Any]]


async def nothing_is_left(before: Tasks) -> None:
    """Returns when no task is there that was not there `before`."""

    async def quiet() -> bool:
        return not asyncio.all_tasks() - set(before)

    await until(quiet)


async def test_an_engine_whose_end_is_cancelled_at_any_moment_leaves_nothing_at_work() -> None:
    before = asyncio.all_tasks()
    for turns in itertools.count(1):
        slow = Slow()
        world = slow.world(MemoryStore())
        engine = await world.engine().__aenter__()
        await world.start(TWO)
        await slow.began.wait()
        over = await cancelled_after(turns, asyncio.create_task(engine.stop()))
        await nothing_is_left(before)
        assert not engine.live
        if over:
            break
    assert turns > 3


@pytest.mark.parametrize("drains", [False, True])
async def test_a_worker_that_is_cancelled_at_any_moment_leaves_nothing_at_work(drains: bool) -> None:
    before = asyncio.all_tasks()
    for turns in range(30):
        slow = Slow()
        world = slow.world(MemoryStore())
        one = worker(world, health_port=0)
        work = asyncio.create_task(one.run())
        if drains:
            await world.start(TWO)
            await slow.began.wait()
            one.stop()
        assert not await cancelled_after(turns, work)
        await nothing_is_left(before)


class Failing:
    """A store of which one method fails when it is told to."""

    def __init__(self, method: str, fail: Callable[[], Any]) -> None:
        self._store = MemoryStore()
        self._method = method
        self._fail = fail
        self.fails = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._store, name)
        if name != self._method:
            return inner

        async def failing(*arguments: Any, **options: Any) -> Any:
            return self._fail() if self.fails.is_set() else await inner(*arguments, **options)

        return failing


def refuse() -> None:
    raise StoreError("permission denied")


async def test_an_engine_that_cannot_say_goodbye_leaves_nothing_at_work() -> None:
    before = asyncio.all_tasks()
    store = Failing("retire", refuse)
    with pytest.raises(StoreError, match="permission denied"):
        async with World(store).engine():
            store.fails.set()
    await nothing_is_left(before)


async def test_a_worker_that_loses_the_database_as_it_drains_says_so_and_waits_no_longer() -> None:
    store = Failing("commit", refuse)
    slow = Slow()
    world = slow.world(store)
    draining = worker(world, drain=1e6)
    work = asyncio.create_task(draining.run())
    await world.start(TWO)
    await slow.began.wait()
    draining.stop()
    while draining._engine._emptied.is_set():  # noqa: ASYNC110 – until it waits for what runs
        await asyncio.sleep(0)
    store.fails.set()
    slow.release.set()
    with pytest.raises(StoreError, match="permission denied"):
        await work


async def test_an_interruption_is_no_error_although_the_database_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    def be_gone() -> None:
        raise DatabaseUnavailable("the database cannot be reached")

    store = Failing("run", be_gone)
    slow = Slow()
    world = slow.world(store)
    client = Client(store, poll=1e6)
    new = await client.prepare(linked(TWO), None)

    async def begin(_: Foreground, engine: Engine) -> Run:
        await engine.start([new])
        run: Run = await store.run(new.id)
        return run

    manner = Manner(database=None, namespace="default", as_json=False, quiet=True, debug=False)
    session = Session(manner, client, sys.stdout)
    following = asyncio.create_task(session.work_on(world.registry, new.root_id, begin))
    await slow.began.wait()
    store.fails.set()
    signal.raise_signal(signal.SIGINT)
    assert await following == 130
    assert f"goes on with: kagzi-dsl resume {new.id}" in capsys.readouterr().err
