"""The schema's versions: applied in order, by one process at a time, all or none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kagzi_dsl.errors import MigrationNeeded, StoreError
from kagzi_dsl.runtime.store.postgres.address import parse
from kagzi_dsl.runtime.store.postgres.connection import Connection, Settings, close, one_connection, transaction
from kagzi_dsl.runtime.store.postgres.failures import refused
from kagzi_dsl.runtime.store.postgres.queries import migrations, query

OLDEST_SERVER = 14


async def migrate(url: str) -> list[str]:
    """Brings the database's schema up to date and returns the names of the migrations that were applied.

    Raises DatabaseUnavailable, MigrationNeeded when the schema is newer than this program, StoreError.
    """
    async with on_errand(url) as (connection, settings):
        return await bring_up_to_date(connection, settings)


async def pending_migrations(url: str) -> list[str]:
    """The names of the migrations `migrate` would apply, in order. Raises as `migrate` does."""
    async with on_errand(url) as (connection, settings):
        check_server(connection, settings)
        async with transaction(connection, settings.begin()):
            return [name for _, name, _ in _missing(await applied(connection), settings)]


async def bring_up_to_date(connection: Connection, settings: Settings) -> list[str]:
    """Applies what is missing, in one transaction, and returns the names. Raises as `migrate` does."""
    check_server(connection, settings)
    async with transaction(connection, settings.begin()):
        return await _apply(connection, settings)


async def _apply(connection: Connection, settings: Settings) -> list[str]:
    await connection.fetch(query("lock_schema"))
    done = await applied(connection)
    missing = _missing(done, settings)
    if missing and not done:
        await connection.execute(query("create_schema"))
    elif missing:
        await _act_as_owner(connection)
    for number, name, text in missing:
        await connection.execute(text)
        await connection.execute(query("record_migration"), number, name)
    return [name for _, name, _ in missing]


async def _act_as_owner(connection: Connection) -> None:
    """Lets the rest of the transaction act as the schema's owner, where we may: what it makes is the owner's then."""
    for owner, ours, member in await connection.fetch(query("schema_owner")):
        if member and not ours:
            await connection.execute(f"set local role {owner}")


async def applied(connection: Connection) -> set[int]:
    """The numbers of the migrations a database has had."""
    if not await connection.fetchval(query("schema_exists")):
        return set()
    return {row["number"] for row in await connection.fetch(query("applied_migrations"))}


def _missing(done: set[int], settings: Settings) -> list[tuple[int, str, str]]:
    check_not_newer(done, settings)
    return [(number, f"{number:04}_{name}", text) for number, name, text in migrations() if number not in done]


def check_not_newer(done: set[int], settings: Settings) -> None:
    """Raises MigrationNeeded when the database has had migrations this program does not know."""
    newest = migrations()[-1][0]
    if done and max(done) > newest:
        raise MigrationNeeded(
            f"the schema of the database at {settings.address.place} is at version {max(done)}, and this program knows "
            f"{newest}; upgrade it (pip install --upgrade kagzi-dsl)"
        )


async def check_schema(connection: Connection, settings: Settings) -> None:
    """Raises MigrationNeeded, saying what to type, unless the schema is this program's own; StoreError if too old."""
    check_server(connection, settings)
    done = await applied(connection)
    check_not_newer(done, settings)
    missing = [number for number, _, _ in migrations() if number not in done]
    if missing:
        state = f"at version {max(done)}, and this program needs {missing[-1]}" if done else "not set up yet"
        raise MigrationNeeded(
            f"the schema of the database at {settings.address.place} is {state}; type `kagzi-dsl db migrate`"
        )


def check_server(connection: Connection, settings: Settings) -> None:
    """Raises StoreError for a server that is too old."""
    version = connection.get_server_version()
    if version.major < OLDEST_SERVER:
        raise StoreError(
            f"the database at {settings.address.place} is PostgreSQL {version.major}; {OLDEST_SERVER} or newer is "
            "needed"
        )


@asynccontextmanager
async def on_errand(url: str) -> AsyncIterator[tuple[Connection, Settings]]:
    """A connection for a moment, and its settings. What the server refuses meanwhile becomes an error of ours."""
    settings = errand(url)
    connection = await one_connection(settings)
    try:
        yield connection, settings
    except StoreError:
        raise
    except Exception as error:
        raise refused(error, settings.address) from error
    finally:
        await close(connection)


def errand(url: str) -> Settings:
    """How to connect for a moment, be it to a pooler: whatever is asked is asked in transactions."""
    return Settings(
        address=parse(url),
        pool_size=2,
        patience=0.0,
        silence=60.0,
        pooler=True,
        poll_only=True,
        application_name="kagzi-dsl",
    )
