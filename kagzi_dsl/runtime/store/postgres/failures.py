"""What an error of the database means: try again, connect again, refuse these rows, or give up."""

from __future__ import annotations

import asyncio
import socket
from enum import Enum, auto

import asyncpg
from asyncpg.exceptions import _base

from kagzi_dsl.errors import ConfigError, DatabaseUnavailable, KagziError, PayloadError, StoreError
from kagzi_dsl.runtime.store.postgres.address import Address

_OF_A_POOLER = "unsupported startup parameter"
"""What PgBouncer says to settings of a session."""


class Verdict(Enum):
    """What to do about an error."""

    AGAIN = auto()
    RECONNECT = auto()
    ROWS = auto()
    GIVE_UP = auto()


_AGAIN = ("40001", "40P01")
# Connection exceptions, resources exhausted, the server going down or coming up, a session ended for its silence, a
# limit of the server's on waiting, and a server that has become a standby.
_RECONNECT = ("08", "53", "57P01", "57P02", "57P03", "57P05", "57014", "55P03", "25P03", "25P04", "25006", "58")
# What a server says to a connection it does not want: of this user, or to a database it does not have.
_UNWELCOME = ("28", "3D")
# Data exceptions, violated constraints, limits of the program (rows or JSON too large, nested too deep).
_ROWS = ("22", "23", "54")


_OF_THE_DATABASE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    asyncio.TimeoutError,
    UnicodeError,
    OverflowError,
)


def verdict(error: BaseException) -> Verdict:
    """What an error means, by the class of its SQLSTATE (PostgreSQL manual, appendix A) or its Python type."""
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate:
        for states, meaning in ((_AGAIN, Verdict.AGAIN), (_RECONNECT, Verdict.RECONNECT), (_ROWS, Verdict.ROWS)):
            if error.sqlstate.startswith(states):
                return meaning
        return Verdict.GIVE_UP
    # asyncpg reports a value it cannot encode as its own kind of DataError, Python as one of these.
    if isinstance(error, (_base.DataError, UnicodeError, OverflowError, PayloadError)):
        return Verdict.ROWS
    if isinstance(error, (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)):
        return Verdict.RECONNECT
    return Verdict.RECONNECT if isinstance(error, asyncio.TimeoutError) else Verdict.GIVE_UP


def at_first(error: Exception, address: Address) -> KagziError:
    """The error to raise when a database could not be opened."""
    if isinstance(error, KagziError):
        return error
    state = error.sqlstate if isinstance(error, asyncpg.PostgresError) else None
    if isinstance(error, ValueError):
        return ConfigError(f"the database URL cannot be used: {words(error, address)}")
    if verdict(error) is Verdict.RECONNECT or (state or "").startswith(_UNWELCOME):
        return unavailable(error, address)
    return refused(error, address)


def unavailable(error: BaseException, address: Address) -> DatabaseUnavailable:
    """The one line to say when the database cannot be reached."""
    advice = "; is it PgBouncer? --pooler is for that" if _OF_A_POOLER in str(error) else ""
    return DatabaseUnavailable(f"the database at {address.place} cannot be reached: {words(error, address)}{advice}")


def refused(error: BaseException, address: Address) -> StoreError:
    """The error to raise for what cannot be repaired by trying again."""
    if isinstance(error, StoreError):
        return error
    if not isinstance(error, _OF_THE_DATABASE):
        return StoreError(f"this program failed while it used the database: {type(error).__name__}: {error}")
    return StoreError(f"the database at {address.place} refused: {words(error, address)}")


def words(error: BaseException, address: Address) -> str:
    """An error in one line, without the password."""
    match error:
        case ConnectionRefusedError():
            text = "nothing listens there"
        case FileNotFoundError():
            text = "there is no such socket"
        case socket.gaierror():
            text = f"the name of the host cannot be resolved ({error.strerror})"
        case asyncio.TimeoutError():
            text = "it did not answer in time"
        case asyncpg.PostgresError():
            text = error.args[0] if error.args else type(error).__name__
        case OSError() if error.strerror and error.errno:
            text = error.strerror
        case _:
            text = str(error) or type(error).__name__
    return address.scrub(" ".join(str(text).split()))
