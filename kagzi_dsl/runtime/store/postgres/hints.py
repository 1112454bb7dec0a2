"""Hints to whoever waits: in this process at once, to other processes by NOTIFY.

NOTIFY takes a lock over the whole server until its transaction is on disk, which would line up the commits of all
workers. So where there is much to do a hint is not part of the transaction it tells of: it follows in one of its own,
many hints in one, and what a crash swallows in between is found by polling. Where there is little to do, and commits do
not take long, it goes with what it tells of, and is there a round trip and a commit earlier.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import uuid4

from kagzi_dsl.errors import DatabaseUnavailable, StoreError
from kagzi_dsl.runtime.background import end_all
from kagzi_dsl.runtime.store.postgres.commits import Hint
from kagzi_dsl.runtime.store.postgres.connection import Connection, connect
from kagzi_dsl.runtime.store.postgres.pool import Pool
from kagzi_dsl.runtime.store.protocol import Listener

T = TypeVar("T")
CHANNEL = "kagzi"
_LARGEST = 7_900
"""The bytes of one notification; PostgreSQL allows 8,000."""
_CALM_S = 0.01
"""How long there must have been nothing to tell for a hint to go with what it tells of."""
_LONG_S, _LEFT_ALONE_S = 0.02, 1.0
"""When such a transaction took so long others may be waiting in line, and for so long none follows."""
_LONGEST_EXPECTED_S = 5.0
"""When the pauses between looks at somebody else's transaction have grown to this, it is left to the next poll."""
_log = logging.getLogger("kagzi_dsl.store")


class Told(NamedTuple, Generic[T]):
    """The answer of a write, the hints that went along with it, and those that are to follow."""

    answer: T
    along: Collection[Hint]
    after: Collection[Hint]


class Hints:
    """Sends hints and passes on those of others."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._sender = uuid4().hex
        self._listeners: list[Listener] = []
        self._waiting: dict[Hint, None] = {}
        self._sending: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._later: dict[Hint, asyncio.TimerHandle] = {}
        self._expecting: set[asyncio.Task[None]] = set()
        self._calm_at = 0.0

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener` for every hint from now on, until what is returned is called."""
        self._listeners.append(listener)
        if self._listening is None and not self._pool.settings.poll_only:
            self._listening = asyncio.get_running_loop().create_task(self._listen())

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def publish(self, hints: Iterable[Hint]) -> None:
        """Tells this process now and the others soon."""
        fresh = dict.fromkeys(hints)
        self._tell(fresh)
        if fresh and not self._pool.settings.poll_only:
            loop = asyncio.get_running_loop()
            self._calm_at = loop.time() + _CALM_S
            self._waiting |= fresh
            if self._sending is None:
                self._sending = loop.create_task(self._send())

    def _tell(self, hints: Iterable[Hint]) -> None:
        loop = asyncio.get_running_loop()
        for hint in hints:
            for listener in self._listeners:
                loop.call_soon(listener, *hint)

    async def tell_of(self, write: Callable[[str | None], Awaitable[Told[T]]], *, along: bool) -> T:
        """Publishes what comes of `write`, which may be called with what its statement is to notify with.

        Only where it may go `along`, and there is little to do.
        """
        now = asyncio.get_running_loop().time
        began = now()
        if along and began >= self._calm_at and not self._pool.settings.poll_only:
            try:
                told = await write(self._sender)
            except DatabaseUnavailable:
                raise
            except Exception as error:
                # Notifications may be at fault, when there is no room for any more; and they are needed by nobody.
                _log.debug("tried again without hints: %s", error)
                self._calm_at = now() + _LEFT_ALONE_S
            else:
                if told.along:
                    self._tell(told.along)
                    self._calm_at = now() + (_LEFT_ALONE_S if now() - began > _LONG_S else _CALM_S)
                self.publish(told.after)
                return told.answer
        told = await write(None)
        self.publish(told.after)
        return told.answer

    def later(self, seconds: float, hint: Hint) -> None:
        """Tells this process after a while; of several times asked for, the soonest counts."""
        loop = asyncio.get_running_loop()
        if (known := self._later.get(hint)) is not None:
            if known.when() <= loop.time() + seconds:
                return
            known.cancel()
        self._later[hint] = loop.call_later(seconds, self._tell_later, hint)

    def _tell_later(self, hint: Hint) -> None:
        del self._later[hint]
        for listener in tuple(self._listeners):
            listener(*hint)

    def publish_after(self, transaction: str, hints: Sequence[Hint]) -> None:
        """The same once somebody else's transaction of that name has been committed, if that is soon."""
        if hints and not self._pool.settings.poll_only:
            task = asyncio.get_running_loop().create_task(self._publish_after(transaction, hints))
            self._expecting.add(task)
            task.add_done_callback(self._expecting.discard)

    async def _publish_after(self, transaction: str, hints: Sequence[Hint]) -> None:
        pause = 0.01
        while pause < _LONGEST_EXPECTED_S:
            await asyncio.sleep(pause)
            pause *= 1.5
            try:
                fate = (await self._pool.fetch("transaction_fate", transaction))[0][0]
            except StoreError as error:
                _log.debug("hints were not sent: %s", error)
                return
            if fate != "in progress":
                self.publish(hints if fate == "committed" else ())
                return

    async def _send(self) -> None:
        try:
            while self._waiting:
                hints, self._waiting = self._waiting, {}
                await self._pool.fetch("notify", list(_packed(self._sender, hints)))
        except StoreError as error:
            # Nothing is lost but time: whoever waits also polls.
            _log.debug("hints were not sent: %s", error)
        finally:
            self._sending = None

    async def _listen(self) -> None:
        pause, lost = 0.1, False
        while True:
            try:
                connection = await connect(self._pool.settings)
            except Exception as error:
                _log.debug("cannot listen: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
                continue
            if lost:
                _log.warning("connected to the database again")
            pause = 0.1
            await self._listen_on(connection)
            _log.warning("the connection to the database was lost; trying again")
            lost = True

    async def _listen_on(self, connection: Connection) -> None:
        """Listens until the connection is lost."""
        gone = asyncio.Event()
        connection.add_termination_listener(lambda _: gone.set())
        try:
            await connection.add_listener(CHANNEL, self._heard)
            await gone.wait()
        except Exception as error:
            _log.debug("listening ended: %s", error)
        finally:
            connection.terminate()

    def _heard(self, _connection: Any, _pid: int, _channel: str, text: str) -> None:
        sender, *lines = text.split("\n")
        if sender != self._sender:
            for line in lines:
                topic, _, subject = line.partition(" ")
                for listener in tuple(self._listeners):
                    listener(topic, subject)  # type: ignore[arg-type]

    async def close(self) -> None:
        """Sends what waits, for a moment, and stops listening."""
        for timer in self._later.values():
            timer.cancel()
        self._listeners.clear()
        try:
            if self._sending is not None:
                await asyncio.wait({self._sending}, timeout=2)
        finally:
            known = (self._sending, self._listening, *self._expecting)
            await end_all([task for task in known if task is not None])


def _packed(sender: str, hints: Iterable[Hint]) -> Iterator[str]:
    text = sender
    for topic, subject in hints:
        line = f"\n{topic} {subject}"
        if len(text.encode()) + len(line.encode()) > _LARGEST:
            yield text
            text = sender
        text += line
    yield text
