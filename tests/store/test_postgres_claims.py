"""What a claim costs in PostgreSQL: how many statements it is, and how much they read, whatever else there is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from patience import PATIENCE
from store_samples import a_worker, an_owned_run, claim_ids, entry, new_run, park, signal, write

from kagzi_dsl.runtime.store.limits import QueueLimits
from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres
from kagzi_dsl.runtime.store.postgres.claims import Wanted, statement
from kagzi_dsl.runtime.store.postgres.own_connection import PINNED
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.records import Share


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


SHARE = Share(namespace="default", queues=("default",), digests=("d" * 64,))


async def test_limits_cost_nothing_on_queues_that_have_none(store: PostgresStore) -> None:
    owner = await a_worker(store)
    await store.set_limits(QueueLimits(namespace="default", queue="full", concurrency=1))
    await store.start([new_run(queue="full") for _ in range(20)])
    assert len(await claim_ids(store, owner)) == 1
    await store.start([new_run() for _ in range(5)])
    # Where the limit leaves no room, nobody is asked who is in line; elsewhere it is not looked at.
    async with statements(store) as sent:
        assert len(await claim_ids(store, owner, share=replace(SHARE, queues=("default", "full")))) == 5
        assert await claim_ids(store, owner, share=SHARE) == []
    assert sent == ["claim", "claim"]


async def test_a_process_that_fell_silent_while_it_counted_holds_up_no_other_queue(
    store: PostgresStore, database_url: str
) -> None:
    owner = await a_worker(store)
    await store.set_limits(QueueLimits(namespace="default", queue="limited", concurrency=5))
    limited, free = new_run(queue="limited"), new_run()
    await store.start([limited, free])
    again = asyncio.Event()
    store.subscribe(lambda topic, key: again.set() if (topic, key) == ("ready", "") else None)
    silent = await asyncpg.connect(database_url)
    async with silent.transaction():
        assert await silent.fetch(query("lock_slots"), ["default queue limited"]) == []
        assert await claim_ids(store, owner) == [free.id]
        await asyncio.wait_for(again.wait(), timeout=PATIENCE)
        assert await claim_ids(store, owner) == []
    await silent.close()
    assert await claim_ids(store, owner) == [limited.id]


CROWD = """
insert into kagzi.runs (
    id, root_id, namespace, workflow, digest, queue, priority, labels, pins, origin, input, status, finished_at
)
select gen_random_uuid(), gen_random_uuid(), 'default', 'w', repeat('d', 64), 'default', 0, '{}', '{}', '{}', '{}',
    'completed', 1
from generate_series(1, $1);
"""
WAITING = """
with new as (
    insert into kagzi.runs (id, root_id, namespace, workflow, digest, queue, priority, labels, pins, origin, input)
    select id, id, 'default', 'w', repeat('d', 64), 'default', 0, '{}', '{}', '{}', '{}'
    from (select gen_random_uuid() as id from generate_series(1, $1)) r
    returning id
)
insert into kagzi.queue (run_id, root_id, priority, status, queue, namespace, digest, fence, available_at)
select id, id, 0, 'pending', 'default', 'default', repeat('d', 64), 0, kagzi.clock() from new
"""


async def read_by_a_claim(url: str, owner: UUID) -> int:
    """How many pages of 8 kB one claim of ten runs touches, with the plan every worker has for it."""
    wanted = Wanted(owner, 10, None, None, SHARE)
    connection = await asyncpg.connect(url, server_settings=PINNED)
    async with connection.transaction():
        explained = f"explain (analyze, buffers, format json) {statement('claim', 'share')}"
        [[text]] = await connection.fetch(explained, owner, wanted.limit, *wanted.where(), uuid4())
        await connection.execute("rollback; begin")
    await connection.close()
    [found] = json.loads(text)
    assert found["Plan"]["Actual Rows"] == 10
    assert "Seq Scan" not in {node["Node Type"] for node in nodes(found["Plan"]) if "Relation Name" in node}
    return int(found["Plan"]["Shared Hit Blocks"] + found["Plan"]["Shared Read Blocks"])


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


@pytest.mark.parametrize("analyzed", [False, True], ids=["statistics of an empty database", "statistics of a full one"])
async def test_neither_finished_nor_waiting_runs_make_a_claim_read_more(new_database_url: str, analyzed: bool) -> None:
    store = await open_postgres(new_database_url, poll_only=True)
    owner = await a_worker(store)
    await store.start([new_run() for _ in range(10)])
    connection = await asyncpg.connect(new_database_url)
    await connection.execute("vacuum analyze")
    few = await read_by_a_claim(new_database_url, owner)
    await connection.execute(CROWD.replace("$1", "20000"))
    await connection.execute(WAITING.replace("$1", "5000"))
    if analyzed:
        await connection.execute("vacuum analyze")
    many = await read_by_a_claim(new_database_url, owner)
    # An index that is a level or two deeper takes a page or two more for each row it is asked for.
    assert many <= 2 * few
    await connection.close()
    await store.close()
