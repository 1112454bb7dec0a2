"""The connections that everything shares but commits and claims.

A transactional activity borrows one of them, but never the last, so that a process full of such activities can still
renew its lease.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.store.postgres.connection import (
    Connection,
    Settings,
    connect,
    give_up,
    persist,
    roll_back,
    transaction,
)
from kagzi_dsl.runtime.store.postgres.failures import Verdict, refused, verdict
from kagzi_dsl.runtime.store.postgres.queries import query

T = TypeVar("T")


class Pool:
    """A pool of connections."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._lendable = asyncio.Semaphore(settings.pool_size - 1)

    async def fetch(self, name: str, *arguments: object) -> list[Any]:
        """The rows of a statement that mostly only reads, and may be run twice."""

        async def work(connection: Connection, _: int) -> list[Any]:
            return list(await connection.fetch(query(name), *arguments))

        # A pooler may give each message of a statement to another server unless a transaction holds them together.
        return await (self.in_transaction(work) if self.settings.pooler else self.run(work))

    async def write(self, name: str, *arguments: object) -> list[Any]:
        """The same of a statement that may be run twice and locks what it writes.

        Should its session fall silent while it holds them, the server ends it soon.
        """
        return await self.in_transaction(lambda connection, _: connection.fetch(query(name), *arguments))

    async def in_transaction(self, work: Callable[[Connection, int], Awaitable[T]], begin: str = "begin") -> T:
        """Lets `work` run in a transaction, again in another one if it fails for a passing reason."""

        async def attempt(connection: Connection, tries: int) -> T:
            async with transaction(connection, self.settings.begin(begin, on=connection)):
                return await work(connection, tries)

        return await self.run(attempt)

    async def run(self, work: Callable[[Connection, int], Awaitable[T]]) -> T:
        """Lets `work` use a connection, again on another one if it is lost meanwhile. Raises as `persist` does."""

        async def attempt(tries: int) -> T:
            async with self.borrowed() as connection, asyncio.timeout(self.settings.silence):
                return await work(connection, tries)

        try:
            return await persist(attempt, self.settings)
        except StoreError:
            raise
        except Exception as error:
            raise refused(error, self.settings.address) from error

    @asynccontextmanager
    async def borrowed(self) -> AsyncIterator[Connection]:
        """A connection of the pool; one that was lost is not given back."""
        async with self._held() as connection:
            try:
                yield connection
            except Exception as error:
                if verdict(error) is Verdict.RECONNECT:
                    give_up(connection)
                raise

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """A connection for somebody else's statements, never the last one; what they set is reset afterwards."""
        async with self._lendable, self._held() as connection:
            try:
                yield connection
            finally:
                await _clean(connection)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[Connection]:
        pool = await self._opened()
        connection = await pool.acquire(timeout=self.settings.connect_timeout)
        try:
            yield connection
        finally:
            await _give_back(pool, connection)

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    min_size=0,
                    max_size=self.settings.pool_size,
                    # Our own statements leave nothing behind that would have to be reset.
                    reset=_nothing,
                    connect=lambda *_, **__: connect(self.settings),
                )
        return self._pool

    async def close(self) -> None:
        """Closes every connection; those still in use after a while, or when it is cancelled, are cut."""
        if self._pool is not None:
            try:
                async with asyncio.timeout(5):
                    await self._pool.close()
            except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self._pool.terminate()


async def _give_back(pool: Any, connection: Connection) -> None:
    """Gives a connection back to its pool.

    That takes a while where the server does not confirm that it has stopped what was cancelled. It goes on by itself
    when nobody waits for it any more. One that was lost meanwhile is cut by the pool, which is of no concern to whoever
    has done with it.
    """
    giving = asyncio.ensure_future(pool.release(connection))
    giving.add_done_callback(lambda done: None if done.cancelled() else done.exception())
    with contextlib.suppress(Exception):
        await asyncio.shield(giving)


async def _clean(connection: Connection) -> None:
    """Rolls back, and takes back what was set in the session."""
    try:
        await roll_back(connection)
        if not connection.is_closed():
            await connection.reset(timeout=5)
    except Exception:
        give_up(connection)
    except BaseException:
        give_up(connection)  # or the next one who has it would find what was set
        raise


async def _nothing(connection: Connection) -> None:
    pass
