"""Reaching the database: URLs, what is said when it cannot be reached, and how sessions are set up."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from cancelling import cancelled_after
from database_server import in_database
from faults.failpoints import watch
from pg_locking import blocked_by, nobody_is_blocked_by
from store_samples import a_worker, an_owned_run, claim_one, end, entry, new_run, park, signal, write

from kagzi_dsl.errors import ConfigError, DatabaseUnavailable, StoreError
from kagzi_dsl.runtime.store.postgres import PostgresStore, migrate, open_postgres, pending_migrations
from kagzi_dsl.runtime.store.postgres.address import parse
from kagzi_dsl.runtime.store.records import NewRun, Write


@pytest.mark.parametrize(
    ("url", "cleaned", "place"),
    [
        ("postgresql://u@h/d", "postgresql://u@h/d", "h/d"),
        ("postgres://u@h:5433/d", "postgresql://u@h:5433/d", "h:5433/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql://u@h/d", "h/d"),
        ("postgresql:///d?host=%2Ftmp%2Fx&port=5433", "postgresql:///d?host=%2Ftmp%2Fx&port=5433", "/tmp/x/d"),
        ("postgresql://h1:1,h2:2/d?target_session_attrs=any", None, "h1:1,h2:2/d"),
        ("postgresql://h/d?keepalives=1&sslmode=disable&connect_timeout=3", "postgresql://h/d?sslmode=disable", "h/d"),
        ("postgresql://u:p%40ss@h/d", "postgresql://u:p%40ss@h/d", "h/d"),
        ("postgresql://", None, None),
        ("postgresql://h", "postgresql://h", "h"),
    ],
)
def test_a_url_is_read_as_libpq_reads_it(url: str, cleaned: str | None, place: str | None) -> None:
    if place is None:
        with pytest.raises(ConfigError):
            parse(url)
        return
    address = parse(url)
    assert address.url == (cleaned or url)
    assert address.place == place


def test_a_connect_timeout_is_taken_from_the_url() -> None:
    assert parse("postgresql://h/d?connect_timeout=3").connect_timeout == 3.0
    assert parse("postgresql://h/d").connect_timeout is None


@pytest.mark.parametrize(
    "url", ["", "mysql://h/d", "host=h dbname=d", "h/d", "postgresql://[bad/d", "postgresql://h:x/d"]
)
def test_what_is_no_url_is_a_mistake_of_configuration(url: str) -> None:
    with pytest.raises(ConfigError) as raised:
        asyncio.run(open_postgres(url))
    assert "\n" not in str(raised.value)


@asynccontextmanager
async def at_work(url: str, **options: Any) -> AsyncIterator[tuple[PostgresStore, UUID, NewRun]]:
    """A store opened with these options, a worker of it, and a run that one owns."""
    store = await open_postgres(url, **options)
    try:
        owner = await a_worker(store)
        yield store, owner, await an_owned_run(store, owner)
    finally:
        await store.close()


@pytest.mark.parametrize("where", ["nobody listens", "no socket", "no such host", "no such database", "no such role"])
async def test_a_database_that_cannot_be_reached_is_named_in_one_line_without_password(
    database_url: str, where: str
) -> None:
    # Bound as long as the test lasts, and never listened on: nobody else can.
    unused = socket.socket()
    unused.bind(("127.0.0.1", 0))
    port = unused.getsockname()[1]
    url = {
        "nobody listens": f"postgresql://me:s3cr%40t@127.0.0.1:{port}/db",
        "no socket": "postgresql://me:s3cr%40t@/db?host=/nowhere",
        "no such host": "postgresql://me:s3cr%40t@nowhere.invalid/db",
        "no such database": in_database(database_url.replace("kagzi@", "kagzi:s3cr%40t@"), "no_such_database"),
        "no such role": database_url.replace("kagzi@", "stranger:s3cr%40t@"),
    }[where]
    for attempt in (open_postgres(url), migrate(url), pending_migrations(url)):
        with pytest.raises(DatabaseUnavailable) as raised:
            await attempt
        message = str(raised.value)
        assert message.startswith("the database at ")
        assert "cannot be reached" in message
        assert "\n" not in message
        assert "s3cr" not in message
    unused.close()


async def test_a_server_that_accepts_and_says_nothing_is_given_up_in_time() -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(DatabaseUnavailable, match="did not answer in time"):
        await open_postgres(f"postgresql://u:p@127.0.0.1:{port}/d?connect_timeout=0.2&sslmode=disable")
    server.close()


async def test_opening_that_is_cancelled_leaves_no_connection_behind(database_url: str) -> None:
    direct = await asyncpg.connect(database_url)
    async with direct.transaction():
        await direct.execute("lock table kagzi.migrations")
        opening = asyncio.ensure_future(open_postgres(database_url, application_name="opening"))
        await blocked_by(direct)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
    while await direct.fetchval("select count(*) from pg_stat_activity where application_name = 'opening'"):
        pass
    await direct.close()


async def test_a_server_that_dies_while_it_answers_is_a_readable_error(database_url: str) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(DatabaseUnavailable, match="cannot be reached"):
        await open_postgres(f"postgresql://u:p@127.0.0.1:{port}/d?sslmode=disable")
    server.close()


async def test_the_server_ends_sessions_that_fall_silent_in_a_transaction(database_url: str) -> None:
    async with (
        at_work(database_url, silence=7.0, application_name="tested") as (store, owner, run),
        store.transaction(owner, run.id, 1) as transaction,
    ):
        show = transaction.connection.fetchval
        assert await show("show idle_in_transaction_session_timeout") == "7s"
        assert await show("show application_name") == "tested"
        # What is pinned for our own statements is not pinned for the activity's.
        assert await show("show enable_seqscan") == "on"
        assert await show("show plan_cache_mode") == "auto"


async def test_a_session_that_fell_silent_loses_its_transaction_and_nothing_else(database_url: str) -> None:
    async with at_work(database_url) as (store, owner, run):
        async with store.transaction(owner, run.id, 1) as transaction:
            gone = asyncio.Event()
            transaction.connection.add_termination_listener(lambda _: gone.set())
            # Only now, for nobody can be sure to say the next thing in time.
            soon = "set local idle_in_transaction_session_timeout = 50"
            await transaction.connection.execute(f"create table public.paid (id int); {soon}")
            await gone.wait()
            with pytest.raises(DatabaseUnavailable):
                await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0)]))
        assert await store.journal(run.id) == []
        assert await write(store, owner, run.id, entries=[entry(0)]) is None


async def test_what_an_activity_sets_in_its_session_does_not_stay(database_url: str) -> None:
    async with at_work(database_url, pool_size=2, poll_only=True) as (store, owner, run):
        async with store.transaction(owner, run.id, 1) as transaction:
            await transaction.connection.execute("set statement_timeout = 1234; set search_path = pg_catalog")
            await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0)]))
        for seq in (1, 2):
            async with store.transaction(owner, run.id, 1) as transaction:
                assert await transaction.connection.fetchval("show statement_timeout") == "0", seq


async def test_a_session_whose_clearing_is_cancelled_is_not_used_again(database_url: str) -> None:
    clearing = asyncio.Event()

    async def halting(moment: str, name: str, _: object) -> None:
        if (moment, name) == ("before", "select"):
            clearing.set()
            await asyncio.Event().wait()

    async def borrow(store: PostgresStore) -> None:
        async with store._pool.lent() as connection:
            await connection.execute("set statement_timeout = 1234")

    with watch(halting):
        store = await open_postgres(database_url, poll_only=True)
        borrowing = asyncio.create_task(borrow(store))
        await clearing.wait()
        borrowing.cancel()
        await asyncio.wait({borrowing})
        assert borrowing.cancelled()
        assert await store._pool.run(lambda connection, _: connection.fetchval("show statement_timeout")) == "0"
        await store.close()


async def test_a_connection_that_was_not_told_its_limits_is_not_used(database_url: str) -> None:
    asked: list[str] = []
    telling, go_on = asyncio.Event(), asyncio.Event()

    async def halting(moment: str, name: str, _: object) -> None:
        if (moment, name) == ("before", "limit_all"):
            asked.append(name)
            telling.set()
            await go_on.wait()

    with watch(halting):
        store = await open_postgres(database_url, poll_only=True)
        starting = asyncio.create_task(store.start([new_run()]))
        told = asyncio.create_task(telling.wait())
        await asyncio.wait({starting, told}, return_when=asyncio.FIRST_COMPLETED)
        for task in (starting, told):
            task.cancel()
        await asyncio.wait({starting, told})
        go_on.set()
        await store.start([new_run()])
        assert len(asked) in (0, 2)  # none on PostgreSQL 16 and older
        await store.close()


async def test_an_activity_may_nest_transactions_and_fail_in_them(database_url: str) -> None:
    async with at_work(database_url) as (store, owner, run):
        async with store.transaction(owner, run.id, 1) as transaction:
            connection = transaction.connection
            await connection.execute("create table public.paid (id int primary key)")
            await connection.execute("insert into public.paid values (1)")
            with pytest.raises(asyncpg.UniqueViolationError):
                async with connection.transaction():
                    await connection.execute("insert into public.paid values (1)")
            async with connection.transaction():
                await connection.execute("insert into public.paid values (2)")
            await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0)]))
        async with store.transaction(owner, run.id, 1) as transaction:
            assert await transaction.connection.fetchval("select count(*) from public.paid") == 2


async def test_an_activity_that_ends_its_transaction_itself_is_told(database_url: str) -> None:
    async with at_work(database_url) as (store, owner, run):
        async with store.transaction(owner, run.id, 1) as transaction:
            await transaction.connection.execute("commit")
            with pytest.raises(StoreError, match="ended the transaction it was lent"):
                await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0)]))
        assert await store.journal(run.id) == []


async def test_an_activity_that_broke_its_transaction_cannot_commit_it(database_url: str) -> None:
    async with at_work(database_url) as (store, owner, run):
        async with store.transaction(owner, run.id, 1) as transaction:
            with pytest.raises(asyncpg.PostgresError):
                await transaction.connection.execute("select 1 / 0")
            with pytest.raises(StoreError, match="current transaction is aborted"):
                await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0)]))
        assert await store.journal(run.id) == []


async def test_a_deferred_constraint_of_the_activity_is_found_at_commit(database_url: str) -> None:
    async with at_work(database_url) as (store, owner, run):
        async with store.transaction(owner, run.id, 1) as transaction:
            await transaction.connection.execute(
                "create table public.paid (id int unique deferrable initially deferred)"
            )
            await transaction.connection.execute("insert into public.paid values (1), (1)")
            with pytest.raises(StoreError, match="duplicate key"):
                await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0)]))
        assert await store.journal(run.id) == []


async def test_behind_a_pooler_everything_works_in_plain_transactions(database_url: str) -> None:
    """As PgBouncer in transaction mode allows: no prepared statement, no session setting outlives its transaction."""
    store = await open_postgres(database_url, pooler=True)
    owner = await a_worker(store)
    run, child = await an_owned_run(store, owner), new_run()
    assert await write(store, owner, run.id, entries=[entry(0)], starts=[child], sends=[signal(run.id)]) is None
    assert await write(store, owner, run.id, entries=[entry(1)]) is None
    await park(store, owner, run.id)
    claimed = await claim_one(store, owner, run.id)
    assert len(claimed.entries) == 2
    async with store.transaction(owner, run.id, 2) as transaction:
        assert await transaction.connection.fetchval("show idle_in_transaction_session_timeout") == "15s"
        await transaction.commit(Write(run_id=run.id, fence=2, entries=[entry(2)]))
    await end(store, owner, run.id, fence=2, status="failed", output=None)
    assert await store.reopen(run.id)
    observer = await asyncpg.connect(database_url)
    prepared = "select count(*) from pg_prepared_statements"
    pool: Any = store._pool
    async with pool.borrowed() as connection:
        rows = await connection.fetch(prepared)
        assert rows[0][0] <= 1
        assert await connection.fetchval("show idle_in_transaction_session_timeout") == "0"
        assert await connection.fetchval("show enable_seqscan") == "on"
    listening = "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
    assert await observer.fetchval(listening) == 0
    await observer.close()
    await store.close()


async def test_a_store_can_be_closed_twice_and_before_it_was_used(database_url: str) -> None:
    store = await open_postgres(database_url)
    await store.close()
    await store.close()


async def test_closing_that_is_cancelled_leaves_no_connection_behind(database_url: str) -> None:
    direct = await asyncpg.connect(database_url)
    left = "select count(*) from pg_stat_activity where application_name = 'closing'"
    turns, closed = 1, False
    while not closed:
        store = await open_postgres(database_url, application_name="closing")
        store.subscribe(lambda *_: None)
        await an_owned_run(store, await a_worker(store))
        closed = await cancelled_after(turns, asyncio.create_task(store.close()))
        while await direct.fetchval(left):
            pass
        turns *= 2
    await direct.close()


async def test_a_connection_that_is_lost_when_it_is_given_back_spoils_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: Any, **__: Any) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress")

    store = await open_postgres(database_url)
    with monkeypatch.context() as patched:
        patched.setattr(asyncpg.Connection, "_reset", lost)
        assert await store.now() > 0
    assert await store.now() > 0
    await store.close()


async def test_a_cancelled_operation_leaves_the_store_in_order(database_url: str) -> None:
    async with at_work(database_url, pool_size=2) as (store, owner, run):
        blocker = await asyncpg.connect(database_url)
        await write(store, owner, run.id, entries=[entry(0)])
        for seq, work in (
            (1, lambda: write(store, owner, run.id, entries=[entry(9)])),
            (2, lambda: store.send([signal(run.id)])),
            (3, lambda: write(store, owner, run.id, sends=[signal(run.id)])),
        ):
            async with blocker.transaction():
                await blocker.execute("select from kagzi.queue for update")
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(work(), timeout=0.05)
                # Else the statement may get the lock before the server hears that nobody wants it any more.
                await nobody_is_blocked_by(blocker)
            assert await write(store, owner, run.id, entries=[entry(seq)]) is None
            assert await store.renew(owner) is not None
        assert [e.seq for e in await store.journal(run.id)] == [0, 1, 2, 3]
        assert await store.unread(run.id) == []
        await blocker.close()
