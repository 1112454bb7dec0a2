"""The composition root: which database a command uses, and the store, client and engine on top of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TypeVar

from kagzi_dsl.cli.loop import run_async
from kagzi_dsl.runtime.client import Client

T = TypeVar("T")


@contextlib.contextmanager
def database_url(named: str | None) -> Iterator[str]:
    """The URL of the database: the one that is named, else that of the embedded server, which runs meanwhile.

    Raises ConfigError and DatabaseUnavailable.
    """
    if named:
        yield named
        return
    from kagzi_dsl.runtime.embedded import acquire  # a named server has no need of it

    with acquire() as lease:
        yield lease.url


@contextlib.asynccontextmanager
async def open_client(url: str, *, namespace: str, migrated: bool) -> AsyncIterator[Client]:
    """A client of the database; `migrated` brings the schema up to date first."""
    from kagzi_dsl.runtime.store.postgres import open_postgres  # asyncpg, which only those who get here need

    store = await open_postgres(url, migrated=migrated)
    try:
        yield Client(store, namespace=namespace)
    finally:
        await store.close()


def with_client(named: str | None, namespace: str, work: Callable[[Client], Awaitable[T]]) -> T:
    """Runs `work` with a client and gives its result. The schema of an embedded database is kept up to date."""

    async def connected(url: str) -> T:
        async with open_client(url, namespace=namespace, migrated=not named) as client:
            return await work(client)

    with database_url(named) as url:
        return run_async(connected(url))
