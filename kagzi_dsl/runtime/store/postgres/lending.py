"""Work that must not happen twice though it cannot be repeated: messages from outside, and lent transactions.

When the answer to such a COMMIT gets lost, the server is asked what became of the transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

from kagzi_dsl.errors import DatabaseUnavailable, FenceLost, StoreError
from kagzi_dsl.runtime.store.postgres import commits
from kagzi_dsl.runtime.store.postgres.commits import Batch, Hint
from kagzi_dsl.runtime.store.postgres.connection import Connection, give_up, lost, persist, transaction
from kagzi_dsl.runtime.store.postgres.failures import Verdict, refused, unavailable, verdict
from kagzi_dsl.runtime.store.postgres.hints import Hints
from kagzi_dsl.runtime.store.postgres.pool import Pool
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.records import NewMessage, Refused, Write

_ROLLBACK_S = 5.0


async def send(pool: Pool, messages: Sequence[NewMessage]) -> list[tuple[UUID, Hint]]:
    """Delivers messages once; says which runs got any, and who should look."""
    name = ""
    delivered: list[tuple[UUID, Hint]] = []

    async def work(connection: Connection, tries: int) -> list[tuple[UUID, Hint]]:
        nonlocal name, delivered
        if name and await _was_committed(pool, name):
            return delivered
        name = ""
        async with transaction(connection, pool.settings.begin("begin_pinned", on=connection)):
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
async def lend(pool: Pool, check: Callable[[Connection], Awaitable[None]]) -> AsyncIterator[Loan]:
    """Lends a transaction to an activity. `check` raises FenceLost when it must not have it."""

    async def opened(_: int) -> tuple[AsyncExitStack, Loan]:
        async with AsyncExitStack() as stack:
            connection = await stack.enter_async_context(pool.lent())
            # Begun by asyncpg, so that the activity may nest transactions of its own in it.
            inner = connection.transaction()
            loan = Loan(pool, connection, inner)
            stack.push_async_callback(loan.end)
            try:
                async with asyncio.timeout(pool.settings.silence):
                    await inner.start()
                    await connection.execute(pool.settings.begin("silence"))
                    await check(connection)
            except Exception as error:
                _give_up_if_lost(connection, error)
                raise
            return stack.pop_all(), loan

    stack, loan = await persist(opened, pool.settings)
    async with stack:
        yield loan


class Loan:
    """A transaction of the database, open while a transactional activity runs; `connection` is asyncpg's."""

    def __init__(self, pool: Pool, connection: Connection, inner: Any) -> None:
        self.connection = connection
        self._pool = pool
        self._inner = inner
        self._done = False

    async def commit(self, write: Callable[[Connection], Awaitable[list[Hint]]]) -> list[Hint]:
        """Lets `write` add its part and commits it with what the activity wrote; gives the hints that `write` gave.

        Raises what `write` raises of StoreError, DatabaseUnavailable (also when transactions were in each other's way:
        the activity may be tried again), and StoreError. Nothing is committed then: when the answer gets lost, this
        waits until it is known.
        """
        name = ""
        hints: list[Hint] = []
        try:
            if not self.connection.is_in_transaction():
                raise StoreError("the activity ended the transaction it was lent, so its result cannot be tied to it")
            async with asyncio.timeout(self._pool.settings.silence):
                await self.connection.execute(self._pool.settings.begin("pin", on=self.connection))
                hints = await write(self.connection)
                name = await self.connection.fetchval(query("transaction_id"))
                await self._inner.commit()
            self._done = True
        except StoreError:
            raise
        except Exception as error:
            _give_up_if_lost(self.connection, error)
            if not (name and lost(error) and await _was_committed_after_all(self._pool, name)):
                raise self._failure(error) from error
        return hints

    async def end(self) -> None:
        """Rolls back what was not committed."""
        if not self._done:
            try:
                async with asyncio.timeout(_ROLLBACK_S):
                    await self._inner.rollback()
            except Exception:
                # Gone, or in a state only a new connection gets it out of.
                give_up(self.connection)

    def _failure(self, error: Exception) -> StoreError:
        address = self._pool.settings.address
        passing = verdict(error) in (Verdict.AGAIN, Verdict.RECONNECT)
        return unavailable(error, address) if passing else refused(error, address)


def _give_up_if_lost(connection: Connection, error: Exception) -> None:
    """Cuts a connection that may only be silent, so that nobody waits for it and its transaction ends."""
    if lost(error):
        give_up(connection)


@asynccontextmanager
async def lend_to_run(
    pool: Pool, hints: Hints, owner: UUID, run_id: UUID, fence: int
) -> AsyncIterator[LentTransaction]:
    """Lends a transaction to an activity of a run that `owner` holds. Raises FenceLost when it does not."""

    async def check(connection: Connection) -> None:
        if not await connection.fetch(query("owns"), run_id, owner, fence):
            raise FenceLost(Refused.stale(run_id).message)

    async with lend(pool, check) as loan:
        yield LentTransaction(loan, hints, owner)


class LentTransaction:
    """A transaction that is to hold a run's next entries."""

    def __init__(self, loan: Loan, hints: Hints, owner: UUID) -> None:
        self._loan = loan
        self._hints = hints
        self._owner = owner

    @property
    def connection(self) -> Connection:
        """The asyncpg connection whose transaction this is."""
        return self._loan.connection

    async def commit(self, write: Write) -> None:
        """Writes `write` and commits, together with what the activity wrote. Raises as Loan.commit, and FenceLost."""

        async def apply(connection: Connection) -> list[Hint]:
            report = await commits.apply(connection, Batch(self._owner, [write]), again=False)
            if report.stale:
                raise FenceLost(Refused.stale(write.run_id).message)
            return report.hints

        self._hints.publish(await self._loan.commit(apply))
