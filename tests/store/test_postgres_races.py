"""Two connections at the same row: whoever comes second sees what the first one did."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from pg_locking import blocked_by
from store_samples import (
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
from task_samples import GPU, put

from kagzi_dsl.runtime.store.limits import QueueLimits
from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres
from kagzi_dsl.runtime.store.postgres.claims import Wanted, take
from kagzi_dsl.runtime.store.postgres.commits import Batch, apply, deliver
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import new_run_columns
from kagzi_dsl.runtime.store.records import Ended, Parked, Refused, Started, Write


@pytest.fixture
def store(database_url: str, runner: asyncio.Runner) -> Iterator[PostgresStore]:
    store = runner.run(open_postgres(database_url))
    yield store
    runner.run(store.close())


class Other:
    """Another session, in the middle of a transaction until `commit` or `rollback`."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def meanwhile(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begins `work` and returns when it waits for this session."""
        task = asyncio.create_task(work)
        await blocked_by(self.connection)
        assert not task.done()
        return task

    async def write(self, owner: UUID, run_id: UUID, fence: int = 1, **parts: Any) -> None:
        report = await apply(self.connection, Batch(owner, [Write(run_id=run_id, fence=fence, **parts)]), again=False)
        assert not report.stale

    async def steal(self, run_id: UUID, owner: UUID, thief: UUID, store: PostgresStore) -> None:
        """Takes over the run of an owner whose lease is ended for it."""
        await store.retire([owner])
        wanted = Wanted(thief, 1, [run_id], None)
        [claimed] = await take(self.connection, wanted, uuid4()) or []
        assert (claimed.run.owner, claimed.run.fence) == (thief, 2)

    async def commit(self) -> None:
        await self.connection.execute("commit")

    async def rollback(self) -> None:
        await self.connection.execute("rollback")


@asynccontextmanager
async def another(url: str) -> AsyncIterator[Other]:
    connection = await asyncpg.connect(url)
    await connection.execute("begin")
    try:
        yield Other(connection)
    finally:
        await connection.close()


def is_stale(answer: Refused | None) -> bool:
    return answer is not None and answer.reason == "fence"


async def test_parking_waits_for_a_send_and_sees_it(store: PostgresStore, database_url: str) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    async with another(database_url) as other:
        await deliver(other.connection, [signal(run.id)])
        parking = await other.meanwhile(write(store, owner, run.id, leave=Parked("waiting", None, 0)))
        await other.commit()
        assert await parking is None
    claimed = await claim_one(store, owner, run.id)
    assert (claimed.messages_sent, len(claimed.messages)) == (1, 1)


async def test_parking_forgets_a_send_that_was_rolled_back(store: PostgresStore, database_url: str) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    async with another(database_url) as other:
        await deliver(other.connection, [signal(run.id)])
        parking = await other.meanwhile(write(store, owner, run.id, leave=Parked("waiting", None, 0)))
        await other.rollback()
        assert await parking is None
    assert await claim_ids(store, owner) == []


async def test_a_send_waits_for_parking_and_wakes_the_run(store: PostgresStore, database_url: str) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    async with another(database_url) as other:
        await other.write(owner, run.id, leave=Parked("waiting", None, 0))
        sending = await other.meanwhile(store.send([signal(run.id)]))
        await other.commit()
        assert await sending == [True]
    assert len((await claim_one(store, owner, run.id)).messages) == 1


@pytest.mark.parametrize("messages_seen", [None, 0])
async def test_an_end_waits_for_a_send_and_leaves_no_message_behind(
    store: PostgresStore, database_url: str, messages_seen: int | None
) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    async with another(database_url) as other:
        await deliver(other.connection, [signal(run.id)])
        over = Ended(status="failed", at=1, messages_seen=messages_seen)
        ending = await other.meanwhile(write(store, owner, run.id, entries=[entry(0)], leave=over))
        await other.commit()
        assert await ending is None
    assert await store.unread(run.id) == []
    assert await store.reopen(run.id)
    claimed = await claim_one(store, owner, run.id)
    assert (claimed.messages, claimed.entries) == ([], [entry(0)])


async def test_a_send_waits_for_an_end_and_is_refused(store: PostgresStore, database_url: str) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    async with another(database_url) as other:
        await other.write(owner, run.id, leave=Ended(status="failed", at=1))
        sending = await other.meanwhile(store.send([signal(run.id)]))
        await other.commit()
        assert await sending == [False]
    assert await store.unread(run.id) == []


LATE_WRITES: list[dict[str, Any]] = [
    {"entries": [entry(0)]},
    {"entries": [entry(0)], "leave": Parked("waiting", None, 0)},
    {"entries": [entry(0)], "leave": Ended(status="completed", at=1)},
    {"entries": [entry(0)], "leave": Ended(status="completed", at=1, messages_seen=0)},
    {"entries": [entry(0), entry(1)]},
]


@pytest.mark.parametrize("late", LATE_WRITES, ids=["append", "park", "end", "end at once", "append more"])
async def test_a_write_that_waits_for_a_claim_is_stale_afterwards(
    store: PostgresStore, database_url: str, late: dict[str, Any]
) -> None:
    owner, thief = await a_worker(store), await a_worker(store)
    run, other_run = await an_owned_run(store, owner), await an_owned_run(store, owner)
    async with another(database_url) as other:
        await other.steal(run.id, owner, thief, store)
        writes = [Write(run_id=run.id, fence=1, **late), Write(run_id=other_run.id, fence=1, entries=[entry(0)])]
        committing = await other.meanwhile(store.commit(owner, writes))
        await other.commit()
        answers = await committing
    assert [is_stale(answer) for answer in answers] == [True, False]
    assert await store.journal(run.id) == []
    assert len(await store.journal(other_run.id)) == 1
    found = await store.run(run.id)
    assert found is not None
    assert (found.owner, found.fence, found.status) == (thief, 2, "running")


async def test_a_write_goes_through_when_the_claim_it_waited_for_was_rolled_back(
    store: PostgresStore, database_url: str
) -> None:
    owner, thief = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    async with another(database_url) as other:
        await other.steal(run.id, owner, thief, store)
        committing = await other.meanwhile(write(store, owner, run.id, entries=[entry(0)]))
        await other.rollback()
        assert await committing is None


async def test_a_claim_passes_over_a_run_that_is_being_written(store: PostgresStore, database_url: str) -> None:
    owner = await a_worker(store)
    busy, free = new_run(), new_run()
    await store.start([busy, free])
    async with another(database_url) as other:
        await other.connection.execute("select from kagzi.queue where run_id = $1 for update", busy.id)
        assert await claim_ids(store, owner) == [free.id]
    assert await claim_ids(store, owner) == [busy.id]


async def test_a_claim_sees_what_was_committed_while_it_began(store: PostgresStore, database_url: str) -> None:
    owner, thief = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    async with another(database_url) as other:
        await other.write(owner, run.id, entries=[entry(0)])
        await store.retire([owner])
        assert await claim_ids(store, thief) == []
        await other.commit()
    claimed = await claim_one(store, thief, run.id)
    assert ([e.seq for e in claimed.entries], claimed.run.stalls) == ([0], 0)


async def test_two_starts_of_one_external_id_make_one_run(store: PostgresStore, database_url: str) -> None:
    first, second = new_run(external_id="A-1"), new_run(external_id="A-1")
    async with another(database_url) as other:
        await other.connection.fetch(query("start"), None, *new_run_columns([first]), None)
        starting = await other.meanwhile(store.start([second]))
        await other.commit()
        assert await starting == [Started(first.id, created=False)]


async def test_a_start_goes_through_when_the_other_one_was_rolled_back(store: PostgresStore, database_url: str) -> None:
    first, second = new_run(external_id="A-1"), new_run(external_id="A-1")
    async with another(database_url) as other:
        await other.connection.fetch(query("start"), None, *new_run_columns([first]), None)
        starting = await other.meanwhile(store.start([second]))
        await other.rollback()
        assert await starting == [Started(second.id, created=True)]


async def test_many_starters_of_one_external_id_agree(store: PostgresStore, database_url: str) -> None:
    stores = [store, await open_postgres(database_url, poll_only=True)]
    runs = [new_run(external_id="A-1") for _ in range(8)]
    answers = await asyncio.gather(*(stores[i % 2].start([run]) for i, run in enumerate(runs)))
    assert len({started.run_id for [started] in answers}) == 1
    assert sum(started.created for [started] in answers) == 1
    await stores[1].close()


async def test_claimers_share_the_runs_without_overlap(store: PostgresStore, database_url: str) -> None:
    stores = [store, await open_postgres(database_url, poll_only=True)]
    owners = [await a_worker(each) for each in stores]
    runs = [new_run() for _ in range(120)]
    await store.start(runs)

    async def claim_all(index: int) -> list[UUID]:
        mine: list[UUID] = []
        while found := await claim_ids(stores[index], owners[index], limit=7):
            mine += found
        return mine

    one, two = await asyncio.gather(claim_all(0), claim_all(1))
    left = await claim_ids(store, owners[0], limit=200)
    assert sorted(one + two + left) == sorted(run.id for run in runs)
    await stores[1].close()


async def test_runs_that_write_to_each_other_all_the_time_never_lose_a_message(
    store: PostgresStore, database_url: str
) -> None:
    """Two workers send, park, wake and end children across each other; deadlocks are the database's to break."""
    chance = random.Random(7)
    stores = [store, await open_postgres(database_url, poll_only=True)]
    owners = [await a_worker(each) for each in stores]
    runs = [[await an_owned_run(each, owner) for _ in range(6)] for each, owner in zip(stores, owners, strict=True)]
    everyone = [run.id for half in runs for run in half]
    sent: dict[UUID, int] = dict.fromkeys(everyone, 0)

    async def work(side: int) -> None:
        for turn in range(25):
            writes = []
            for run in chance.sample(runs[side], 4):
                targets = chance.sample(everyone, 3)
                writes.append(Write(run_id=run.id, fence=1, entries=[entry(turn)], sends=[signal(t) for t in targets]))
                for target in targets:
                    sent[target] += 1
            assert await stores[side].commit(owners[side], writes) == [None] * 4

    await asyncio.gather(work(0), work(1))
    assert {run_id: len(await store.unread(run_id)) for run_id in everyone} == sent
    for side in (0, 1):
        for run in runs[side]:
            await park(stores[side], owners[side], run.id, messages_seen=sent[run.id])
    assert await claim_ids(store, owners[0]) == []
    await stores[1].close()


async def test_children_that_end_together_all_reach_their_parent(store: PostgresStore, database_url: str) -> None:
    stores = [store, await open_postgres(database_url, poll_only=True)]
    owner = await a_worker(store)
    parents = [await an_owned_run(store, owner) for _ in range(3)]
    children = [child_of(parent, path=str(n)) for parent in parents for n in range(6)]
    await store.start(children, owner=owner)
    await asyncio.gather(*(end(stores[i % 2], owner, child.id) for i, child in enumerate(children)))
    for parent in parents:
        assert sorted(message.name for message in await store.unread(parent.id)) == list("012345")
    await stores[1].close()


async def test_a_transactional_activity_never_takes_the_last_connection(database_url: str) -> None:
    store = await open_postgres(database_url, pool_size=3, poll_only=True)
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    release, held = asyncio.Event(), asyncio.Semaphore(0)

    async def hold() -> None:
        async with store.transaction(owner, run.id, 1):
            held.release()
            await release.wait()

    holders = [asyncio.create_task(hold()) for _ in range(5)]
    for _ in range(2):
        await held.acquire()
    assert held.locked()
    assert await store.renew(owner) is not None
    assert await write(store, owner, run.id, entries=[entry(0)]) is None
    release.set()
    await asyncio.gather(*holders)
    await store.close()


async def test_attempts_a_claim_was_taking_when_their_queue_got_a_limit_count_against_it(
    store: PostgresStore, database_url: str
) -> None:
    owner, maker, late = await a_worker(store), await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    first, *_ = [await put(store, owner, run, path=f"p{n}") for n in range(3)]
    async with another(database_url) as other:
        claim = query("claim_tasks")
        [row] = await other.connection.fetch(claim, maker, 1, [], ["render"], "default", ["gpu"])
        assert row["id"] == first.id
        await store.set_limits(QueueLimits(namespace="default", queue="gpu", concurrency=1))
        assert await store.tasks.claim(late, limit=5, share=GPU) == []
        await other.commit()
    assert await store.tasks.claim(late, limit=5, share=GPU) == []
    [state] = [one for one in await store.queues("default") if one.queue == "gpu"]
    assert state.slots == 1


async def test_who_finds_that_slots_are_being_counted_is_told_to_look_again(
    store: PostgresStore, database_url: str
) -> None:
    await store.set_limits(QueueLimits(namespace="default", queue="gpu", concurrency=1))
    owner, maker = await a_worker(store), await a_worker(store)
    task = await put(store, owner, await an_owned_run(store, owner))
    told = asyncio.Event()
    store.subscribe(lambda topic, key: told.set() if (topic, key) == ("task", "gpu") else None)
    async with another(database_url) as other:
        assert await other.connection.fetch(query("lock_slots"), ["default queue gpu"]) == []
        for _ in range(2):
            told.clear()
            assert await store.tasks.claim(maker, limit=5, share=GPU) == []
            await told.wait()
        await other.commit()
    assert [one.id for one in await store.tasks.claim(maker, limit=5, share=GPU)] == [task.id]
