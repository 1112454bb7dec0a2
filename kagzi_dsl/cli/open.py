"""The composition root: which database a command uses, and the store, client and engine on top of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, TypeVar

from kagzi_dsl.cli.loop import run_async
from kagzi_dsl.cli.settings import retry_policy, value_of
from kagzi_dsl.config import table
from kagzi_dsl.runtime.client import Client

if TYPE_CHECKING:
    from kagzi_dsl.runtime.engine import Settings

T = TypeVar("T")

_SILENCE_S = 15.0
"""How long a transaction of ours may fall silent, unless that is too close to the lease."""


@contextlib.contextmanager
def database_url(named: str | None) -> Iterator[str]:
    """The URL of the database: the one that is named, else that of the embedded server, which runs meanwhile.

    Raises ConfigError and DatabaseUnavailable.
    """
    if named:
        yield named
        return
    from kagzi_dsl.runtime.embedded import acquire  # a named server has no need of it

    with acquire(value_of(table.HOME)) as lease:
        yield lease.url


@contextlib.asynccontextmanager
async def open_client(url: str, *, namespace: str, migrated: bool) -> AsyncIterator[Client]:
    """A client of the database; `migrated` brings the schema up to date first."""
    from kagzi_dsl.runtime.store.postgres import open_postgres  # asyncpg, which only those who get here need

    store = await open_postgres(
        url,
        migrated=migrated,
        pool_size=value_of(table.POOL_SIZE),
        silence=min(_SILENCE_S, value_of(table.LEASE) / 2_000),
        pooler=value_of(table.POOLER),
        poll_only=value_of(table.POLL_ONLY),
    )
    try:
        yield Client(store, namespace=namespace, payload_limit=value_of(table.PAYLOAD_LIMIT))
    finally:
        await store.close()


def engine_settings() -> Settings:
    """How the engine of the command that is running behaves."""
    from kagzi_dsl.runtime.engine import Settings

    return Settings(
        lease_ms=value_of(table.LEASE),
        poll=value_of(table.POLL_INTERVAL) / 1_000,
        max_runs=value_of(table.CONCURRENCY),
        max_tasks=value_of(table.CONCURRENCY),
        payload_limit=value_of(table.PAYLOAD_LIMIT),
        payload_warn=value_of(table.PAYLOAD_WARN),
        retry=retry_policy(),
    )


def with_client(named: str | None, namespace: str, work: Callable[[Client], Awaitable[T]]) -> T:
    """Runs `work` with a client and gives its result. The schema of an embedded database is kept up to date."""

    async def connected(url: str) -> T:
        async with open_client(url, namespace=namespace, migrated=not named) as client:
            return await work(client)

    with database_url(named) as url:
        return run_async(connected(url))
