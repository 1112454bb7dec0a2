"""The store in PostgreSQL: every method of the protocol, and how to open one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.core.chain import Stored
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.limits import Full, QueueLimits, QueueState
from kagzi_dsl.runtime.store.postgres import commits, lending, looking, past, queues, rows, starts
from kagzi_dsl.runtime.store.postgres.address import parse
from kagzi_dsl.runtime.store.postgres.claimer import Claimer
from kagzi_dsl.runtime.store.postgres.claims import Wanted
from kagzi_dsl.runtime.store.postgres.commits import Batch, Hint, Report
from kagzi_dsl.runtime.store.postgres.connection import (
    Connection,
    Pool,
    Settings,
    Writer,
    transaction,
)
from kagzi_dsl.runtime.store.postgres.failures import Verdict, at_first, refused, verdict, words
from kagzi_dsl.runtime.store.postgres.hints import Hints, Told
from kagzi_dsl.runtime.store.postgres.migrate import bring_up_to_date, check_schema
from kagzi_dsl.runtime.store.postgres.queries import query
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

_FEW = 8
_Start: TypeAlias = Callable[[Connection, int], Awaitable[tuple[list[Started], list[Hint]]]]


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
    except Exception as error:
        await store.close()
        raise at_first(error, settings.address) from error
    return store


class PostgresStore:
    """A Store in PostgreSQL. For one event loop, the one it is used in first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._writer = Writer(settings)
        self._pool = Pool(settings)
        self._hints = Hints(self._pool)
        self.schedules = PostgresSchedules(self._pool, self._hints)
        self._claimer = Claimer(settings, self._hints)
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
        await self._hints.close()
        await self._writer.close()
        await self._claimer.close()
        await self._pool.close()

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
        several = restart_failed or any(run.journal for run in runs)

        async def work(ours: Connection, tries: int, carrier: str | None = None) -> tuple[list[Started], list[Hint]]:
            if restart_failed:
                await starts.restart(ours, runs)
            return await starts.start(ours, runs, owner, again=tries > 0, carrier=carrier)

        async def write(carrier: str | None) -> Told[list[Started]]:
            started, hints = await self._start(partial(work, carrier=carrier), several=several)
            return Told(started, hints, ()) if carrier is not None else Told(started, (), hints)

        if connection is None:
            return await self._hints.tell_of(write, along=owner is None)
        started, hints = await work(connection, 0)
        self._hints.publish_after(await connection.fetchval(query("transaction_id")), hints)
        return started

    async def _start(self, work: _Start, *, several: bool) -> tuple[list[Started], list[Hint]]:
        """Over the connection for commits, where a statement this long is not planned anew each time."""

        async def attempt(ours: Connection, tries: int) -> tuple[list[Started], list[Hint]]:
            if not (several or self._settings.pooler):
                return await work(ours, tries)
            async with transaction(ours, self._begin(ours)):
                return await work(ours, tries)

        try:
            return await self._writer.run(attempt)
        except StoreError:
            raise
        except Exception as error:
            raise refused(error, self._settings.address) from error

    def _begin(self, connection: Connection) -> str:
        """Opens a transaction over the connection for commits."""
        settings = self._settings
        return settings.begin("begin_pinned", on=connection) if settings.pooler else settings.begin("begin_bare")

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
        answers: list[Refused | None] = [None] * len(writes)
        for indexes in commits.in_batches(writes):
            for index, answer in zip(indexes, await self._commit(owner, [writes[i] for i in indexes]), strict=True):
                answers[index] = answer
        return answers

    async def _commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        try:
            # Of many runs each would be a notification of its own.
            stale = await self._hints.tell_of(
                lambda carrier: self._write(owner, writes, carrier), along=len(writes) <= _FEW
            )
        except Exception as error:
            if verdict(error) is not Verdict.ROWS or isinstance(error, StoreError):
                raise
            if len(writes) == 1:
                return [Refused("rows", f"the database cannot store this: {words(error, self._settings.address)}")]
            # One of them holds what cannot be stored: each for itself, the others come through.
            return [answer for write in writes for answer in await self._commit(owner, [write])]
        return [Refused.stale(write.run_id) if write.run_id in stale else None for write in writes]

    async def _write(self, owner: UUID, writes: Sequence[Write], carrier: str | None) -> Told[set[UUID]]:
        """Commits; the answer is the runs whose fence was lost."""
        batch = Batch(owner, writes, carrier)
        simple = commits.is_simple(batch) and not self._settings.pooler
        report = await self._writer.run(self._work(batch, simple=simple))
        if report.left:
            rest = await self._writer.run(self._work(Batch(batch.owner, report.left), simple=False))
            report.stale |= rest.stale
            report.hints += rest.hints
        return Told(report.stale, report.told, report.hints)

    def _work(self, batch: Batch, *, simple: bool) -> Callable[[Connection, int], Awaitable[Report]]:
        repeatable = simple and commits.only_appends(batch)

        async def work(connection: Connection, tries: int) -> Report:
            if repeatable or (simple and not tries):
                return await commits.at_once(connection, batch)
            async with transaction(connection, self._begin(connection)):
                return await commits.apply(connection, batch, again=tries > 0)

        return work

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
