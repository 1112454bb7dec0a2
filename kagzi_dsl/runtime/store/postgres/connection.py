"""Connections: how they are opened, used for transactions, and how what fails on one is tried again.

Commits have a connection of their own, and so have claims (own_connection.py): they never wait for anything else. The
rest shares a pool (pool.py).
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

from kagzi_dsl.errors import DatabaseUnavailable, KagziError
from kagzi_dsl.runtime.store.postgres.address import Address
from kagzi_dsl.runtime.store.postgres.failures import Verdict, at_first, refused, unavailable, verdict
from kagzi_dsl.runtime.store.postgres.queries import query

Connection: TypeAlias = Any
"""An asyncpg connection, or the proxy of one that a pool lends."""
T = TypeVar("T")


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
        return f"{text.rstrip(';')}; {self.begin('limit')}" if on is not None and knows_limits(on) else text

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


def knows_limits(connection: Connection) -> bool:
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


async def one_connection(settings: Settings) -> Connection:
    """A connection for a single errand. Raises DatabaseUnavailable, at once, and ConfigError for a URL of no use."""
    try:
        return await connect(settings)
    except Exception as error:
        raise at_first(error, settings.address) from error


async def close(connection: Connection) -> None:
    """Closes a connection, which may be gone already."""
    with contextlib.suppress(Exception):
        await connection.close(timeout=5)


def lost(error: Exception) -> bool:
    """Whether an error says that the database went away rather than that it said no."""
    return isinstance(error, DatabaseUnavailable) or verdict(error) is Verdict.RECONNECT
