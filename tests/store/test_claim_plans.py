"""Claiming costs the same however many runs have finished and however many wait: by index, and no row too many."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from store_samples import a_worker, claim_ids, entry, new_run

from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.postgres import open_postgres
from kagzi_dsl.runtime.store.postgres.claims import Scope, statement
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.records import Ended, Share, Write

GROWN = {"queue", "runs", "journal", "inbox"}
LIMIT = 10
FINISHED, READY, SLEEPING = 20_000, 3_000, 3_000
FILL = f"""
insert into kagzi.runs (id, root_id, namespace, workflow, digest, queue, priority, labels, pins, origin, input, status)
select id, id, 'd', 'w', 'd', 'q', n % 3, '{{}}', '{{}}', '{{}}', '{{}}', case when n <= {FINISHED} then 'completed' end
from (
    select gen_random_uuid() as id, n from generate_series(1, {FINISHED + READY + SLEEPING}) n
) r;
insert into kagzi.queue (run_id, root_id, priority, status, queue, namespace, digest, available_at, timed)
select id, id, priority, 'pending', 'q', 'd', 'd', kagzi.clock() + place * 3600000, place = 1
from (select *, case when row_number() over () <= {READY} then 0 else 1 end as place
      from kagzi.runs where status is null) unfinished;
insert into kagzi.journal (run_id, seq, at, attempt, type, path, node, status, note)
select id, 1, 0, 1, 'node_completed', 'a', 'activity', 'completed', '' from kagzi.runs where status is not null;
"""


SCOPES: tuple[Scope, ...] = ("share", "runs", "families")
STATEMENTS = {
    **{f"claim {part}": statement("claim", part) for part in (*SCOPES, "ready", "chosen", "aside")},
    **{f"claimable_now {scope}": statement("claimable_now", scope) for scope in SCOPES},
}
"""Every statement that locks runs for a claim, put together of its parts."""


async def fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(FILL)
    await connection.execute("vacuum analyze")
    await connection.close()


@pytest.fixture
def full_url(new_database_url: str) -> str:
    """A database of many finished runs, and of some that are ready or sleep."""
    asyncio.run(fill(new_database_url))
    return new_database_url


async def read_whole(url: str, text: str) -> set[str]:
    """The tables a statement would read from end to end, planned as in a claim."""
    connection = await asyncpg.connect(url)
    await connection.execute(query("begin_pinned").format(idle=60_000))
    arguments = ", ".join(["null"] * len((await connection.prepare(text)).get_parameters()))
    await connection.execute(f"prepare asked as {text}")
    plan = json.loads(await connection.fetchval(f"explain (format json) execute asked ({arguments})"))
    await connection.close()
    return {node["Relation Name"] for node in nodes(plan[0]["Plan"]) if node["Node Type"] == "Seq Scan"} & GROWN


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


async def test_no_statement_that_locks_runs_for_a_claim_reads_a_whole_table(full_url: str) -> None:
    # First that it would be seen: no index serves this one.
    assert await read_whole(full_url, "select from kagzi.queue where status = $1 for update") == {"queue"}
    assert all("for update" in text for text in STATEMENTS.values())
    read = {name: await read_whole(full_url, text) for name, text in STATEMENTS.items()}
    assert read == {name: set() for name in STATEMENTS}


async def rows_read(url: str) -> int:
    """How many rows of the queue were fetched for anybody, once nobody is connected any more."""
    connection = await asyncpg.connect(url)
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    while await connection.fetchval(others):
        pass
    found = await connection.fetchval(
        "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables where relid = 'kagzi.queue'::regclass"
    )
    await connection.close()
    return int(found)


async def test_the_claim_of_a_worker_reads_hardly_more_rows_than_it_takes(full_url: str) -> None:
    before = await rows_read(full_url)
    store = await open_postgres(full_url, poll_only=True)
    owner = await a_worker(store)
    share = Share(namespace="d", queues=("q",), digests=("d",))
    for _ in range(7):
        assert len(await claim_ids(store, owner, limit=LIMIT, share=share)) == LIMIT
        assert await claim_ids(store, owner, limit=LIMIT, root_ids=[uuid7()]) == []
    await store.close()
    assert await rows_read(full_url) - before < 10 * 7 * LIMIT < READY


async def test_a_commit_of_a_worker_with_many_runs_reads_hardly_more_rows_than_it_writes_for(full_url: str) -> None:
    store = await open_postgres(full_url, poll_only=True)
    owner = await a_worker(store)
    runs = [new_run() for _ in range(300)]
    await store.start(runs, owner=owner)
    await store.close()
    before = await rows_read(full_url)
    store = await open_postgres(full_url, poll_only=True)
    for seq in range(1, 8):
        batch = [Write(run_id=run.id, fence=1, entries=[entry(seq)]) for run in runs[:LIMIT]]
        assert await store.commit(owner, batch) == [None] * LIMIT
        assert await store.commit(owner, [batch[0]._replace(entries=[entry(seq + 100)])]) == [None]
    ends = [Write(run_id=run.id, fence=1, leave=Ended(status="completed", at=1, messages_seen=0)) for run in runs]
    assert await store.commit(owner, ends[:LIMIT]) == [None] * LIMIT
    await store.close()
    assert await rows_read(full_url) - before < 10 * 7 * LIMIT < 7 * len(runs)
