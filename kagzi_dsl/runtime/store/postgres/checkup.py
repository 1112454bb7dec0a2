"""Whether a database is well: what is looked at, and what to do about what is found.

Every check says what is wrong and what to type. Nothing is changed, and nothing is looked at that costs more than a
walk over the tables once.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal

from kagzi_dsl.errors import DatabaseUnavailable, StoreError
from kagzi_dsl.runtime.store.postgres.connection import Connection, Settings, one_connection, transaction
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
        async for finding in _about_the_server(connection):
            yield finding
        schema = await _schema(connection, settings)
        yield schema
        for check in _CHECKS if schema.level == "ok" else ():
            async for finding in _guarded(check, connection, limits or Limits()):
                yield finding
    finally:
        await connection.close(timeout=5)


Check = Callable[[Connection, Limits], AsyncIterator[Finding]]


async def _guarded(check: Check, connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    try:
        async with transaction(connection, "begin"):
            findings = [finding async for finding in check(connection, limits)]
        for finding in findings:
            yield finding
    except Exception as error:  # a role that may not look is no reason to stop looking
        name = check.__name__.strip("_").replace("_", " ")
        yield Finding(name, "warning", f"could not be looked at: {error}", "look as the owner of the schema")


async def _about_the_server(connection: Connection) -> AsyncIterator[Finding]:
    version = connection.get_server_version()
    text = f"PostgreSQL {version.major}.{version.micro}"
    if version.major < OLDEST_SERVER:
        yield Finding("version", "error", text, f"upgrade the server to PostgreSQL {OLDEST_SERVER} or newer")
    else:
        yield Finding("version", "ok", text)


async def _schema(connection: Connection, settings: Settings) -> Finding:
    try:
        async with transaction(connection, "begin"):
            await check_schema(connection, settings)
    except StoreError as error:
        return Finding("schema", "error", str(error), "kagzi-dsl db migrate")
    return Finding("schema", "ok", "up to date")


async def _clock(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    before = time.time_ns() // 1_000_000
    there = await connection.fetchval(query("doctor_clock"))
    after = time.time_ns() // 1_000_000
    apart = max(before - there, there - after, 0)
    if apart > limits.clocks_apart_ms:
        message = f"the server's clock and this machine's are {apart / 1000:.0f} s apart; runs go by the server's"
        yield Finding("clock", "warning", message, "set both by NTP")
    else:
        yield Finding("clock", "ok", "the server's and this machine's agree")


async def _settings(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    off = {row["name"] for row in await connection.fetch(query("doctor_settings")) if row["setting"] == "off"}
    for name in sorted(off & {"fsync", "full_page_writes", "synchronous_commit"}):
        yield Finding("settings", "warning", f"{name} is off: a crash of the server can lose what was stored",
                      f"alter system set {name} = on")  # fmt: skip
    if "autovacuum" in off:
        yield Finding("settings", "error", "autovacuum is off: claims get slower and slower",
                      "alter system set autovacuum = on")  # fmt: skip
    if not off:
        yield Finding("settings", "ok", "durable, and cleaned up after")


async def _connections(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    [row] = await connection.fetch(query("doctor_connections"))
    text = f"{row['used']} of {row['most']} in use"
    if row["used"] >= row["most"] * limits.crowded:
        yield Finding("connections", "warning", text, "put PgBouncer before the server, or raise max_connections")
    else:
        yield Finding("connections", "ok", text)


async def _transactions(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    old = await connection.fetch(query("doctor_transactions"), limits.old_transaction_s)
    for row in old:
        text = f"{row['name']} has had a transaction open for {row['seconds']} s: nothing that died since is cleaned up"
        end = f"rollback prepared '{row['who']}'" if row["prepared"] else f"select pg_terminate_backend({row['who']})"
        yield Finding("transactions", "warning", text, f'kagzi-dsl db psql -c "{end}"')
    if not old:
        yield Finding("transactions", "ok", "none is old")


async def _dead_rows(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    bloated = await connection.fetch(query("doctor_dead_rows"), limits.dead_rows)
    for row in bloated:
        text = f"kagzi.{row['name']} holds {row['dead']:,} dead rows and {row['live']:,} living ones"
        yield Finding("dead rows", "warning", text, f"kagzi-dsl db psql -c 'vacuum (analyze) kagzi.{row['name']}'")
    if not bloated:
        yield Finding("dead rows", "ok", "few")


async def _leases(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    expired = await connection.fetch(query("doctor_expired_owners"))
    for row in expired:
        ago = row["ended_ago"]
        since = "is not known any more" if ago is None else f"lost its lease {ago // 1000} s ago"
        text = f"worker {row['name']} {since} and still owns {row['runs']:,} run{'s' if row['runs'] != 1 else ''}"
        yield Finding("leases", "warning", text, "kagzi-dsl worker: a living worker of their queues takes them over")
    if not expired:
        yield Finding("leases", "ok", "every run that is owned has a living owner")


async def _waiting(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    late = await connection.fetch(query("doctor_waiting"), limits.long_wait_ms)
    for row in late:
        text = f"{row['runs']:,} of {row['workflow']} ready in queue {row['queue']} of {row['namespace']}"
        text += f", the first for {row['longest'] // 1000} s"
        if row["served"] and row["limited"]:
            advice = "they wait for slots: see kagzi-dsl queues, and `concurrency` in the workflow"
        elif row["served"]:
            advice = "their workers are busy or lack activities: see kagzi-dsl workers and the workers' logs"
        else:
            advice = f"kagzi-dsl worker --namespace {row['namespace']} --queue {row['queue']}"
            text += "; no worker takes from it"
        yield Finding("waiting runs", "warning", text, advice)
    if not late:
        yield Finding("waiting runs", "ok", "none has been ready for long")


async def _waiting_tasks(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    late = await connection.fetch(query("doctor_waiting_tasks"), limits.long_wait_ms)
    for row in late:
        text = f"{row['tasks']:,} of {row['activity']} wait in queue {row['queue']} of {row['namespace']}"
        text += f", the first for {row['longest'] // 1000} s"
        advice = "their workers are busy: see kagzi-dsl workers"
        if row["limited"]:
            advice = f"they wait for slots of queue {row['queue']}: see kagzi-dsl queues"
        if not row["served"]:
            advice = f"kagzi-dsl worker --namespace {row['namespace']} --queue {row['queue']} --activities …"
            text += "; no worker of it has this activity"
        yield Finding("waiting tasks", "warning", text, advice)
    if not late:
        yield Finding("waiting tasks", "ok", "none has waited for long")


async def _schedules(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    broken = await connection.fetch(query("doctor_schedules"))
    for row in broken:
        text = f"schedule {row['id']} of {row['namespace']} starts nothing: {row['problem']}"
        yield Finding(
            "schedules", "warning", text, f"kagzi-dsl schedule show {row['id']} --namespace {row['namespace']}"
        )
    if not broken:
        yield Finding("schedules", "ok", "none is broken")


async def _stuck_runs(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    stuck = await connection.fetch(query("doctor_stalled"), limits.stalls)
    for row in stuck:
        text = f"run {row['run_id']} of {row['workflow']} was claimed {row['stalls']} times without getting on"
        yield Finding("stuck runs", "warning", text, f"kagzi-dsl history {row['run_id']}, and the workers' logs")
    if not stuck:
        yield Finding("stuck runs", "ok", "none")


_INVARIANTS = {
    "doctor_lost_runs": "not over and yet in no queue",
    "doctor_queued_for_nothing": "queued although over, or not there",
    "doctor_orphaned_messages": "over, or not there, and still sent messages",
    "doctor_orphaned_tasks": "over, or not there, and still with attempts out",
    "doctor_gaps": "with a gap in the journal",
}


async def _invariants(connection: Connection, limits: Limits) -> AsyncIterator[Finding]:
    broken = False
    for name, complaint in _INVARIANTS.items():
        ids = [str(row["id"]) for row in await connection.fetch(query(name))]
        if ids:
            broken = True
            yield Finding("invariants", "error", f"runs {complaint}: {', '.join(ids)}",
                          "something else wrote to these tables: restore them from a backup")  # fmt: skip
    if not broken:
        yield Finding("invariants", "ok", "runs, queue, inboxes and journals fit together")


_CHECKS: tuple[Check, ...] = (
    _clock, _settings, _connections, _transactions, _dead_rows, _leases, _waiting, _waiting_tasks, _schedules,
    _stuck_runs, _invariants,
)  # fmt: skip
