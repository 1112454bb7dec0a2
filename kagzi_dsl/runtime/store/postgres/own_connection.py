"""A connection for one kind of writes alone, which so wait for nothing else: commits, or claims."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from kagzi_dsl.runtime.store.postgres.connection import Connection, Settings, close, connect, knows_limits, persist
from kagzi_dsl.runtime.store.postgres.failures import Verdict, verdict

T = TypeVar("T")
PINNED = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""For connections whose few statements must reach their rows by index, whatever the statistics say at the moment."""
RELAXED = {"synchronous_commit": "off"}
"""For claims: one that a crash of the server forgets is nobody's loss; whatever follows from it is written later."""


class OwnConnection:
    """A connection used by one at a time; a lost connection is replaced.

    `session` are settings of its session (a pooler allows none).
    """

    def __init__(self, settings: Settings, session: Mapping[str, str] = PINNED) -> None:
        self._settings = settings
        self._session = session
        self._connection: Connection | None = None
        self._busy = asyncio.Lock()

    async def run(self, work: Callable[[Connection, int], Awaitable[T]]) -> T:
        """Lets `work` use the connection, again on another one if it is lost meanwhile. Raises as `persist` does."""

        async def attempt(tries: int) -> T:
            try:
                connection = await self._connected()
                async with asyncio.timeout(self._settings.silence):
                    return await work(connection, tries)
            except Exception as error:
                if verdict(error) is Verdict.RECONNECT:
                    self._drop()
                raise

        async with self._busy:
            try:
                return await persist(attempt, self._settings)
            except BaseException:
                self._drop_if_unsure()
                raise

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._new()
        return self._connection

    async def _new(self) -> Connection:
        connection = await connect(self._settings, self._session)
        try:
            if knows_limits(connection) and not self._settings.pooler:
                await connection.execute(self._settings.begin("limit_all"), timeout=self._settings.connect_timeout)
        except BaseException:
            connection.terminate()  # it would know no limits
            raise
        return connection

    def _drop_if_unsure(self) -> None:
        if self._connection is not None and (self._connection.is_closed() or self._connection.is_in_transaction()):
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        """Closes the connection, once nobody uses it; who is cancelled meanwhile cuts it."""
        try:
            async with self._busy:
                if self._connection is not None:
                    await close(self._connection)
        finally:
            self._drop()
