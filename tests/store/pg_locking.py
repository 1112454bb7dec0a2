"""Holding a lock until somebody waits for it."""

from __future__ import annotations

from typing import Any

# From pg_locks, not from pg_stat_activity: within a transaction that one shows what it showed first.
_WAITING = "select pid from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))"


async def blocked_by(connection: Any) -> int:
    """The process id of a session that waits for this one, as soon as there is one."""
    while not (rows := await connection.fetch(_WAITING)):
        pass
    return int(rows[0][0])


async def nobody_is_blocked_by(connection: Any) -> None:
    """Returns when no session waits for this one any more."""
    while await connection.fetch(_WAITING):
        pass
