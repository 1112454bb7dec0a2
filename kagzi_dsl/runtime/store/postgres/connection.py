"""Connections: how they are opened, kept apart, and replaced when they are lost.

Commits have a connection of their own, and so have claims: they never wait for anything else. The rest shares a pool;
a transactional activity borrows from it, but never the last connection, so that a process full of them can still renew
its lease.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar

import asyncpg

from kagzi_dsl.errors import DatabaseUnavailable, KagziError, StoreError
from kagzi_dsl.runtime.store.postgres.address import Address
from kagzi_dsl.runtime.store.postgres.failures import Verdict, at_first, refused, unavailable, verdict
from kagzi_dsl.runtime.store.postgres.queries import query

Connection: TypeAlias = Any
"""An asyncpg connection, or the proxy of one that a pool lends."""
T = TypeVar("T")

PINNED = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""For connections whose few statements must reach their rows by index, whatever the statistics say at the moment."""
RELAXED = {"synchronous_commit": "off"}
"""For claims: one that a crash of the server forgets is nobody's loss; whatever follows from it is written later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to connect; durations in seconds.

    `patience` is how long a lost connection is sought again before DatabaseUnavailable. `silence` is how long the
    server lets a transaction of ours sit idle, and after which a broken network is noticed: less than a worker's lease.
    `pooler` is for PgBouncer in transaction mode: no prepared statements, no settings of the session. `poll_only` does
    without LISTEN and NOTIFY.
    """

    address: Address
    pool_size: int
    patience: float
    silence: float
    pooler: bool
    poll_only: bool
    application_name: str

    @property
    def connect_timeout(self) -> float:
        return self.address.connect_timeout or 10.0

    def begin(self, kind: str = "begin", *, on: Connection | None = None, longest: float = math.inf) -> str:
        """The statements that open a transaction: one of ours, if given, that never takes long, on that connection.

        `longest` (s) bounds how long it may be silent.
        """
        text = query(kind).format(idle=round(min(self.silence, longest) * 1000))
        return f"{text.rstrip(';')}; {self.begin('limit')}" if on is not None and _knows_limits(on) else text

    def session(self) -> dict[str, str]:
        """Settings of the whole session; a pooler allows none but the name."""
        named = {"application_name": self.address.application_name or self.application_name}
        if self.pooler:
            return named
        interval = str(max(1, round(self.silence / 4)))
        return named | {
            "idle_in_transaction_session_timeout": str(round(self.silence * 1000)),
            "tcp_keepalives_idle": interval,
            "tcp_keepalives_interval": interval,
            "tcp_keepalives_count": "3",
        }


async def connect(settings: Settings, more: Mapping[str, str] = MappingProxyType({})) -> Connection:
    """Opens a connection with `more` settings of its session. Raises whatever asyncpg and the network raise."""
    return await asyncpg.connect(
        settings.address.url,
        passfile=settings.address.passfile,
        timeout=settings.connect_timeout,
        statement_cache_size=0 if settings.pooler else 200,
        server_settings=settings.session() | ({} if settings.pooler else dict(more)),
    )


def _knows_limits(connection: Connection) -> bool:
    """Whether the server can end transactions for their length: PostgreSQL 17 and newer."""
    return bool(connection.get_server_version().major >= 17)


@asynccontextmanager
async def transaction(connection: Connection, begin: str) -> AsyncIterator[None]:
    """A transaction on `connection`; an error or a cancellation in it rolls it back."""
    try:
        await connection.execute(begin)
    except BaseException:
        # It may have begun all the same.
        give_up(connection)
        raise
    try:
        yield
        await connection.execute("commit")
    except BaseException:
        await roll_back(connection)
        raise


async def roll_back(connection: Connection) -> None:
    """Ends the transaction there may be; a connection that cannot even do that is given up."""
    try:
        if not connection.is_closed() and connection.is_in_transaction():
            await connection.execute("rollback", timeout=5)
    except Exception:
        give_up(connection)
    except BaseException:
        # Cancelled a second time: there is no waiting for an answer any more.
        give_up(connection)
        raise


def give_up(connection: Connection) -> None:
    """Cuts a connection that is of no more use."""
    # The proxy of a connection that was lost has let go of it already, and says so.
    with contextlib.suppress(asyncpg.InterfaceError):
        connection.terminate()


async def persist(work: Callable[[int], Awaitable[T]], settings: Settings) -> T:
    """Calls `work` with the number of the try (from 0) until the database lets it through.

    Conflicts with other transactions are tried again at once, a lost connection with growing pauses. Raises
    DatabaseUnavailable when the patience is over, StoreError for anything else the database says. What concerns rows
    is raised as it is.
    """
    began, tries = asyncio.get_running_loop().time(), 0
    while True:
        try:
            return await work(tries)
        except KagziError:
            raise
        except Exception as error:
            match verdict(error):
                case Verdict.AGAIN:
                    pause = 0.001
                case Verdict.RECONNECT:
                    pause = min(0.05 * 2**tries, 2.0)
                case Verdict.ROWS:
                    raise
                case Verdict.GIVE_UP:
                    raise refused(error, settings.address) from error
            if asyncio.get_running_loop().time() + pause > began + settings.patience:
                raise unavailable(error, settings.address) from error
        tries += 1
        # Spread, so that workers which lost the same server do not all come back in the same moment.
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))


class Writer:
    """A connection for one kind of writes: commits, or claims. One at a time; a lost connection is replaced.

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
            self._connection = await connect(self._settings, self._session)
            if _knows_limits(self._connection) and not self._settings.pooler:
                await self._connection.execute(
                    self._settings.begin("limit_all"), timeout=self._settings.connect_timeout
                )
        return self._connection

    def _drop_if_unsure(self) -> None:
        if self._connection is not None and (self._connection.is_closed() or self._connection.is_in_transaction()):
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        """Closes the connection."""
        async with self._busy:
            if self._connection is not None:
                await _close(self._connection)
            self._connection = None


class Pool:
    """The connections for everything but commits."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._lendable = asyncio.Semaphore(settings.pool_size - 1)

    async def fetch(self, name: str, *arguments: object) -> list[Any]:
        """The rows of a statement that only reads."""

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
        except BaseException:
            await _give_back(pool, connection)
            raise
        await pool.release(connection)

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
        """Closes every connection; those still in use after a while are cut."""
        if self._pool is not None:
            try:
                await asyncio.wait_for(self._pool.close(), timeout=5)
            except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self._pool.terminate()


async def _give_back(pool: Any, connection: Connection) -> None:
    """Gives back to its pool a connection on which something was broken off.

    That takes a while where the server does not confirm that it has stopped what was cancelled. It goes on by itself
    when nobody waits for it any more; and that the connection is cut in the end is of no concern to anybody.
    """
    giving = asyncio.ensure_future(pool.release(connection))
    giving.add_done_callback(lambda done: None if done.cancelled() else done.exception())
    with contextlib.suppress(Exception):
        await asyncio.shield(giving)


async def one_connection(settings: Settings) -> Connection:
    """A connection for a single errand. Raises DatabaseUnavailable, at once, and ConfigError for a URL of no use."""
    try:
        return await connect(settings)
    except Exception as error:
        raise at_first(error, settings.address) from error


async def _close(connection: Connection) -> None:
    with contextlib.suppress(Exception):
        await connection.close(timeout=5)


async def _clean(connection: Connection) -> None:
    """Rolls back, and takes back what was set in the session."""
    try:
        await roll_back(connection)
        if not connection.is_closed():
            await connection.reset(timeout=5)
    except Exception:
        give_up(connection)


async def _nothing(connection: Connection) -> None:
    pass


def lost(error: Exception) -> bool:
    """Whether an error says that the database went away rather than that it said no."""
    return isinstance(error, DatabaseUnavailable) or verdict(error) is Verdict.RECONNECT
