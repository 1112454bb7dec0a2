"""The chain of a journal through everything that happens to a run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any
from uuid import UUID

from runtime.test_reopening import DOCUMENT, Acts
from runtime.world import World
from store.store_samples import a_worker, an_owned_run, entry

from kagzi_dsl import ActivityContext, ActivityError, activity
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.engine import Settings
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.records import Moved, Parked, Refused, Run, Write
from kagzi_dsl.runtime.writer import Writer
from kagzi_dsl.testing import VirtualLoop

SEQ = "workflow: w\nseq:\n  - {id: a, activity: step}\n  - {id: b, activity: step}\n  - {id: c, activity: step}\n"


async def assert_whole(world: World, run: Run) -> None:
    _, found = await world.client.verify(str(run.id))
    assert found.ok, found
    assert found.entries == len(await world.store.journal(run.id)) > 0


async def test_it_goes_on_through_crashes(store: Any) -> None:
    reached: asyncio.Queue[int] = asyncio.Queue()
    crashes, calls = 2, count()

    async def step() -> int:
        """Every second call hangs, until there were enough crashes."""
        if (call := next(calls)) % 2 and call < 2 * crashes:
            reached.put_nowait(call)
            await asyncio.Event().wait()
        return 1

    world = World(store, {"step": step})
    run_id = await world.start(SEQ)
    for _ in range(crashes):
        engine = await world.engine().__aenter__()
        await reached.get()
        await world.crash(engine)
    async with world.engine():
        run = await world.client.wait(run_id)
    assert run.status == "completed"
    await assert_whole(world, run)


async def test_it_goes_on_when_a_run_that_failed_is_taken_up_again(store: Any) -> None:
    acts = Acts("right")
    world = acts.world(store)
    async with world.engine():
        run = await world.run(DOCUMENT)
        await assert_whole(world, run)
        for broken in ({"right"}, {"z"}, set[str]()):
            acts.broken = broken
            assert await store.reopen(run.id)
            run = await world.client.wait(run.id)
            await assert_whole(world, run)
    assert run.status == "completed"


async def test_a_run_that_is_given_up_ends_with_a_link(store: Any) -> None:
    async def step() -> None:
        raise AssertionError("never called")

    world = World(store, {"step": step}, settings=Settings(poll=0.05, linger=0.02, stall_limit=0))
    async with world.engine():
        run = await world.run(SEQ)
    assert run.failure is not None
    assert run.failure.type == "Poisoned"
    await assert_whole(world, run)


async def test_a_transactional_checkpoint_is_a_link_like_any_other(store: Any) -> None:
    @activity(transactional=True)
    async def step(context: ActivityContext) -> int:
        if context.attempt == 1:
            raise ActivityError("not yet", code="Unavailable")
        return 1

    world = World(store, {"step": step})
    document = SEQ.replace("activity: step}", "activity: step, retry: {initial_interval: 1ms}}")
    async with world.engine():
        run = await world.run(document)
    assert run.status == "completed"
    await assert_whole(world, run)


class SlowStore(MemoryStore):
    """Commits when it is let through."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.through = asyncio.Event(), asyncio.Event()

    async def commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        self.asked.set()
        await self.through.wait()
        return await super().commit(owner, writes)


async def test_what_a_run_put_behind_a_refused_write_is_not_stored_either() -> None:
    store = SlowStore()
    owner = await a_worker(store)
    bad, good = await an_owned_run(store, owner), await an_owned_run(store, owner)
    writer = Writer(store, owner)
    refused: dict[tuple[UUID, int], bool] = {}

    def put(run_id: UUID, written: Entry) -> None:
        write = Write(run_id=run_id, fence=1, entries=[written])
        writer.put(write, lambda answer: refused.update({(run_id, written.seq): answer is not None}))

    put(bad.id, entry(1, output="{"))
    put(good.id, entry(1))
    async with background(writer.run()):
        await store.asked.wait()
        put(bad.id, entry(2))
        put(good.id, entry(2))
        store.through.set()
        await writer.flush()
    assert refused == {(bad.id, 1): True, (bad.id, 2): True, (good.id, 1): False, (good.id, 2): False}
    assert await store.journal(bad.id) == []
    assert await store.journal(good.id) == [entry(1), entry(2)]


def test_a_patient_write_is_made_whatever_became_of_others() -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(patient_writes())
    finally:
        loop.close()


async def patient_writes() -> None:
    store = SlowStore()
    owner = await a_worker(store)
    bad, good = await an_owned_run(store, owner), await an_owned_run(store, owner)
    writer, made = Writer(store, owner), asyncio.Event()
    async with background(writer.run()):
        writer.put(Write(bad.id, 1, [entry(1, output="{")]), lambda refused: None)
        await store.asked.wait()
        writer.put(Write(bad.id, 1, [entry(2)]), lambda refused: None, patient=True)  # goes with the one before it
        store.through.set()
        await asyncio.sleep(1)
        writer.put(Write(good.id, 1, [entry(1)]), lambda refused: made.set(), patient=True)
        await made.wait()
    assert await store.journal(good.id) == [entry(1)]


class NotingStore(SlowStore):
    """Notes what it is to commit."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[Write] = []

    async def commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        self.writes.extend(writes)
        return await super().commit(owner, writes)


async def test_what_a_run_puts_while_a_commit_is_on_its_way_is_written_whole_by_the_next() -> None:
    store = NotingStore()
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    writer = Writer(store, owner)
    moved = Moved(digest="d", version=None, pins={}, input="{}")
    leave = Parked("waiting", None, 0)
    puts: list[dict[str, Any]] = [
        {"entries": [entry(1)]},
        {"entries": [entry(2)], "consumed": [7], "moved": moved},
        {"entries": [entry(3), entry(4)], "consumed": [8]},
        {"leave": leave},
    ]
    async with background(writer.run()):
        for put in puts:
            writer.put(Write(run_id=run.id, fence=1, **put), lambda refused: None)
            await store.asked.wait()
        store.through.set()
        await writer.flush()
    behind = [entry(2), entry(3), entry(4)]
    expected = Write(run_id=run.id, fence=1, entries=behind, consumed=[7, 8], moved=moved, leave=leave)
    first, second = (write._replace(**{p: list(getattr(write, p)) for p in LISTS}) for write in store.writes)
    assert first.entries == [entry(1)]
    assert second == expected._replace(starts=[], sends=[], tasks=[])


LISTS = ("entries", "consumed", "starts", "sends", "tasks")


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
