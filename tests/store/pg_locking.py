"""Holding a lock until somebody waits for it."""

from __future__ import annotations

from typing import Any


async def blocked_by(connection: Any) -> int:
    """The process id of a session that waits for this one, as soon as there is one."""
    # From pg_locks, not from pg_stat_activity: within a transaction that one shows what it showed first.
    waiting = "select pid from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))"
    while not (rows := await connection.fetch(waiting)):
        pass
    return int(rows[0][0])
