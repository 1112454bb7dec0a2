"""The connection goes at the worst moment: a request or its answer is lost, and nothing happens twice or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import pytest
from pg_locking import blocked_by
from pg_proxy import Proxy, proxied
from store_samples import (
    a_dead_worker,
    a_worker,
    an_owned_run,
    child_of,
    claim_one,
    end,
    entry,
    new_run,
    park,
    signal,
    write,
)

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres
from kagzi_dsl.runtime.store.records import Ended, Parked, Write

COMMIT = b"commit\x00"
COMMIT_OF_ASYNCPG = b"COMMIT;\x00"
Losing = Callable[[Proxy], None]


@asynccontextmanager
async def through_a_proxy(url: str, patience: float = 20.0) -> AsyncIterator[tuple[PostgresStore, Proxy]]:
    async with proxied(url) as proxy:
        store = await open_postgres(proxy.url, patience=patience, poll_only=True)
        try:
            yield store, proxy
        finally:
            await store.close()


@pytest.fixture(params=["request", "reply"])
def lose(request: pytest.FixtureRequest) -> Losing:
    """Loses the next COMMIT, or the answer to it."""
    return lambda proxy: proxy.lose_request(COMMIT) if request.param == "request" else proxy.lose_reply(COMMIT)


@pytest.fixture(params=["request", "reply"])
def lose_next(request: pytest.FixtureRequest) -> Losing:
    """Loses the next request, or the answer to it: for what takes one statement."""
    return lambda proxy: proxy.lose_request() if request.param == "request" else proxy.lose_reply()


async def know_the_statements(store: PostgresStore, owner: UUID) -> None:
    """Lets go of runs, so that the next statement that does is nothing but itself."""
    await park(store, owner, (await an_owned_run(store, owner)).id)
    await end(store, owner, (await an_owned_run(store, owner)).id, messages_seen=0)


async def test_entries_are_written_once(database_url: str, lose_next: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        await store.send([signal(run.id)])
        [message] = await store.unread(run.id)
        await write(store, owner, run.id, entries=[entry(0)])
        lose_next(proxy)
        assert await write(store, owner, run.id, entries=[entry(1), entry(2)], consumed=[message.id]) is None
        assert proxy.lost == 1
        assert await store.journal(run.id) == [entry(0), entry(1), entry(2)]
        assert await store.unread(run.id) == []


async def test_a_run_is_put_down_once(database_url: str, lose_next: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        await know_the_statements(store, owner)
        lose_next(proxy)
        assert await write(store, owner, run.id, entries=[entry(0)], leave=Parked("waiting", None, 0)) is None
        assert proxy.lost == 1
        found = await store.run(run.id)
        assert found is not None
        assert (found.status, found.owner, found.fence) == ("waiting", None, 1)


async def test_a_run_nobody_is_told_of_ends_once(database_url: str, lose_next: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        await know_the_statements(store, owner)
        lose_next(proxy)
        over = Ended(status="completed", at=9, output="1", messages_seen=0)
        assert await write(store, owner, run.id, entries=[entry(0)], leave=over) is None
        assert proxy.lost == 1
        found = await store.run(run.id)
        assert found is not None
        assert (found.status, found.finished_at, found.fence) == ("completed", 9, 1)
        assert await store.journal(run.id) == [entry(0)]


async def test_a_child_ends_once_and_tells_its_parent_once(database_url: str, lose: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        parent = await an_owned_run(store, owner)
        child = child_of(parent)
        await store.start([child], owner=owner)
        lose(proxy)
        over = Ended(status="completed", at=9, output="1")
        assert await write(store, owner, child.id, entries=[entry(0)], leave=over) is None
        assert proxy.lost == 1
        assert len(await store.unread(parent.id)) == 1
        found = await store.run(child.id)
        assert found is not None
        assert (found.status, found.finished_at) == ("completed", 9)


async def test_children_and_messages_of_a_write_come_once(database_url: str, lose: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run, target, stale = [await an_owned_run(store, owner) for _ in range(3)]
        children = [child_of(run), child_of(run, external_id="x")]
        lose(proxy)
        answers = await store.commit(
            owner,
            [
                Write(run_id=run.id, fence=1, entries=[entry(0)], starts=children, sends=[signal(target.id)]),
                Write(run_id=stale.id, fence=7, sends=[signal(target.id, "stale")]),
            ],
        )
        assert [answer and answer.reason for answer in answers] == [None, "fence"]
        assert proxy.lost == 1
        assert [message.name for message in await store.unread(target.id)] == ["go"]
        assert [found is not None for found in [await store.run(child.id) for child in children]] == [True, True]


async def test_a_message_is_not_sent_again_though_it_was_read_meanwhile(database_url: str) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        direct = await open_postgres(database_url, poll_only=True)
        owner = await a_worker(store)
        run, target = await an_owned_run(store, owner), await an_owned_run(store, owner)
        proxy.lose_reply(COMMIT)
        committing = asyncio.create_task(write(store, owner, run.id, entries=[entry(0)], sends=[signal(target.id)]))
        await proxy.loss.wait()
        proxy.open.clear()
        while not (unread := await direct.unread(target.id)):
            pass
        assert await write(direct, owner, target.id, consumed=[unread[0].id]) is None
        proxy.open.set()
        assert await committing is None
        assert await direct.unread(target.id) == []
        await direct.close()


LEAVES = [Parked("pending", 1, 0), Ended(status="failed", at=1), Ended(status="failed", at=1, messages_seen=0)]


@pytest.mark.parametrize("leave", LEAVES, ids=["parked", "ended", "ended at once"])
async def test_who_left_and_was_followed_hears_that_the_run_is_not_his(
    database_url: str, leave: Parked | Ended
) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        direct = await open_postgres(database_url, poll_only=True)
        owner, other = await a_worker(store), await a_worker(store)
        run = await an_owned_run(store, owner)
        await know_the_statements(store, owner)
        at_once = isinstance(leave, Parked) or leave.messages_seen is not None
        proxy.lose_reply() if at_once else proxy.lose_reply(COMMIT)
        committing = asyncio.create_task(write(store, owner, run.id, entries=[entry(0)], leave=leave))
        await proxy.loss.wait()
        proxy.open.clear()
        while (found := await direct.run(run.id)) is None or found.owner is not None:
            pass
        if isinstance(leave, Ended):
            assert await direct.reopen(run.id)
        await claim_one(direct, other, run.id)
        proxy.open.set()
        refused = await committing
        assert refused is not None
        assert refused.reason == "fence"
        assert await direct.journal(run.id) == [entry(0)]
        await direct.close()


@pytest.mark.parametrize("at_once", [False, True])
async def test_an_end_that_was_reopened_before_anyone_followed_is_known_to_have_happened(
    database_url: str, at_once: bool
) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        direct = await open_postgres(database_url, poll_only=True)
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        await know_the_statements(store, owner)
        proxy.lose_reply() if at_once else proxy.lose_reply(COMMIT)
        over = Ended(status="failed", at=1, messages_seen=0 if at_once else None)
        committing = asyncio.create_task(write(store, owner, run.id, leave=over))
        await proxy.loss.wait()
        proxy.open.clear()
        while not await direct.reopen(run.id):
            pass
        proxy.open.set()
        assert await committing is None
        await direct.close()


async def test_a_claim_whose_answer_was_lost_is_answered_again(database_url: str, lose_next: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run, other = new_run(), new_run()
        assert await store.claim(owner, limit=5) == []
        await store.start([run])
        lose_next(proxy)
        [claimed] = await store.claim(owner, limit=5)
        assert proxy.lost == 1
        assert (claimed.run.id, claimed.run.fence, claimed.run.stalls) == (run.id, 1, 0)
        await store.start([other])
        assert [claimed.run.id for claimed in await store.claim(owner, limit=5)] == [other.id]


async def test_runs_claimed_unheard_are_handed_out_by_the_next_claim(database_url: str) -> None:
    async with through_a_proxy(database_url, patience=0.0) as (store, proxy):
        owner, other = await a_worker(store), await a_worker(store)
        run = new_run()
        assert await store.claim(owner, limit=5) == []
        await store.start([run])
        proxy.lose_reply()
        with pytest.raises(DatabaseUnavailable):
            await store.claim(owner, limit=5)
        assert await store.claim(other, limit=5) == []
        [claimed] = await store.claim(owner, limit=5)
        assert (claimed.run.id, claimed.run.fence) == (run.id, 1)
        assert await store.claim(owner, limit=5) == []


async def test_a_run_is_started_once(database_url: str, lose_next: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        there = new_run(external_id="A-1")
        await store.start([there, new_run()])
        for claimer, fence in ((None, None), (owner, 1)):
            run = new_run(external_id=f"B-{fence}")
            lose_next(proxy)
            fresh, taken = await store.start([run, new_run(external_id="A-1")], owner=claimer)
            assert (fresh.run_id, fresh.created, fresh.fence) == (run.id, True, fence)
            assert (taken.run_id, taken.created) == (there.id, False)
        assert proxy.lost == 2


async def test_a_signal_arrives_once(database_url: str, lose: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run, over = await an_owned_run(store, owner), await an_owned_run(store, owner)
        await end(store, owner, over.id)
        lose(proxy)
        assert await store.send([signal(run.id), signal(over.id)]) == [True, False]
        assert proxy.lost == 1
        assert len(await store.unread(run.id)) == 1


async def test_a_run_is_reopened_once(database_url: str, lose_next: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        await end(store, owner, run.id, status="failed", output=None)
        lose_next(proxy)
        assert await store.reopen(run.id)
        assert not await store.reopen(run.id)


async def test_a_transaction_whose_answer_was_lost_counts_once(database_url: str) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        async with store.transaction(owner, run.id, 1) as transaction:
            await transaction.connection.execute("create table public.paid (id int)")
            await transaction.connection.execute("insert into public.paid values (1)")
            proxy.lose_reply(COMMIT_OF_ASYNCPG)
            await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0)]))
        assert proxy.lost == 1
        assert await store.journal(run.id) == [entry(0)]
        assert await count(database_url, "public.paid") == 1


async def test_a_transaction_whose_request_was_lost_did_not_happen(database_url: str) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        await execute(database_url, "create table public.paid (id int)")
        async with store.transaction(owner, run.id, 1) as transaction:
            await transaction.connection.execute("insert into public.paid values (1)")
            proxy.lose_request(COMMIT_OF_ASYNCPG)
            with pytest.raises(DatabaseUnavailable):
                await transaction.commit(Write(run_id=run.id, fence=1, entries=[entry(0)]))
        assert await store.journal(run.id) == []
        assert await count(database_url, "public.paid") == 0
        assert await write(store, owner, run.id, entries=[entry(0)]) is None


async def test_a_store_outlives_its_connections(database_url: str) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        await write(store, owner, run.id, entries=[entry(0)])
        for seq in (1, 2, 3):
            proxy.cut()
            assert await write(store, owner, run.id, entries=[entry(seq)]) is None
            assert await store.renew(owner) is not None
        assert len(await store.journal(run.id)) == 4


async def test_a_writer_ended_by_the_server_while_it_waits_for_a_lock_tries_again(database_url: str) -> None:
    async with through_a_proxy(database_url) as (store, _):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        blocker = await asyncpg.connect(database_url)
        async with blocker.transaction():
            await blocker.execute("select from kagzi.queue for update")
            writing = asyncio.create_task(write(store, owner, run.id, entries=[entry(0)]))
            pid = await blocked_by(blocker)
            await blocker.execute("select pg_terminate_backend($1)", pid)
        assert await writing is None
        await blocker.close()
        assert await store.journal(run.id) == [entry(0)]


async def test_patience_ends_with_one_readable_line(database_url: str) -> None:
    async with through_a_proxy(database_url, patience=0.1) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        proxy.open.clear()
        proxy.cut()
        for work in (write(store, owner, run.id, entries=[entry(0)]), store.now(), store.claim(owner, limit=1)):
            with pytest.raises(DatabaseUnavailable, match=r"^the database at .* cannot be reached: [^\n]+$"):
                await work
        proxy.open.set()
        assert await write(store, owner, run.id, entries=[entry(0)]) is None


async def test_a_dead_owners_late_write_is_refused_after_reconnecting(database_url: str) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        direct = await open_postgres(database_url, poll_only=True)
        dead, owner = await a_dead_worker(store), await a_worker(store)
        run = await an_owned_run(store, dead)
        assert await write(store, dead, run.id) is None
        proxy.lose_request()
        proxy.open.clear()
        writing = asyncio.create_task(write(store, dead, run.id, entries=[entry(0)]))
        await proxy.loss.wait()
        claimed = await claim_one(direct, owner, run.id)
        await park(direct, owner, run.id, fence=claimed.run.fence)
        proxy.open.set()
        refused = await writing
        assert refused is not None
        assert refused.reason == "fence"
        assert await direct.journal(run.id) == []
        await direct.close()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def count(url: str, table: str) -> int:
    connection = await asyncpg.connect(url)
    found = await connection.fetchval(f"select count(*) from {table}")
    await connection.close()
    return int(found)
