"""The tasks of the store in PostgreSQL.

A task ends under the lock of its run's row in the queue, as everything does that concerns a run; taking one up locks
nothing but the task.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias
from uuid import UUID

from kagzi_dsl.errors import FenceLost
from kagzi_dsl.runtime.store.postgres import commits
from kagzi_dsl.runtime.store.postgres.commits import Hint
from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.hints import Hints
from kagzi_dsl.runtime.store.postgres.lending import Loan, lend
from kagzi_dsl.runtime.store.postgres.pool import Pool
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import columns
from kagzi_dsl.runtime.store.postgres.task_slots import Outcome, take_limited
from kagzi_dsl.runtime.store.protocol import TaskTransaction
from kagzi_dsl.runtime.store.records import NewMessage
from kagzi_dsl.runtime.store.tasks import Stopped, Task, TaskAnswer, TaskShare, lost

_Key: TypeAlias = tuple[UUID, int]
"""A task's id and fence."""


class PostgresTasks:
    """The tasks of one store in PostgreSQL."""

    def __init__(self, pool: Pool, hints: Hints) -> None:
        self._pool = pool
        self._hints = hints

    async def claim(self, owner: UUID, *, limit: int, share: TaskShare, held: Collection[UUID] = ()) -> list[Task]:
        name, *scope = _scope(share)
        # Not within a transaction of its own, though it locks what it finds: mostly that is nothing, at every poll.
        rows = await self._pool.fetch(name, owner, limit, list(held), list(share.activities), *scope)
        found = [_task_of(row) for row in rows if row["id"] is not None]
        if rows[0]["waits"] and len(found) < limit:
            found += await self._claim_limited(owner, limit - len(found), share)
        return found

    async def _claim_limited(self, owner: UUID, limit: int, share: TaskShare) -> list[Task]:
        """Takes up tasks that need a slot of their queue; where time alone makes room, it is looked again by itself."""

        async def work(connection: Connection, _: int) -> Outcome:
            return await take_limited(connection, owner, limit, share)

        outcome = await self._pool.in_transaction(work, "begin_pinned")
        for queue, wait in outcome.again.items():
            self._hints.later(wait, ("task", queue))
        return outcome.taken

    async def held(self, owner: UUID) -> dict[UUID, str | None]:
        return {row["id"]: row["stopping"] for row in await self._pool.fetch("held_tasks", owner)}

    async def finish(self, owner: UUID, answers: Sequence[TaskAnswer]) -> list[bool]:
        async def work(connection: Connection, tries: int) -> tuple[set[_Key], list[Hint]]:
            return await _finish(connection, owner, answers, again=tries > 0)

        finished, hints = await self._pool.in_transaction(work, "begin_pinned")
        self._hints.publish(hints)
        return [(answer.id, answer.fence) in finished for answer in answers]

    async def stop(self, run_id: UUID, task_id: UUID, reason: str) -> Stopped:
        async def work(connection: Connection, _: int) -> tuple[Stopped, list[Hint]]:
            return await _stop(connection, run_id, task_id, reason)

        stopped, hints = await self._pool.in_transaction(work, "begin_pinned")
        self._hints.publish(hints)
        return stopped

    async def of(self, run_id: UUID) -> list[Task]:
        return [Task(**row) for row in await self._pool.fetch("tasks_of", [run_id])]

    def transaction(self, owner: UUID, task: Task) -> AbstractAsyncContextManager[TaskTransaction]:
        return self._transaction(owner, task)

    @asynccontextmanager
    async def _transaction(self, owner: UUID, task: Task) -> AsyncIterator[TaskTransaction]:
        async def held(connection: Connection) -> None:
            if not await connection.fetch(query("holds_task"), task.run_id, task.id, owner, task.fence):
                raise FenceLost(lost(task.id))

        async with lend(self._pool, held) as loan:
            yield _TaskTransaction(loan, self._hints, owner)


class _TaskTransaction:
    def __init__(self, loan: Loan, hints: Hints, owner: UUID) -> None:
        self._loan = loan
        self._hints = hints
        self._owner = owner

    @property
    def connection(self) -> Connection:
        return self._loan.connection

    async def commit(self, answer: TaskAnswer) -> None:
        async def write(connection: Connection) -> list[Hint]:
            finished, hints = await _finish(connection, self._owner, [answer], again=False)
            if not finished:
                raise FenceLost(lost(answer.id))
            return hints

        self._hints.publish(await self._loan.commit(write))


def _task_of(row: Any) -> Task:
    facts = dict(row)
    del facts["waits"]
    return Task(**facts)


def _scope(share: TaskShare) -> tuple[Any, ...]:
    """The statement that claims what is of a share, and its arguments for that."""
    if share.root_ids is not None:
        return "claim_family_tasks", list(share.root_ids)
    return "claim_tasks", share.namespace, None if share.queues is None else list(share.queues)


async def _finish(
    connection: Connection, owner: UUID, answers: Sequence[TaskAnswer], *, again: bool
) -> tuple[set[_Key], list[Hint]]:
    """Finishes tasks inside the transaction there is; says which, and who should look."""
    await connection.fetch(query("lock_runs"), list({answer.run_id for answer in answers}), [])
    keys = columns(((answer.run_id, answer.id, answer.fence) for answer in answers), 3)
    rows = await connection.fetch(query("remove_tasks"), *keys, owner)
    removed = {(row["id"], row["fence"]) for row in rows}
    finished = [answer for answer in answers if (answer.id, answer.fence) in removed]
    hints = await commits.deliver(connection, [NewMessage.of_task(answer) for answer in finished])
    hints += commits.freed({row["freed"] for row in rows} - {None})
    # What an earlier try removed cannot be told from what another worker did; nothing hangs on the difference.
    return {(answer.id, answer.fence) for answer in answers} if again else removed, hints


async def _stop(connection: Connection, run_id: UUID, task_id: UUID, reason: str) -> tuple[Stopped, list[Hint]]:
    rows = await connection.fetch(query("lock_task"), run_id, task_id)
    if not rows:
        return Stopped.GONE, []
    claims, owner = rows[0]
    if owner is not None:
        await connection.execute(query("stop_task"), run_id, task_id, reason)
        return Stopped.TOLD, [("stop", str(owner))]
    [[freed]] = await connection.fetch(query("withdraw_task"), run_id, task_id)
    return Stopped.NEVER_BEGAN if claims == 0 else Stopped.LEFT_BEHIND, commits.freed([freed] if freed else [])
