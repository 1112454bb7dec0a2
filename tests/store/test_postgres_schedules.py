"""Schedules in PostgreSQL: several schedulers at once, answers that get lost, and tables that have grown large."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest
from pg_proxy import Proxy, proxied
from schedule_samples import a_schedule, run_for, runs_of, starting
from store_samples import HOUR

from kagzi_dsl.dsl.schedule import Schedule
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.scheduler import Scheduler, SchedulerOptions
from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres

COMMIT = b"commit\x00"
RUN_OF_A_FIRE = """
insert into kagzi.runs (
    id, root_id, namespace, workflow, digest, queue, priority, labels, pins, origin, input, external_id
) values (
    gen_random_uuid(), gen_random_uuid(), 'default', 'orders', 'd', 'default', 0, '{}', '{}', '{}', '{}',
    'schedule:nightly:1970-01-01T00:00:01Z'
);
"""


@asynccontextmanager
async def opened(url: str, count: int) -> AsyncIterator[list[PostgresStore]]:
    stores = [await open_postgres(url) for _ in range(count)]
    try:
        yield stores
    finally:
        for store in stores:
            await store.close()


async def test_one_fire_is_one_run_however_many_schedulers_look_at_once(database_url: str) -> None:
    async with opened(database_url, 4) as stores:
        now = await stores[0].now()
        since = now // HOUR * HOUR - 3 * HOUR + 1
        for number in range(15):
            spec = Schedule(id=f"s{number}", cron="0 * * * *")
            await a_schedule(stores[0], f"s{number}", spec=spec, done=since, due_at=since)
        schedulers = [Scheduler(Client(store), SchedulerOptions(batch_size=2)) for store in stores]
        started = await asyncio.gather(*(scheduler.tick() for scheduler in schedulers for _ in range(2)))
        runs = [run.external_id for number in range(15) for run in await runs_of(stores[0], f"s{number}")]
        assert Counter(runs).most_common(1)[0][1] == 1
        # Three fires each; one more where an hour ends in this very moment.
        assert sum(started) == len(runs) >= 15 * 3


async def test_a_schedule_that_somebody_else_works_on_is_left_to_them(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    async with opened(database_url, 1) as [store]:
        await a_schedule(store, "mine")
        await a_schedule(store, "theirs")
        async with connection.transaction():
            await connection.execute("select from kagzi.schedules where id = 'theirs' for update")
            assert [one.schedule.id for one in await store.schedules.fire("default", starting(), limit=10)] == ["mine"]
        assert [one.schedule.id for one in await store.schedules.fire("default", starting(), limit=10)] == ["theirs"]
    await connection.close()


async def test_a_scheduler_that_dies_in_the_middle_leaves_nothing_behind(database_url: str) -> None:
    async with opened(database_url, 2) as [dying, other]:
        schedule = await a_schedule(other)
        killer = await asyncpg.connect(database_url)
        async with dying._pool.borrowed() as connection:  # the very statements, and then nothing
            await connection.execute("begin")
            await connection.fetch("select * from kagzi.schedules for update skip locked")
            await connection.execute(RUN_OF_A_FIRE)
            assert await other.schedules.fire("default", starting(), limit=10) == []
            await killer.execute("select pg_terminate_backend($1, 5000)", connection.get_server_pid())
        await killer.close()
        assert await other.schedules.one("default", "nightly") == schedule
        [firing] = await other.schedules.fire("default", starting(), limit=10)
        assert len(firing.starts) == 1
        assert len(await runs_of(other, "nightly")) == 1


# -- answers that get lost


@asynccontextmanager
async def through_a_proxy(url: str) -> AsyncIterator[tuple[PostgresStore, Proxy]]:
    async with proxied(url) as proxy:
        store = await open_postgres(proxy.url, patience=20.0, poll_only=True)
        try:
            yield store, proxy
        finally:
            await store.close()


LOSING = [
    pytest.param(lambda proxy, *words: proxy.lose_request(*words), id="request"),
    pytest.param(lambda proxy, *words: proxy.lose_reply(*words), id="reply"),
]


@pytest.mark.parametrize("lose", LOSING)
async def test_a_fire_whose_commit_gets_lost_is_one_run(database_url: str, lose: Callable[..., None]) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        await a_schedule(store)
        lose(proxy, COMMIT)
        await store.schedules.fire("default", starting(), limit=10)
        assert proxy.lost == 1
        assert len(await runs_of(store, "nightly")) == 1
        found = await store.schedules.one("default", "nightly")
        assert found is not None
        assert (found.revision, found.last_fire) == (2, 1_000)


@pytest.mark.parametrize("lose", LOSING)
async def test_a_change_whose_answer_gets_lost_is_made_once(database_url: str, lose: Callable[..., None]) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        first = await a_schedule(store, "first")
        lose(proxy)
        assert await store.schedules.change(first)
        lose(proxy)
        await a_schedule(store, "second")
        lose(proxy)
        assert await store.schedules.delete("default", "second")
        assert proxy.lost == 3
        found = await store.schedules.one("default", "first")
        assert found is not None
        assert found.revision == 2


# -- large tables

RUNS = """
insert into kagzi.runs (
    id, root_id, namespace, workflow, digest, queue, priority, labels, pins, origin, input, external_id, status
)
select gen_random_uuid(), gen_random_uuid(), 'default', 'w', 'd', 'default', 0, '{}', '{}', '{}', '{}',
    case when n % 2 = 0 then 'x' || n else 'schedule:s' || n % 10 || ':' || n end, 'completed'
from generate_series(1, 6000) n;
"""


async def test_no_scheduler_reads_all_runs_there_ever_were(new_database_url: str) -> None:
    connection = await asyncpg.connect(new_database_url)
    await connection.execute("alter table kagzi.runs set (autovacuum_enabled = off)")
    await connection.execute("analyze")
    await connection.execute(RUNS)
    scans = "select seq_scan from pg_stat_user_tables where relname = 'runs'"
    async with opened(new_database_url, 1) as [store]:
        schedule = await a_schedule(store, "s1", spec=Schedule(id="s1", cron="0 2 * * *", overlap="queue"))
        await store.start([run_for(schedule, 1_000)])
        before = await connection.fetchval(scans)
        await store.schedules.due_in("default")
        await store.schedules.fire("default", starting(2_000), limit=10)
        assert len(await store.schedules.runs("default", "s1", limit=5)) == 5
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    while await connection.fetchval(others):
        pass
    assert await connection.fetchval(scans) == before
    await connection.close()
