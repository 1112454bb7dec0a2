"""Hints between processes, and without them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import pytest
from patience import PATIENCE
from store_samples import a_worker, an_owned_run, end, new_run, park, signal

from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres
from kagzi_dsl.runtime.store.postgres.hints import Hints
from kagzi_dsl.runtime.store.protocol import Topic


@asynccontextmanager
async def opened(url: str, **options: object) -> AsyncIterator[PostgresStore]:
    store = await open_postgres(url, **options)  # type: ignore[arg-type]
    try:
        yield store
    finally:
        await store.close()


class Heard:
    """What a store tells, one by one."""

    def __init__(self, store: PostgresStore) -> None:
        self.queue: asyncio.Queue[tuple[Topic, str]] = asyncio.Queue()
        store.subscribe(lambda topic, subject: self.queue.put_nowait((topic, subject)))

    async def next(self) -> tuple[Topic, str]:
        return await asyncio.wait_for(self.queue.get(), timeout=PATIENCE)


async def listening(url: str, sessions: int = 1) -> None:
    """Returns when so many sessions listen."""
    connection = await asyncpg.connect(url)
    statement = "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
    statement += " and state = 'idle'"  # until then it may not have been committed
    while await connection.fetchval(statement) < sessions:
        pass
    await connection.close()


async def test_hints_reach_other_processes(database_url: str) -> None:
    async with opened(database_url) as here, opened(database_url) as there:
        heard = Heard(there)
        await listening(database_url)
        owner = await a_worker(here)
        await here.start([new_run(queue="a queue, with ünusual name")])
        assert await heard.next() == ("ready", "a queue, with ünusual name")
        run = await an_owned_run(here, owner)
        await here.send([signal(run.id)])
        assert await heard.next() == ("inbox", str(owner))
        await end(here, owner, run.id)
        assert await heard.next() == ("ended", str(run.id))


async def test_a_hint_is_not_heard_twice_where_it_comes_from(database_url: str) -> None:
    async with opened(database_url) as here, opened(database_url) as there:
        heard, control = Heard(here), Heard(there)
        await listening(database_url, sessions=2)
        await here.start([new_run(queue="one")])
        assert await control.next() == ("ready", "one")
        await there.start([new_run(queue="two")])
        assert [await heard.next(), await heard.next()] == [("ready", "one"), ("ready", "two")]


async def test_many_hints_are_sent_in_few_notifications_of_legal_size(database_url: str) -> None:
    async with opened(database_url) as here, opened(database_url) as there:
        heard = Heard(there)
        await listening(database_url)
        queues = [f"queue-{n:04}-{'x' * 90}" for n in range(300)]
        await here.start([new_run(queue=queue) for queue in queues])
        assert [(await heard.next())[1] for _ in queues] == queues


async def test_listening_goes_on_after_the_connection_was_lost(database_url: str) -> None:
    async with opened(database_url) as here, opened(database_url) as there:
        heard = Heard(there)
        await listening(database_url)
        connection = await asyncpg.connect(database_url)
        await connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and query ilike 'listen%'"
        )
        await connection.close()
        await listening(database_url)
        await here.start([new_run()])
        assert await heard.next() == ("ready", "default")


async def test_polling_alone_neither_listens_nor_notifies(database_url: str) -> None:
    async with AsyncExitStack() as stack:
        quiet = await stack.enter_async_context(opened(database_url, poll_only=True))
        other = await stack.enter_async_context(opened(database_url))
        heard, local = Heard(other), Heard(quiet)
        await listening(database_url)
        owner = await a_worker(quiet)
        run = await an_owned_run(quiet, owner)
        await park(quiet, owner, run.id)
        await quiet.send([signal(run.id)])
        assert await local.next() == ("ready", "default")
        await other.start([new_run(queue="last")])
        assert await heard.next() == ("ready", "last")
        assert local.queue.empty()


async def test_a_hint_leaves_before_the_store_closes(database_url: str) -> None:
    async with opened(database_url) as there:
        heard = Heard(there)
        await listening(database_url)
        async with opened(database_url) as here:
            await here.start([new_run()])
        assert await heard.next() == ("ready", "default")


async def test_with_little_to_do_a_hint_is_part_of_what_it_tells_of(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(database_url) as here, opened(database_url) as there:
        heard, local = Heard(there), Heard(here)
        await listening(database_url, sessions=2)
        owner = await a_worker(here)
        run = await an_owned_run(here, owner)
        monkeypatch.setattr(Hints, "_send", nothing_is_sent)
        await here.start([new_run(queue="one")])
        assert [await heard.next(), await local.next()] == [("ready", "one")] * 2
        here._hints._calm_at = 0.0
        await end(here, owner, run.id, messages_seen=0)
        assert [await heard.next(), await local.next()] == [("ended", str(run.id))] * 2


async def nothing_is_sent(_: Hints) -> None:
    pass


async def test_what_cannot_be_notified_is_written_all_the_same(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    here_only = f'alter role current_user in database "{await connection.fetchval("select current_database()")}"'
    await connection.execute(
        "create schema broken;"
        "create function broken.pg_notify(text, text) returns void language plpgsql as"
        " $$ begin raise exception 'too many notifications in the NOTIFY queue' using errcode = '54000'; end $$;"
        f"{here_only} set search_path = broken, pg_catalog, public"
    )
    try:
        async with opened(database_url) as here:
            owner = await a_worker(here)
            run = await an_owned_run(here, owner)
            here._hints._calm_at = 0.0
            [started] = await here.start([new_run()])
            assert started.created
            assert here._hints._calm_at > 0.0, "it was tried with a hint"
            here._hints._calm_at = 0.0
            await end(here, owner, run.id, messages_seen=0)
            ended = await here.run(run.id)
            assert ended is not None
            assert ended.status == "completed"
    finally:
        await connection.execute(f"{here_only} reset search_path; drop schema broken cascade")
        await connection.close()
