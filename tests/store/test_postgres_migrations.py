"""The schema's versions: set up, kept up, and what is said of one that does not fit."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from store_samples import a_worker, an_owned_run
from task_samples import GPU, ids, put

from kagzi_dsl.errors import DatabaseUnavailable, MigrationNeeded, StoreError
from kagzi_dsl.runtime.store.limits import QueueLimits
from kagzi_dsl.runtime.store.postgres import migrate, open_postgres, pending_migrations
from kagzi_dsl.runtime.store.postgres.queries import migrations, query

NAMES = [f"{number:04}_{name}" for number, name, _ in migrations()]


async def fetchval(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_an_empty_database_is_set_up_once(empty_database_url: str) -> None:
    assert await pending_migrations(empty_database_url) == NAMES
    assert await migrate(empty_database_url) == NAMES
    assert await pending_migrations(empty_database_url) == []
    assert await migrate(empty_database_url) == []
    store = await open_postgres(empty_database_url)
    await a_worker(store)
    await store.close()


async def test_asking_what_is_pending_changes_nothing(empty_database_url: str) -> None:
    await pending_migrations(empty_database_url)
    assert await fetchval(empty_database_url, "select to_regnamespace('kagzi') is null")


async def test_processes_that_migrate_together_take_turns(empty_database_url: str) -> None:
    done = await asyncio.gather(*(migrate(empty_database_url) for _ in range(4)))
    assert sorted(done) == [[], [], [], NAMES]


async def test_opening_an_empty_database_says_what_to_type(empty_database_url: str) -> None:
    with pytest.raises(MigrationNeeded, match=r"not set up yet; type `kagzi-dsl db migrate`"):
        await open_postgres(empty_database_url)


async def test_opening_can_bring_the_schema_up_to_date(empty_database_url: str) -> None:
    store = await open_postgres(empty_database_url, migrated=True)
    await store.now()
    await store.close()


async def test_an_older_schema_says_which_version_it_has_and_what_to_type(new_database_url: str) -> None:
    latest = await fetchval(new_database_url, "select max(number) from kagzi.migrations")
    await fetchval(new_database_url, "delete from kagzi.migrations where number > 1")
    complaint = rf"at version 1, and this program needs {latest}; type `kagzi-dsl db migrate`"
    with pytest.raises(MigrationNeeded, match=complaint):
        await open_postgres(new_database_url)


async def test_a_newer_schema_asks_for_a_newer_program(new_database_url: str) -> None:
    await fetchval(new_database_url, "insert into kagzi.migrations (number, name) values (9999, 'future')")
    for attempt in (open_postgres(new_database_url), migrate(new_database_url), pending_migrations(new_database_url)):
        with pytest.raises(MigrationNeeded, match=r"at version 9999, and this program knows \d+; upgrade it"):
            await attempt


async def test_a_migration_that_fails_leaves_nothing(empty_database_url: str) -> None:
    await fetchval(empty_database_url, "create schema kagzi")
    await fetchval(empty_database_url, "create table kagzi.workers (id int)")
    with pytest.raises(StoreError, match="already exists"):
        await migrate(empty_database_url)
    assert await fetchval(empty_database_url, "select to_regclass('kagzi.migrations') is null")
    assert await fetchval(empty_database_url, "select to_regclass('kagzi.runs') is null")


async def test_a_role_that_may_not_create_a_schema_is_told_so(empty_database_url: str) -> None:
    await fetchval(empty_database_url, "create role nobody_special login")
    try:
        with pytest.raises((StoreError, DatabaseUnavailable)):
            await migrate(empty_database_url.replace("kagzi@", "nobody_special@"))
    finally:
        await fetchval(empty_database_url, "drop role nobody_special")


async def test_attempts_that_an_older_version_took_up_hold_slots_from_the_migration_on(new_database_url: str) -> None:
    store = await open_postgres(new_database_url)
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    for path in ("one", "two"):
        await put(store, owner, run, path=path)
    await ids(store, owner, GPU, limit=1)
    await fetchval(new_database_url, "update kagzi.tasks set holds = false")
    await fetchval(new_database_url, "delete from kagzi.migrations where number = 12")
    assert await migrate(new_database_url) == ["0012_task_holds"]
    await store.set_limits(QueueLimits(namespace="default", queue="gpu", concurrency=1))
    assert [state.slots for state in await store.queues("default") if state.queue == "gpu"] == [1]
    assert await ids(store, await a_worker(store), GPU) == []
    await store.close()


def test_every_statement_has_a_name_of_its_own_and_says_what_it_is_for() -> None:
    from importlib.resources import files

    names: list[str] = []
    for file in files("kagzi_dsl.runtime.store").joinpath("sql").iterdir():
        if file.name.endswith(".sql"):
            for part in file.read_text("utf-8").split("-- name: ")[1:]:
                name, explanation, *_ = part.split("\n")
                assert explanation.startswith("-- "), (file.name, name)
                names.append(name)
    assert len(names) == len(set(names))
    assert query("append").startswith("/* kagzi: append */ with owned")


def test_no_statement_needs_more_than_plain_sql() -> None:
    for _, _, text in migrations():
        code = " ".join(line.partition("--")[0] for line in text.lower().splitlines())
        assert "plpgsql" not in code
        assert "create trigger" not in code
        assert "references " not in code
