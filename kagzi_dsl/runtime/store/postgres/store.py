"""The store in PostgreSQL: every method of the protocol, and how to open one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any
from uuid import UUID

import asyncpg

from kagzi_dsl.runtime.core.chain import Stored
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.limits import Full, QueueLimits, QueueState
from kagzi_dsl.runtime.store.postgres import lending, looking, past, queues, rows, starts
from kagzi_dsl.runtime.store.postgres.address import parse
from kagzi_dsl.runtime.store.postgres.claimer import Claimer
from kagzi_dsl.runtime.store.postgres.claims import Wanted
from kagzi_dsl.runtime.store.postgres.committer import Committer
from kagzi_dsl.runtime.store.postgres.connection import Connection, Settings, transaction
from kagzi_dsl.runtime.store.postgres.failures import Verdict, at_first, verdict
from kagzi_dsl.runtime.store.postgres.hints import Hints
from kagzi_dsl.runtime.store.postgres.migrate import bring_up_to_date, check_schema
from kagzi_dsl.runtime.store.postgres.pool import Pool
from kagzi_dsl.runtime.store.postgres.schedules import PostgresSchedules
from kagzi_dsl.runtime.store.postgres.tasks import PostgresTasks
from kagzi_dsl.runtime.store.protocol import Listener, Transaction
from kagzi_dsl.runtime.store.records import (
    FORGOTTEN_AFTER_MS,
    Claimed,
    Definition,
    Message,
    NewMessage,
    NewRun,
    NewWorker,
    Old,
    Refused,
    Run,
    RunFilter,
    Share,
    Started,
    Worker,
    Write,
)
from kagzi_dsl.runtime.store.reference import id_range, is_text
from kagzi_dsl.runtime.store.statistics import Window, WorkflowStats


async def open_postgres(
    url: str,
    *,
    migrated: bool = False,
    pool_size: int = 4,
    patience: float = 30.0,
    silence: float = 15.0,
    pooler: bool = False,
    poll_only: bool = False,
    application_name: str = "kagzi-dsl",
) -> PostgresStore:
    """Opens the store in the database at `url`; `migrated` brings its schema up to date first.

    `pool_size` counts the connections beside those for commits and claims (2 at least). `patience` (s) is how long a
    lost connection is sought again. `silence` (s) is how long the server waits for a transaction that has fallen
    silent; it must be shorter than a worker's lease. `pooler` is for PgBouncer in transaction mode, `poll_only` does
    without LISTEN and NOTIFY.

    Raises ConfigError for a URL that is none, DatabaseUnavailable, MigrationNeeded, and StoreError for a server older
    than PostgreSQL 14.
    """
    settings = Settings(
        address=parse(url),
        pool_size=max(2, pool_size),
        patience=patience,
        silence=silence,
        pooler=pooler,
        poll_only=poll_only or pooler,
        application_name=application_name,
    )
    store = PostgresStore(settings)
    try:
        await store.prepare(migrated=migrated)
    except BaseException as error:
        await store.close()
        if isinstance(error, Exception):
            raise at_first(error, settings.address) from error
        raise
    return store


class PostgresStore:
    """A Store in PostgreSQL. For one event loop, the one it is used in first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = Pool(settings)
        self._hints = Hints(self._pool)
        self.schedules = PostgresSchedules(self._pool, self._hints)
        self._claimer = Claimer(settings, self._hints)
        self._committer = Committer(settings, self._hints)
        self.tasks = PostgresTasks(self._pool, self._hints)

    async def prepare(self, *, migrated: bool) -> None:
        """Checks the schema, or brings it up to date; the connection it takes stays in the pool."""
        for left in reversed(range(10)):
            try:
                async with self._pool.borrowed() as connection:
                    await self._prepare(connection, migrated=migrated)
                return
            except asyncpg.PostgresError as error:
                if verdict(error) is not Verdict.AGAIN or not left:
                    raise

    async def _prepare(self, connection: Connection, *, migrated: bool) -> None:
        settings = self._settings
        if migrated:  # which takes as long as it takes
            await bring_up_to_date(connection, settings)
            return
        async with asyncio.timeout(settings.connect_timeout), transaction(connection, settings.begin(on=connection)):
            await check_schema(connection, settings)

    async def close(self) -> None:
        # Every one of them, whatever becomes of the others; who is cancelled meanwhile leaves no connection behind.
        async with AsyncExitStack() as stack:
            for part in (self._pool, self._claimer, self._committer, self._hints):
                stack.push_async_callback(part.close)

    async def now(self) -> int:
        return int((await self._pool.fetch("clock"))[0][0])

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        return self._hints.subscribe(listener)

    # definitions

    async def save_definitions(self, definitions: Sequence[Definition]) -> None:
        # The same one twice in a statement would be an error; the last one counts.
        different = {definition.digest: definition for definition in reversed(definitions)}.values()
        values = rows.columns(((d.digest, d.workflow, d.version, d.canonical) for d in reversed(different)), 4)
        await self._pool.write("save_definitions", *values)

    async def definitions(self, digests: Collection[str]) -> dict[str, Definition]:
        found = await self._pool.fetch("definitions", list(digests))
        return {row["digest"]: rows.definition_of(row) for row in found}

    async def latest_definition(self, workflow: str) -> Definition | None:
        found = await self._pool.fetch("latest_definition", workflow)
        return rows.definition_of(found[0]) if found else None

    # workers

    async def register(self, worker: NewWorker) -> None:
        await self._pool.write("forget_workers", FORGOTTEN_AFTER_MS)
        await self._pool.write("register", *rows.worker_values(worker))

    async def renew(self, worker_id: UUID) -> int | None:
        found = await self._pool.write("renew", worker_id)
        return found[0][0] if found else None

    async def retire(self, worker_ids: Collection[UUID]) -> None:
        await self._pool.write("retire", list(worker_ids))
        if await self._pool.fetch("own_some", list(worker_ids)):
            self._hints.publish([("ready", "")])
        self._hints.publish(("task", row[0]) for row in await self._pool.fetch("task_queues_of", list(worker_ids)))

    async def workers(self) -> list[Worker]:
        return [rows.worker_of(row) for row in await self._pool.fetch("workers")]

    async def held(self) -> dict[UUID, int]:
        return {row["owner"]: row["runs"] for row in await self._pool.fetch("held")}

    async def fences(self, owner: UUID) -> dict[UUID, int]:
        return {row["run_id"]: row["fence"] for row in await self._pool.fetch("fences", owner)}

    # starting and claiming

    async def start(
        self,
        runs: Sequence[NewRun],
        *,
        owner: UUID | None = None,
        restart_failed: bool = False,
        connection: Any = None,
    ) -> list[Started]:
        return await self._committer.start(runs, owner, restart_failed=restart_failed, connection=connection)

    async def claim(
        self,
        owner: UUID,
        *,
        limit: int,
        run_ids: Collection[UUID] | None = None,
        root_ids: Collection[UUID] | None = None,
        share: Share | None = None,
        aside: bool = False,
        hinted: bool = False,
    ) -> list[Claimed]:
        return await self._claimer.claim(Wanted(owner, limit, run_ids, root_ids, share, aside, hinted))

    async def digests(self, namespace: str, queues: Collection[str]) -> set[str]:
        return {row["digest"] for row in await self._pool.fetch("digests", namespace, list(queues))}

    # committing

    async def commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        return await self._committer.commit(owner, writes)

    def transaction(self, owner: UUID, run_id: UUID, fence: int) -> AbstractAsyncContextManager[Transaction]:
        return lending.lend_to_run(self._pool, self._hints, owner, run_id, fence)

    # messages

    async def send(self, messages: Sequence[NewMessage]) -> list[bool]:
        delivered = dict(await lending.send(self._pool, messages))
        self._hints.publish(delivered.values())
        return [message.run_id in delivered for message in messages]

    async def messages(self, owner: UUID) -> list[Message]:
        return [rows.message_of(row) for row in await self._pool.fetch("messages_of_owner", owner)]

    async def unread(self, run_id: UUID) -> list[Message]:
        return [rows.message_of(row) for row in await self._pool.fetch("inboxes", [run_id])]

    async def reopen(self, run_id: UUID) -> bool:
        queue = await self._pool.in_transaction(
            lambda connection, tries: starts.reopen(connection, run_id, again=tries > 0)
        )
        self._hints.publish([("ready", queue)] if queue is not None else [])
        return queue is not None

    # queues

    async def set_limits(self, limits: QueueLimits) -> None:
        await self._pool.write("set_limits", *queues.limit_values(limits))
        self._hints.publish([("ready", limits.queue), ("task", limits.queue)])

    async def queues(self, namespace: str | None) -> list[QueueState]:
        return [queues.state_of(row) for row in await self._pool.fetch("queues", namespace)]

    async def full_limits(self, run_ids: Collection[UUID]) -> dict[UUID, list[Full]]:
        return queues.full_limits_of(await self._pool.fetch("full_limits", list(run_ids)))

    # looking

    async def run(self, run_id: UUID) -> Run | None:
        found = await self._pool.fetch("runs", [run_id])
        return rows.run_of(found[0]) if found else None

    async def find(self, reference: str, *, namespace: str | None) -> list[UUID]:
        if not is_text(reference):
            return []
        ids = id_range(reference)
        begun = [] if ids is None else await self._ids("by_id", *ids, namespace)
        if ids is not None and ids[0] == ids[1] and begun:
            return begun
        return await self._ids("by_external_id", reference, namespace) or begun

    async def _ids(self, name: str, *arguments: object) -> list[UUID]:
        return [row[0] for row in await self._pool.fetch(name, *arguments)]

    async def list_runs(self, wanted: RunFilter) -> list[Run]:
        return [rows.run_of(row) for row in await self._pool.in_transaction(looking.listing(wanted), "begin_planned")]

    async def journal(self, run_id: UUID, *, after: int = -1) -> list[Entry]:
        return [rows.entry_of(row) for row in await self._pool.fetch("journal_after", run_id, after)]

    async def stats(self, window: Window) -> list[WorkflowStats]:
        return await past.stats(self._pool, window)

    async def stored(self, run_id: UUID) -> list[Stored]:
        return [rows.stored_of(row) for row in await self._pool.fetch("journals", [run_id])]

    # forgetting

    async def prune(self, old: Old, *, after: UUID, limit: int) -> list[UUID]:
        return await past.prune(self._pool, old, after=after, limit=limit)

    async def prunable(self, old: Old) -> int:
        return await past.prunable(self._pool, old)
