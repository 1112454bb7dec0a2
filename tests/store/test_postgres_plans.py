"""No operation of the runtime reads a whole table, however large it is and however wrong its statistics are."""

from __future__ import annotations

import asyncio
import secrets

import asyncpg
import pytest
from store_samples import (
    a_dead_worker,
    a_worker,
    an_owned_run,
    child_of,
    claim_ids,
    claim_one,
    end,
    entry,
    new_run,
    park,
    signal,
    write,
)

from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres
from kagzi_dsl.runtime.store.records import Ended, Parked, Write

GROWN = ("journal", "runs", "queue", "inbox")
FILL = """
insert into kagzi.runs (
    id, root_id, namespace, workflow, digest, queue, priority, labels, pins, origin, input, external_id
)
select id, id, 'd', 'w', 'd', 'default', n % 3, '{}', '{}', '{}', '{}', 'x' || n
from (select gen_random_uuid() as id, n from generate_series(1, 8000) n) r;
insert into kagzi.queue (run_id, root_id, priority, status, queue, namespace, digest, owner, fence, available_at, timed)
select id, id, priority, 'pending', 'default', 'd', 'd', null, 0,
    kagzi.clock() + 3600000, true
from kagzi.runs;
insert into kagzi.journal (run_id, seq, at, attempt, type, path, node, status, note)
select id, n, 0, 1, 'node_completed', 'a', 'activity', 'completed', '' from kagzi.runs, generate_series(1, 2) n;
insert into kagzi.inbox (run_id, kind, name, payload) select id, 'signal', 's', '1' from kagzi.runs;
"""


async def grow(url: str, *, analyzed: bool) -> None:
    connection = await asyncpg.connect(url)
    for table in GROWN:
        await connection.execute(f"alter table kagzi.{table} set (autovacuum_enabled = off)")
    await connection.execute("analyze")
    await connection.execute(FILL)
    if analyzed:
        await connection.execute("analyze")
    await connection.close()


@pytest.fixture(params=["analyzed when empty", "analyzed when full"])
def grown_url(request: pytest.FixtureRequest, new_database_url: str) -> str:
    """A database of thousands of unfinished runs, with statistics from before or from after."""
    asyncio.run(grow(new_database_url, analyzed=request.param == "analyzed when full"))
    return new_database_url


async def scans(url: str) -> dict[str, int]:
    """How often each table was read from end to end, once nobody is connected any more."""
    connection = await asyncpg.connect(url)
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    while await connection.fetchval(others):
        pass
    # Before PostgreSQL 15 statistics arrive a while after their session, but in order: the last is waited for.
    last = f"last_{secrets.token_hex(4)}"
    await connection.execute(f"create table public.{last} ()")
    reader = await asyncpg.connect(url)
    await reader.execute(f"select from public.{last}")
    await reader.close()
    rows = "select relname, seq_scan from pg_stat_user_tables"
    while not (found := {row["relname"]: row["seq_scan"] for row in await connection.fetch(rows)}).get(last):
        pass
    await connection.close()
    return {name: found[name] for name in GROWN}


async def every_operation(store: PostgresStore) -> None:
    owner, dead = await a_worker(store), await a_dead_worker(store)
    runs = [await an_owned_run(store, owner, external_id=f"r{n}") for n in range(8)]
    parent, sender, waiting, ending, *others = runs
    left = await an_owned_run(store, dead)
    children = [child_of(parent, external_id=f"c{n}") for n in range(3)]
    await write(store, owner, parent.id, entries=[entry(0)], starts=children)
    await write(store, owner, sender.id, entries=[entry(0)], sends=[signal(waiting.id), signal(parent.id)])
    await park(store, owner, waiting.id, messages_seen=1)
    await store.commit(owner, [Write(run_id=run.id, fence=1, entries=[entry(0)]) for run in others])
    await store.commit(owner, [Write(run_id=run.id, fence=1, consumed=[1, 2]) for run in others])
    await store.send([signal(waiting.id), signal(sender.id)])
    assert await claim_ids(store, owner, limit=1) == [left.id]
    assert set(await claim_ids(store, owner, root_ids=[parent.id])) == {child.id for child in children}
    await claim_one(store, owner, waiting.id)
    await end(store, owner, children[0].id)
    await end(store, owner, ending.id, status="failed", output=None, messages_seen=0)
    assert await store.reopen(ending.id)
    assert await claim_ids(store, owner) == [ending.id]
    await store.commit(owner, [Write(run_id=run.id, fence=1, leave=Parked("waiting", None, 0)) for run in others])
    await store.commit(owner, [Write(run_id=left.id, fence=2, leave=Ended(status="completed", at=1))])
    async with store.transaction(owner, sender.id, 1) as transaction:
        await transaction.commit(Write(run_id=sender.id, fence=1, entries=[entry(1)]))
    await store.start([new_run(external_id="r1"), new_run()])
    await store.unread(parent.id)
    await store.journal(parent.id)
    await store.run(parent.id)
    await store.find(str(parent.id)[:20], namespace=None)
    await store.find("r1", namespace="default")
    await store.workers()


async def test_no_operation_reads_a_whole_table(grown_url: str) -> None:
    before = await scans(grown_url)
    store = await open_postgres(grown_url, poll_only=True)
    # Often enough for the server to settle on generic plans where it may.
    for _ in range(7):
        await every_operation(store)
        for claimed in await store.claim(await a_worker(store), limit=1000):
            await store.commit(
                claimed.run.owner,  # type: ignore[arg-type]
                [Write(run_id=claimed.run.id, fence=claimed.run.fence, leave=Ended(status="completed", at=1))],
            )
        external = await asyncpg.connect(grown_url)
        await external.execute("update kagzi.runs set external_id = null where namespace = 'default'")
        await external.close()
    await store.close()
    after = await scans(grown_url)
    # The statement of this test itself reads the runs once each time.
    after["runs"] -= 7
    assert after == before


async def test_an_owner_of_few_runs_finds_its_messages_without_reading_everybodys(new_database_url: str) -> None:
    await grow(new_database_url, analyzed=True)
    before = await scans(new_database_url)
    store = await open_postgres(new_database_url, poll_only=True)
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await store.send([signal(run.id)])
    for _ in range(7):
        assert len(await store.messages(owner)) == 1
    await store.close()
    assert await scans(new_database_url) == before
