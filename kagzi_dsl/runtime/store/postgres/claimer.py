"""The connection claims are made over, one at a time, each until it is answered."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from uuid import UUID, uuid4

from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.store.postgres.claims import Outcome, Wanted, load, take, taken_before
from kagzi_dsl.runtime.store.postgres.connection import Connection, Settings, transaction
from kagzi_dsl.runtime.store.postgres.failures import refused
from kagzi_dsl.runtime.store.postgres.hints import Hints
from kagzi_dsl.runtime.store.postgres.own_connection import PINNED, RELAXED, OwnConnection
from kagzi_dsl.runtime.store.postgres.slots import take_in_line
from kagzi_dsl.runtime.store.records import Claimed

_LONGEST_SILENCE = 5.0
"""Seconds until the server gives up on a claim that has fallen silent: others may wait for slots it counts."""


class Claimer:
    """Claims for one store."""

    def __init__(self, settings: Settings, hints: Hints) -> None:
        self._settings = settings
        self._hints = hints
        self._connection = OwnConnection(settings, PINNED | RELAXED)
        self._one_claim = asyncio.Lock()
        self._unanswered: dict[UUID, UUID] = {}

    async def claim(self, wanted: Wanted) -> list[Claimed]:
        """Claims what is wanted. Raises DatabaseUnavailable and StoreError."""
        # The key of a claim stays the same until an answer comes, so that runs taken by a claim whose answer got lost
        # are handed out by the next one.
        async with self._one_claim:
            again = wanted.owner in self._unanswered
            key = self._unanswered.setdefault(wanted.owner, uuid4())
            claimed = await self._persist(wanted, key, again=again)
            del self._unanswered[wanted.owner]
        return claimed

    async def _persist(self, wanted: Wanted, key: UUID, *, again: bool) -> list[Claimed]:
        async def work(connection: Connection, tries: int) -> list[Claimed]:
            outcome = await self._take(connection, wanted, key, again=again or tries > 0)
            if outcome.again is not None:
                self._hints.later(outcome.again, ("ready", ""))
            async with self._held(connection):
                return await load(connection, outcome.taken)

        try:
            return await self._connection.run(work)
        except StoreError:
            raise
        except Exception as error:
            raise refused(error, self._settings.address) from error

    async def _take(self, connection: Connection, wanted: Wanted, key: UUID, *, again: bool) -> Outcome:
        async with self._held(connection):
            taken = await taken_before(connection, wanted.owner, key) if again else []
            found = Outcome(taken) if taken else await take(connection, wanted, key)
        if found is not None:
            return found
        async with transaction(connection, self._settings.begin("begin_relaxed", longest=_LONGEST_SILENCE)):
            return await take_in_line(connection, wanted, key)

    def _held(self, connection: Connection) -> AbstractAsyncContextManager[None]:
        """A statement is a transaction by itself; a pooler, though, might give its messages to several servers."""
        if not self._settings.pooler:
            return nullcontext()
        return transaction(connection, self._settings.begin("begin_relaxed"))

    async def close(self) -> None:
        """Closes the connection."""
        await self._connection.close()
