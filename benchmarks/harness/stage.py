"""Where benchmarks run: one PostgreSQL with default durability, and a database of their own on it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from kagzi_dsl.runtime import embedded

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
"""The settings without which a figure says nothing about a database that keeps what it was given."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A server by its URL, and a folder for files that go with it."""

    url: str
    scratch: Path

    def url_of(self, database: str) -> str:
        """The URL of another database of the server."""
        return urlsplit(self.url)._replace(path=f"/{database}").geturl()

    @contextlib.asynccontextmanager
    async def connected(self, url: str | None = None) -> AsyncIterator[asyncpg.Connection]:
        """A connection to the server, or to one database of it."""
        connection = await asyncpg.connect(url or self.url)
        try:
            yield connection
        finally:
            await connection.close()

    @contextlib.asynccontextmanager
    async def database(self, subject: str) -> AsyncIterator[str]:
        """The URL of an empty database, which is dropped afterwards."""
        name = f"kagzi_bench_{subject}_{os.getpid()}"
        await self._execute(f'drop database if exists "{name}" with (force)', f'create database "{name}"')
        try:
            yield self.url_of(name)
        finally:
            await self._execute(f'drop database if exists "{name}" with (force)')

    async def settle(self) -> None:
        """Has the server write out what earlier rounds left it, so that no round pays for another."""
        await self._execute("checkpoint")

    async def settings(self) -> dict[str, str]:
        """What of the server's settings bears on the figures."""
        names = [*DURABLE, "server_version", "shared_buffers", "max_wal_size", "max_connections", "wal_sync_method"]
        async with self.connected() as connection:
            return {name: await connection.fetchval(f"show {name}") for name in names}

    async def _execute(self, *statements: str) -> None:
        async with self.connected() as connection:
            for statement in statements:
                await connection.execute(statement)


def undurable(settings: Mapping[str, str]) -> dict[str, str]:
    """Those of a server's settings by which it may lose what it was given."""
    return {name: settings[name] for name, value in DURABLE.items() if settings[name] != value}


@contextlib.contextmanager
def stage(db: str | None) -> Iterator[Stage]:
    """A stage on the server named, else on an embedded one that is made for it and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kagzi-bench-", ignore_cleanup_errors=True) as folder:
        if db is not None:
            yield Stage(db, Path(folder))
            return
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        with embedded.acquire(home) as lease:
            yield Stage(lease.url, Path(folder))
