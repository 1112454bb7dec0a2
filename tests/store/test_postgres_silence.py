"""A server, or a network, that does not answer any more: nobody waits for it for ever, and it holds nothing."""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace

import asyncpg
import pytest
from faults.cutting import Cutter, cutting
from faults.failpoints import watch
from patience import PATIENCE
from store_samples import new_run

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.store.postgres import PostgresStore, migrate, open_postgres
from kagzi_dsl.runtime.store.postgres.address import parse


async def test_a_server_that_falls_silent_while_it_is_opened_is_given_up(database_url: str) -> None:
    async with cutting(database_url) as cutter:
        await (await open_postgres(patient(cutter), poll_only=True)).close()
        messages = cutter.count
    for at in (messages // 4, messages // 2):
        broke = ""
        while not broke:  # the time may be up before, on a busy machine
            async with cutting(database_url, at, "stall") as cutter:
                hasty = cutter.url.replace("connect_timeout=2", "connect_timeout=0.5")
                with pytest.raises(DatabaseUnavailable, match="did not answer in time"):
                    await open_postgres(hasty, poll_only=True)
                broke = cutter.broke


async def test_a_server_that_falls_silent_when_all_is_done_spoils_nothing(empty_database_url: str) -> None:
    async with cutting(empty_database_url) as cutter:
        assert await migrate(patient(cutter))
    async with cutting(empty_database_url) as cutter:
        assert await migrate(patient(cutter)) == []
        messages = cutter.count
    async with cutting(empty_database_url, messages, "stall") as cutter:
        assert await migrate(patient(cutter)) == []
        assert cutter.broke == "stall to the server: Terminate"


def patient(cutter: Cutter) -> str:
    """The URL of a cutter, with all the time there is to connect."""
    return cutter.url.replace("connect_timeout=2", f"connect_timeout={PATIENCE:.0f}")


async def test_a_connection_that_falls_silent_leaves_nothing_to_complain_of(database_url: str) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with cutting(database_url, 0, "stall") as cutter:
        store = await open_postgres(patient(cutter), poll_only=True)
        assert await store.now()
        store._pool.settings = replace(store._pool.settings, address=parse(cutter.url))
        cutter.at = cutter.count + 1
        asking = asyncio.create_task(store.now())
        while not cutter.broke:  # noqa: ASYNC110 – the proxy has nothing to wait on
            await asyncio.sleep(0)
        # Its statement is cancelled, and then so is whoever waits for the server to say that it was.
        for _ in range(2):
            asking.cancel()
            await asyncio.wait({asking}, timeout=0.05)
        with pytest.raises(asyncio.CancelledError):
            await asking
        while pooled(store):  # noqa: ASYNC110 – nor has the pool
            await asyncio.sleep(0.01)
        await store.close()
    gc.collect()
    assert complaints == []


def pooled(store: PostgresStore) -> int:
    """How many connections its pool has, those included that are being given back."""
    return int(store._pool._pool.get_size())


async def test_a_conflict_while_a_database_is_opened_is_tried_again(database_url: str) -> None:
    conflicts = 0

    async def conflicting(moment: str, name: str, connection: asyncpg.Connection) -> None:
        nonlocal conflicts
        if (moment, name) == ("before", "applied_migrations") and conflicts < 3:
            conflicts += 1
            await asyncpg.Connection.execute(
                connection, "do $$ begin raise exception 'conflict' using errcode = '40001'; end $$"
            )

    with watch(conflicting):
        await (await open_postgres(database_url, poll_only=True)).close()
    assert conflicts == 3


async def test_the_server_ends_a_transaction_of_ours_that_takes_too_long(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    known = "select name from pg_settings where name in ('idle_in_transaction_session_timeout', 'transaction_timeout')"
    limits = [row["name"] for row in await connection.fetch(known)]
    # PostgreSQL 16 and older only end one in which nothing is asked of them.
    assert ("transaction_timeout" in limits) == (connection.get_server_version().major >= 17)
    await connection.close()
    store = await open_postgres(database_url, silence=7.0, poll_only=True)
    for kind in ("begin", "begin_pinned", "begin_planned"):
        for limit in limits:
            shown = await store._pool.in_transaction(lambda one, _, limit=limit: one.fetchval(f"show {limit}"), kind)
            assert shown == "7s"
    await store.close()


async def test_a_connection_for_commits_that_falls_silent_at_any_message_is_replaced(database_url: str) -> None:
    # Mostly they wait for silence to have lasted; more at once would take the connections of other tests.
    few = asyncio.Semaphore(12)
    connection = await asyncpg.connect(database_url)
    # PostgreSQL 16 and older wait in the middle of a statement until the connection is known to be dead.
    older = connection.get_server_version().major < 17
    await connection.close()

    async def started(at: int) -> tuple[int, int]:
        """Starts a run while the connection falls silent so many messages after the store was opened."""
        async with few, cutting(database_url, 0, "stall", noticed=older) as cutter:
            store = await open_postgres(patient(cutter), poll_only=True, silence=1.0)
            store._committer._connection._settings = replace(store._settings, address=parse(cutter.url), silence=1.0)
            before = cutter.count
            cutter.at = at and before + at
            async with asyncio.timeout(PATIENCE):
                [answer] = await store.start([new_run()])
            assert answer.created
            await store.close()
            return at, cutter.count - before

    _, messages = await started(0)
    assert len(await asyncio.gather(*(started(at) for at in range(1, messages)))) == messages - 1
