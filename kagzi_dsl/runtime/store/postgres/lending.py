"""Work that must not happen twice though it cannot be repeated: messages from outside, and lent transactions.

When the answer to such a COMMIT gets lost, the server is asked what became of the transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

from kagzi_dsl.errors import DatabaseUnavailable, FenceLost, StoreError
from kagzi_dsl.runtime.store.postgres import commits
from kagzi_dsl.runtime.store.postgres.commits import Batch, Hint
from kagzi_dsl.runtime.store.postgres.connection import Connection, Pool, give_up, lost, persist, transaction
from kagzi_dsl.runtime.store.postgres.failures import Verdict, refused, unavailable, verdict
from kagzi_dsl.runtime.store.postgres.hints import Hints
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.records import NewMessage, Refused, Write


async def send(pool: Pool, messages: Sequence[NewMessage]) -> list[tuple[UUID, Hint]]:
    """Delivers messages once; says which runs got any, and who should look."""
    name = ""
    delivered: list[tuple[UUID, Hint]] = []

    async def work(connection: Connection, tries: int) -> list[tuple[UUID, Hint]]:
        nonlocal name, delivered
        if name and await _was_committed(pool, name):
            return delivered
        name = ""
        async with transaction(connection, pool.settings.begin("begin_pinned")):
            delivered = await commits.deliver_each(connection, messages)
            name = await connection.fetchval(query("transaction_id"))
        return delivered

    return await pool.run(work)


async def _was_committed(pool: Pool, name: str) -> bool:
    """What became of the transaction of that name. Raises DatabaseUnavailable when that cannot be known now."""
    while True:
        try:
            fate = (await pool.fetch("transaction_fate", name))[0][0]
        except DatabaseUnavailable:
            raise
        except StoreError:
            # A server that never heard of it: another one took over, and the transaction did not come along.
            return False
        if fate != "in progress":
            return bool(fate == "committed")
        await asyncio.sleep(0.02)


async def _was_committed_after_all(pool: Pool, name: str) -> bool:
    """The same, however long the database stays away."""
    while True:
        with contextlib.suppress(DatabaseUnavailable):
            return await _was_committed(pool, name)


@asynccontextmanager
async def lend(pool: Pool, hints: Hints, owner: UUID, run_id: UUID, fence: int) -> AsyncIterator[LentTransaction]:
    """Lends a transaction to an activity of a run that `owner` holds. Raises FenceLost when it does not."""

    async def opened(_: int) -> tuple[AsyncExitStack, LentTransaction]:
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(pool.lent())
            # Begun by asyncpg, so that the activity may nest transactions of its own in it.
            inner = connection.transaction()
            await inner.start()
            lent = LentTransaction(pool, hints, owner, connection, inner)
            stack.push_async_callback(lent.end)
            await connection.execute(pool.settings.begin("silence"))
            if not await connection.fetch(query("owns"), run_id, owner, fence):
                raise FenceLost(Refused.stale(run_id).message)
            return stack.pop_all(), lent

    stack, lent = await persist(opened, pool.settings)
    async with stack:
        yield lent


class LentTransaction:
    """A transaction of the database, open while a transactional activity runs."""

    def __init__(self, pool: Pool, hints: Hints, owner: UUID, connection: Connection, inner: Any) -> None:
        self._pool = pool
        self._hints = hints
        self._owner = owner
        self._connection = connection
        self._inner = inner
        self._done = False

    @property
    def connection(self) -> Connection:
        """The asyncpg connection whose transaction this is."""
        return self._connection

    async def commit(self, write: Write) -> None:
        """Writes `write` and commits, together with what the activity wrote.

        Raises FenceLost, DatabaseUnavailable (also when transactions were in each other's way: the activity may be
        tried again), StoreError. Nothing is committed then: when the answer gets lost, this waits until it is known.
        """
        name = ""
        try:
            if not self._connection.is_in_transaction():
                raise StoreError("the activity ended the transaction it was lent, so its result cannot be tied to it")
            await self._connection.execute(query("pin"))
            report = await commits.apply(self._connection, Batch(self._owner, [write], uuid4()), again=False)
            if report.stale:
                raise FenceLost(Refused.stale(write.run_id).message)
            name = await self._connection.fetchval(query("transaction_id"))
            await self._inner.commit()
            self._done = True
        except StoreError:
            raise
        except Exception as error:
            if not (name and lost(error) and await _was_committed_after_all(self._pool, name)):
                raise self._failure(error) from error
        self._hints.publish(report.hints)

    async def end(self) -> None:
        """Rolls back what was not committed."""
        if not self._done:
            try:
                await self._inner.rollback()
            except Exception:
                # Gone, or in a state only a new connection gets it out of.
                give_up(self._connection)

    def _failure(self, error: Exception) -> StoreError:
        address = self._pool.settings.address
        passing = verdict(error) in (Verdict.AGAIN, Verdict.RECONNECT)
        return unavailable(error, address) if passing else refused(error, address)
