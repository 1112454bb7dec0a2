"""Transactional activities: what they write and their checkpoint are committed together, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from faults.failpoints import watch
from runtime.world import World

from kagzi_dsl import ActivityContext, ActivityError, activity
from kagzi_dsl.errors import Code, DatabaseUnavailable
from kagzi_dsl.runtime.offer import Offer
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.postgres import open_postgres

PAY = "workflow: w\nseq:\n  - activity: pay\n    with: {amount: '${ input.amount }'}\n    retry: {max_attempts: 1}\n"


@pytest.fixture
def postgres(database_url: str, runner: asyncio.Runner) -> Iterator[Any]:
    async def prepare() -> Any:
        connection = await asyncpg.connect(database_url)
        await connection.execute("drop table if exists payments, slots")
        await connection.execute("create table payments (key text, amount int check (amount < 100))")
        await connection.close()
        return await open_postgres(database_url)

    store = runner.run(prepare())
    yield store
    runner.run(store.close())


@activity(transactional=True)
async def pay(amount: int, context: ActivityContext) -> int:
    await context.connection.execute("insert into payments values ($1, $2)", context.idempotency_key, amount)
    if amount == 13:
        raise ActivityError("unlucky", code="Conflict")
    return amount


async def payments(url: str) -> list[int]:
    connection = await asyncpg.connect(url)
    try:
        return [row["amount"] for row in await connection.fetch("select amount from payments order by amount")]
    finally:
        await connection.close()


async def test_the_write_and_the_checkpoint_are_one(postgres: Any, database_url: str) -> None:
    world = World(postgres, {"pay": pay})
    async with world.engine():
        run = await world.run(PAY, {"amount": 7})
    assert run.output == "7"
    assert await payments(database_url) == [7]
    assert [e.path for e in await postgres.journal(run.id) if e.status and e.path] == ["pay", "seq"]


async def test_a_failure_rolls_back_what_was_written(postgres: Any, database_url: str) -> None:
    world = World(postgres, {"pay": pay})
    async with world.engine():
        run = await world.run(PAY, {"amount": 13})
        refused = await world.run(PAY, {"amount": 500})
    assert run.failure is not None
    assert run.failure.code is Code.CONFLICT
    assert refused.status == "failed"
    assert await payments(database_url) == []


async def test_an_output_template_that_fails_rolls_back_too(postgres: Any, database_url: str) -> None:
    world = World(postgres, {"pay": pay})
    document = PAY + '    output: "${ length(result) }"\n'
    async with world.engine():
        run = await world.run(document, {"amount": 7})
    assert run.failure is not None
    assert run.failure.code is Code.INVALID_ARGUMENT
    assert await payments(database_url) == []


async def test_branches_around_it_keep_the_journal_without_a_gap(postgres: Any, database_url: str) -> None:
    async def other(n: int) -> int:
        return n

    world = World(postgres, {"pay": pay, "other": other})
    document = """
workflow: w
parallel:
  p: {foreach: "${ range(`0`, `20`) }", do: {activity: pay, with: {amount: "${ item }"}, when: "item != `13`"}}
  o: {foreach: "${ range(`0`, `50`) }", do: {activity: other, with: {n: "${ item }"}}}
"""
    async with world.engine():
        run = await world.run(document, {})
    assert run.status == "completed"
    journal = await postgres.journal(run.id)
    assert [entry.seq for entry in journal] == list(range(1, len(journal) + 1))
    assert await payments(database_url) == [n for n in range(20) if n != 13]


async def test_a_commit_the_database_refuses_fails_the_attempt_and_not_the_engine(
    postgres: Any, database_url: str
) -> None:
    @activity(transactional=True)
    async def late(context: ActivityContext) -> None:
        await context.connection.execute(
            "create table if not exists slots (n int unique deferrable initially deferred)"
        )
        await context.connection.execute("insert into slots values (1), (1)")

    world = World(postgres, {"late": late})
    async with world.engine() as engine:
        run = await world.run("workflow: w\nseq: [{activity: late, retry: {max_attempts: 2, initial_interval: 5ms}}]\n")
        assert not engine.failed.done()
    assert run.status == "failed"
    assert run.failure is not None
    assert run.failure.path == "late"


async def test_a_stop_that_comes_while_earlier_writes_are_waited_for_leaves_the_run_going() -> None:
    @activity(transactional=True)
    async def booked() -> int:
        return 1

    async def bad() -> None:
        raise ActivityError("no", code="Conflict")

    store = SlowStore(MemoryStore())
    world = World(store, {"booked": booked, "bad": bad})
    async with world.engine():
        run = await world.run("workflow: w\nparallel: [{activity: bad}, {activity: booked}]\n")
    assert run.failure is not None
    assert run.failure.code is Code.CONFLICT


async def test_a_commit_that_happened_although_its_answer_was_lost_goes_on_after_it() -> None:
    calls: list[str] = []

    @activity(transactional=True)
    async def booked() -> int:
        calls.append("booked")
        return 1

    async def told() -> int:
        calls.append("told")
        return 2

    store = AnswerLost(MemoryStore())
    world = World(store, {"booked": booked, "told": told})
    async with world.engine():
        run = await world.run("workflow: w\nseq: [{activity: booked}, {activity: told}]\n")
    assert (run.status, run.output, calls) == ("completed", "2", ["booked", "told"])


class SlowStore:
    """A store whose commits take a few turns of the loop, so that much else happens meanwhile."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, owner: Any, writes: Any) -> Any:
        verdicts = await self._store.commit(owner, writes)
        for _ in range(20):
            await asyncio.sleep(0)
        return verdicts


class AnswerLost(SlowStore):
    """A store whose connection breaks just after an activity's own transaction was committed."""

    @asynccontextmanager
    async def transaction(self, owner: Any, run_id: Any, fence: int) -> AsyncIterator[Any]:
        async with self._store.transaction(owner, run_id, fence) as transaction:
            yield Breaking(transaction)


class Breaking:
    """Commits, and says that it could not."""

    def __init__(self, transaction: Any) -> None:
        self._transaction = transaction
        self.connection = None

    async def commit(self, write: Any) -> None:
        await self._transaction.commit(write)
        raise DatabaseUnavailable("the connection was lost")


async def test_in_memory_there_is_no_connection_to_hand_out() -> None:
    world = World(MemoryStore(), {"pay": pay})
    async with world.engine():
        run = await world.run(PAY, {"amount": 7})
    assert run.status == "failed"
    assert run.failure is not None
    assert "has no connection" in run.failure.message


ELSEWHERE = "workflow: w\nseq:\n  - {activity: pay, queue: bank, with: {amount: '${ input.amount }'}}\n"


async def test_on_another_queue_the_write_and_the_answer_are_one(postgres: Any, database_url: str) -> None:
    world = World(postgres, {"pay": pay})
    async with world.engine():
        run = await world.run(ELSEWHERE, {"amount": 7})
        declined = await world.run(ELSEWHERE, {"amount": 13})
    assert run.output == "7"
    assert declined.failure is not None
    assert declined.failure.code is Code.CONFLICT
    assert await payments(database_url) == [7]


async def test_on_another_queue_a_write_whose_task_was_lost_is_rolled_back(postgres: Any, database_url: str) -> None:
    entered, let_go = asyncio.Event(), asyncio.Event()
    calls: list[int] = []

    @activity(transactional=True)
    async def pay(amount: int, context: ActivityContext) -> int:
        calls.append(amount)
        await context.connection.execute("insert into payments values ($1, $2)", context.idempotency_key, amount)
        if len(calls) == 1:
            entered.set()
            await let_go.wait()
        return amount

    world = World(postgres, {"pay": pay})
    zombie = world.engine(roots=set())
    async with world.engine(offer=Offer(postgres, world.registry, namespace="default", queues=["default"])):
        await zombie.__aenter__()
        assert zombie.roots is not None
        run_id = await world.start(ELSEWHERE, {"amount": 7})
        zombie.roots.add(run_id)
        zombie.wake()
        await entered.wait()
        await postgres.retire([zombie.worker_id])
        async with world.engine():
            run = await world.client.wait(run_id)
        let_go.set()
        await zombie.drain(20)
        await zombie.stop()
    assert (run.output, calls) == ("7", [7, 7])
    assert await payments(database_url) == [7]


async def test_what_the_last_activity_of_a_run_sets_in_its_session_does_not_stay(database_url: str) -> None:
    @activity(transactional=True)
    async def hasty(context: ActivityContext) -> str:
        await context.connection.execute("set statement_timeout = 1234")
        return "set"

    async def slowly(moment: str, name: str, _: object) -> None:
        if (moment, name) == ("before", "select"):
            await asyncio.sleep(0)  # whoever is cancelled gets no further

    with watch(slowly):
        store = await open_postgres(database_url, pool_size=2, poll_only=True)
        world = World(store, {"hasty": hasty})
        async with world.engine():
            assert (await world.run("workflow: w\nactivity: hasty\n")).status == "completed"
        connected = store._pool._pool.get_size()
        async with store._pool.borrowed() as one, store._pool.borrowed() as other:
            assert [await each.fetchval("show statement_timeout") for each in (one, other)] == ["0", "0"]
        await store.close()
    assert connected == 2  # it was not cut either
