"""The way in for Python: a client of the runs in a database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from kagzi_dsl.config import load, table
from kagzi_dsl.runtime.client import Client


@asynccontextmanager
async def connect(
    url: str | None = None, *, namespace: str | None = None, migrated: bool = False
) -> AsyncIterator[Client]:
    """A client of the PostgreSQL at `url`. What is not given comes from the configuration: variables, then a file.

    Where no database is named the embedded one is used, and started if need be. `migrated` brings the schema up to date
    first, as is always done with the embedded one. Raises ConfigError, DatabaseUnavailable, MigrationNeeded and
    StoreError.
    """
    from kagzi_dsl.runtime.store.postgres import open_postgres  # asyncpg, for those who get here

    settings = load()
    async with AsyncExitStack() as stack:
        url = url or settings.value(table.DB_URL)
        if not url:
            from kagzi_dsl.runtime import embedded

            url, migrated = stack.enter_context(embedded.acquire(settings.value(table.HOME))).url, True
        store = await open_postgres(
            url,
            migrated=migrated,
            pool_size=settings.value(table.POOL_SIZE),
            pooler=settings.value(table.POOLER),
            poll_only=settings.value(table.POLL_ONLY),
        )
        stack.push_async_callback(store.close)
        yield Client(
            store,
            namespace=namespace or settings.value(table.NAMESPACE),
            payload_limit=settings.value(table.PAYLOAD_LIMIT),
        )
