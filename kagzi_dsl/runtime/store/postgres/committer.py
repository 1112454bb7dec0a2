"""The connection that starts and commits go over, one at a time, each until it is known what became of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.store.postgres import commits, starts
from kagzi_dsl.runtime.store.postgres.commits import Batch, Hint, Report
from kagzi_dsl.runtime.store.postgres.connection import Connection, Settings, transaction
from kagzi_dsl.runtime.store.postgres.failures import Verdict, refused, verdict, words
from kagzi_dsl.runtime.store.postgres.hints import Hints, Told
from kagzi_dsl.runtime.store.postgres.own_connection import OwnConnection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.records import NewRun, Refused, Started, Write

_FEW = 8
_Start: TypeAlias = Callable[[Connection, int], Awaitable[tuple[list[Started], list[Hint]]]]


class Committer:
    """Starts and commits for one store."""

    def __init__(self, settings: Settings, hints: Hints) -> None:
        self._settings = settings
        self._hints = hints
        self._connection = OwnConnection(settings)

    # starting

    async def start(
        self, runs: Sequence[NewRun], owner: UUID | None, *, restart_failed: bool, connection: Any
    ) -> list[Started]:
        """Starts runs; over `connection`, if given, in the transaction that is open there."""
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
            return await self._connection.run(attempt)
        except StoreError:
            raise
        except Exception as error:
            raise refused(error, self._settings.address) from error

    # committing

    async def commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        """Commits writes, as few transactions as there can be; says of each whether it was refused, and why."""
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
        report = await self._connection.run(self._work(batch, simple=simple))
        if report.left:
            rest = await self._connection.run(self._work(Batch(batch.owner, report.left), simple=False))
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

    def _begin(self, connection: Connection) -> str:
        """Opens a transaction; a connection of our own has most settings from its start."""
        settings = self._settings
        return settings.begin("begin_pinned", on=connection) if settings.pooler else settings.begin("begin_bare")

    async def close(self) -> None:
        """Closes the connection."""
        await self._connection.close()
