"""What a claim costs in PostgreSQL: how many statements it is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from store_samples import a_worker, an_owned_run, claim_ids, entry, new_run, park, signal, write

from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres


@pytest.fixture
def store(database_url: str, runner: asyncio.Runner) -> Iterator[PostgresStore]:
    store = runner.run(open_postgres(database_url, poll_only=True))
    yield store
    runner.run(store.close())


@asynccontextmanager
async def statements(store: PostgresStore) -> AsyncIterator[list[str]]:
    """The names of the statements sent over the connection for claims, which must be open."""
    sent: list[str] = []

    def note(record: Any) -> None:
        if record.query.startswith("/* kagzi: "):  # others are what asyncpg asks about types, once for each connection
            sent.append(record.query.split()[2])

    with store._claimer._connection._connection.query_logger(note):
        yield sent
        await asyncio.sleep(0)  # a logger is called when the loop comes round


async def test_a_claim_of_new_runs_is_one_statement_however_many_they_are(store: PostgresStore) -> None:
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == []
    await store.start([new_run() for _ in range(30)])
    async with statements(store) as sent:
        assert len(await claim_ids(store, owner)) == 30
        assert await claim_ids(store, owner) == []
    assert sent == ["claim", "claim"]


async def test_only_runs_that_have_a_journal_or_messages_are_loaded(store: PostgresStore) -> None:
    owner = await a_worker(store)
    assert await claim_ids(store, owner) == []
    [begun, new] = [await an_owned_run(store, owner), new_run()]
    await write(store, owner, begun.id, entries=[entry(0)])
    await park(store, owner, begun.id, status="pending", available_at=1)
    async with statements(store) as sent:
        [claimed] = await store.claim(owner, limit=1)
        assert [e.seq for e in claimed.entries] == [0]
    assert sent == ["claim", "journals"]
    await store.start([new])
    await store.send([signal(new.id)])
    async with statements(store) as sent:
        [claimed] = await store.claim(owner, limit=1)
        assert [(m.name, claimed.messages_sent) for m in claimed.messages] == [("go", 1)]
    assert sent == ["claim", "claimed_inboxes"]
