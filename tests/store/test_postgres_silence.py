"""A server, or a network, that does not answer any more: nobody waits for it for ever, and it holds nothing."""

from __future__ import annotations

import asyncpg
import pytest
from faults.cutting import cutting
from faults.failpoints import watch

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.store.postgres import open_postgres


async def test_a_server_that_falls_silent_while_it_is_opened_is_given_up(database_url: str) -> None:
    async with cutting(database_url) as cutter:
        await (await open_postgres(cutter.url, poll_only=True)).close()
        messages = cutter.count
    for at in (messages // 4, messages // 2):
        async with cutting(database_url, at, "stall") as cutter:
            with pytest.raises(DatabaseUnavailable, match="did not answer in time"):
                await open_postgres(cutter.url, poll_only=True)
            assert cutter.broke


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
    store = await open_postgres(database_url, silence=7.0, poll_only=True)
    for kind in ("begin", "begin_pinned", "begin_planned"):
        shown = await store._pool.in_transaction(lambda one, _: one.fetchval("show transaction_timeout"), kind)
        assert shown == "7s"
    await store.close()
