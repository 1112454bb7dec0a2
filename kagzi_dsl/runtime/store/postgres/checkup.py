"""Whether a database is well: what is looked at, and what to do about what is found.

Every check says what is wrong and what to type, or that all is well. Nothing is changed, and nothing is looked at that
costs more than a walk over the tables once.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from shlex import quote
from typing import Literal, NamedTuple, TypeAlias

from kagzi_dsl.errors import DatabaseUnavailable, StoreError
from kagzi_dsl.runtime.store.postgres.connection import Connection, Settings, close, one_connection, transaction
from kagzi_dsl.runtime.store.postgres.migrate import OLDEST_SERVER, check_schema, errand
from kagzi_dsl.runtime.store.postgres.queries import query

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where on something is worth telling.

    `dead_rows` counts rows; `crowded` is the share of all connections; `stalls` counts claims without progress.
    """

    clocks_apart_ms: int = 5_000
    old_transaction_s: int = 300
    dead_rows: int = 10_000
    long_wait_ms: int = 60_000
    stalls: int = 3
    crowded: float = 0.9


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says. `advice` is what to do, empty where all is well."""

    check: str
    level: Level
    message: str
    advice: str = ""


class _Said(NamedTuple):
    """What a check says of one thing it has found."""

    message: str
    advice: str = ""
    level: Level = "warning"


_Says: TypeAlias = AsyncIterator[_Said]


@dataclass(frozen=True, slots=True)
class _Check:
    """One thing to look at. `well` is said where `look` says nothing."""

    name: str
    look: Callable[[Connection, Limits], _Says]
    well: str = ""

    async def findings(self, connection: Connection, limits: Limits) -> list[Finding]:
        """What it says; that it cannot look is no reason to stop looking, for a role may not look at everything."""
        try:
            async with transaction(connection, "begin"):
                said = [one async for one in self.look(connection, limits)]
        except Exception as error:
            said = [_Said(f"could not be looked at: {error}", "look as the owner of the schema")]
        found = said or [_Said(self.well, level="ok")]
        return [Finding(self.name, one.level, one.message, one.advice) for one in found]


async def examine(url: str, limits: Limits | None = None) -> AsyncIterator[Finding]:
    """Looks at the database, check by check; what cannot be looked at is a finding too. Raises ConfigError."""
    settings = errand(url)
    began = time.perf_counter()
    try:
        connection = await one_connection(settings)
    except DatabaseUnavailable as error:
        yield Finding("connection", "error", str(error), "see that the server runs and that --db names it")
        return
    try:
        took = (time.perf_counter() - began) * 1000
        yield Finding("connection", "ok", f"{settings.address.place}, connected in {took:.0f} ms")
        yield _version(connection)
        schema = await _schema(connection, settings)
        yield schema
        for check in _CHECKS if schema.level == "ok" else ():
            for finding in await check.findings(connection, limits or Limits()):
                yield finding
    finally:
        await close(connection)


def _version(connection: Connection) -> Finding:
    version = connection.get_server_version()
    text = f"PostgreSQL {version.major}.{version.micro}"
    if version.major < OLDEST_SERVER:
        return Finding("version", "error", text, f"upgrade the server to PostgreSQL {OLDEST_SERVER} or newer")
    return Finding("version", "ok", text)


async def _schema(connection: Connection, settings: Settings) -> Finding:
    try:
        async with transaction(connection, "begin"):
            await check_schema(connection, settings)
    except StoreError as error:
        return Finding("schema", "error", str(error), "kagzi-dsl db migrate")
    return Finding("schema", "ok", "up to date")


async def _clock(connection: Connection, limits: Limits) -> _Says:
    before = time.time_ns() // 1_000_000
    there = await connection.fetchval(query("doctor_clock"))
    after = time.time_ns() // 1_000_000
    apart = max(before - there, there - after, 0)
    if apart > limits.clocks_apart_ms:
        message = f"the server's clock and this machine's are {apart / 1000:.0f} s apart; runs go by the server's"
        yield _Said(message, "set both by NTP")


async def _settings(connection: Connection, limits: Limits) -> _Says:
    off = {row["name"] for row in await connection.fetch(query("doctor_settings")) if row["setting"] == "off"}
    for name in sorted(off & {"fsync", "full_page_writes", "synchronous_commit"}):
        yield _Said(f"{name} is off: a crash of the server can lose what was stored", f"alter system set {name} = on")
    if "autovacuum" in off:
        yield _Said("autovacuum is off: claims get slower and slower", "alter system set autovacuum = on", "error")


async def _connections(connection: Connection, limits: Limits) -> _Says:
    [row] = await connection.fetch(query("doctor_connections"))
    text = f"{row['used']} of {row['most']} in use"
    if row["used"] >= row["most"] * limits.crowded:
        yield _Said(text, "put PgBouncer before the server, or raise max_connections")
    else:
        yield _Said(text, level="ok")


async def _transactions(connection: Connection, limits: Limits) -> _Says:
    for row in await connection.fetch(query("doctor_transactions"), limits.old_transaction_s):
        text = f"{row['name']} has had a transaction open for {row['seconds']} s: nothing that died since is cleaned up"
        end = f"rollback prepared '{row['who']}'" if row["prepared"] else f"select pg_terminate_backend({row['who']})"
        yield _Said(text, f'kagzi-dsl db psql -c "{end}"')


async def _dead_rows(connection: Connection, limits: Limits) -> _Says:
    for row in await connection.fetch(query("doctor_dead_rows"), limits.dead_rows):
        text = f"kagzi.{row['name']} holds {row['dead']:,} dead rows and {row['live']:,} living ones"
        yield _Said(text, f"kagzi-dsl db psql -c 'vacuum (analyze) kagzi.{row['name']}'")


async def _leases(connection: Connection, limits: Limits) -> _Says:
    for row in await connection.fetch(query("doctor_expired_owners")):
        ago = row["ended_ago"]
        since = "is not known any more" if ago is None else f"lost its lease {ago // 1000} s ago"
        text = f"worker {row['name']} {since} and still owns {row['runs']:,} run{'s' if row['runs'] != 1 else ''}"
        yield _Said(text, "kagzi-dsl worker: a living worker of their queues takes them over")


async def _waiting(connection: Connection, limits: Limits) -> _Says:
    for row in await connection.fetch(query("doctor_waiting"), limits.long_wait_ms):
        text = f"{row['runs']:,} of {row['workflow']} ready in queue {row['queue']} of {row['namespace']}"
        text += f", the first for {row['longest'] // 1000} s"
        if row["served"] and row["limited"]:
            advice = "they wait for slots: see kagzi-dsl queues, and `concurrency` in the workflow"
        elif row["served"]:
            advice = "their workers are busy or lack activities: see kagzi-dsl workers and the workers' logs"
        else:
            advice = f"kagzi-dsl worker --namespace {quote(row['namespace'])} --queue {quote(row['queue'])}"
            text += "; no worker takes from it"
        yield _Said(text, advice)


async def _waiting_tasks(connection: Connection, limits: Limits) -> _Says:
    for row in await connection.fetch(query("doctor_waiting_tasks"), limits.long_wait_ms):
        text = f"{row['tasks']:,} of {row['activity']} wait in queue {row['queue']} of {row['namespace']}"
        text += f", the first for {row['longest'] // 1000} s"
        advice = "their workers are busy: see kagzi-dsl workers"
        if row["limited"]:
            advice = f"they wait for slots of queue {row['queue']}: see kagzi-dsl queues"
        if not row["served"]:
            advice = (
                f"kagzi-dsl worker --namespace {quote(row['namespace'])} --queue {quote(row['queue'])} --activities …"
            )
            text += "; no worker of it has this activity"
        yield _Said(text, advice)


async def _schedules(connection: Connection, limits: Limits) -> _Says:
    for row in await connection.fetch(query("doctor_schedules")):
        text = f"schedule {row['id']} of {row['namespace']} starts nothing: {row['problem']}"
        yield _Said(text, f"kagzi-dsl schedule show {quote(row['id'])} --namespace {quote(row['namespace'])}")


async def _stuck_runs(connection: Connection, limits: Limits) -> _Says:
    for row in await connection.fetch(query("doctor_stalled"), limits.stalls):
        text = f"run {row['run_id']} of {row['workflow']} was claimed {row['stalls']} times without getting on"
        yield _Said(text, f"kagzi-dsl history {row['run_id']}, and the workers' logs")


_INVARIANTS = {
    "doctor_lost_runs": "not over and yet in no queue",
    "doctor_queued_for_nothing": "queued although over, or not there",
    "doctor_orphaned_messages": "over, or not there, and still sent messages",
    "doctor_orphaned_tasks": "over, or not there, and still with attempts out",
    "doctor_gaps": "with a gap in the journal",
}


async def _invariants(connection: Connection, limits: Limits) -> _Says:
    for name, complaint in _INVARIANTS.items():
        ids = [str(row["id"]) for row in await connection.fetch(query(name))]
        if ids:
            advice = "something else wrote to these tables: restore them from a backup"
            yield _Said(f"runs {complaint}: {', '.join(ids)}", advice, "error")


_CHECKS = (
    _Check("clock", _clock, "the server's and this machine's agree"),
    _Check("settings", _settings, "durable, and cleaned up after"),
    _Check("connections", _connections),
    _Check("transactions", _transactions, "none is old"),
    _Check("dead rows", _dead_rows, "few"),
    _Check("leases", _leases, "no run is owned by a worker whose lease has ended"),
    _Check("waiting runs", _waiting, "none has been ready for long"),
    _Check("waiting tasks", _waiting_tasks, "none has waited for long"),
    _Check("schedules", _schedules, "none is broken"),
    _Check("stuck runs", _stuck_runs, "none"),
    _Check("invariants", _invariants, "runs, queue, inboxes and journals fit together"),
)
