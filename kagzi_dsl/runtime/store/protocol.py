"""What a store must do: the one door between the runtime and where runs are kept.

`memory/` is the reference; `postgres/` must behave the same, and one contract suite is run against both. Whatever
is JSON is passed as its text. Times are milliseconds since the epoch, by the database's clock. Every method may raise
DatabaseUnavailable, and StoreError when it is given something that cannot be stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol
from uuid import UUID

from kagzi_dsl.runtime.core.chain import Stored
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.limits import Full, QueueLimits, QueueState
from kagzi_dsl.runtime.store.records import (
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
from kagzi_dsl.runtime.store.schedules import ScheduleStore
from kagzi_dsl.runtime.store.statistics import Window, WorkflowStats
from kagzi_dsl.runtime.store.tasks import Stopped, Task, TaskAnswer, TaskShare

Topic = Literal["ready", "inbox", "ended", "task", "stop"]
Listener = Callable[[Topic, str], None]
"""Called with "ready" and a queue in which runs have become available ("": in any, or they were left behind), "task"
and a queue that has tasks, or a slot for one, "inbox" and an owner's id, "ended" and a run's id, "stop" and the id of a
worker that has tasks to stop. A hint: may be late or lost.
"""


class Transaction(Protocol):
    """A transaction of the database, open while a transactional activity runs."""

    @property
    def connection(self) -> Any:
        """The asyncpg connection whose transaction this is."""

    async def commit(self, write: Write) -> None:
        """Writes `write` and commits, together with what the activity wrote.

        Raises FenceLost, and StoreError when its rows cannot be stored; nothing is committed then. Where it is not
        known whether it was, this waits for the database to tell.
        """


class TaskTransaction(Protocol):
    """A transaction of the database, open while a transactional activity makes a task's attempt."""

    @property
    def connection(self) -> Any:
        """The asyncpg connection whose transaction this is."""

    async def commit(self, answer: TaskAnswer) -> None:
        """Finishes the task and commits, together with what the activity wrote. Raises as Transaction.commit does."""


class TaskStore(Protocol):
    """Where tasks are kept: attempts for workers of other queues. They are put there by `Store.commit`."""

    async def claim(self, owner: UUID, *, limit: int, share: TaskShare, held: Collection[UUID] = ()) -> list[Task]:
        """Takes up tasks nobody has, or whose owner's lease has ended: those first, then by priority and age.

        Nothing is given to a worker that is not registered or whose own lease has ended. What `owner` has already is
        given again unless it is `held` (the answer to an earlier claim got lost). What was to stop when its owner died
        is given to anybody, for nobody needs the activity to answer that.
        """

    async def held(self, owner: UUID) -> dict[UUID, str | None]:
        """The tasks `owner` has, and for each why it is to stop, if it is."""

    async def finish(self, owner: UUID, answers: Sequence[TaskAnswer]) -> list[bool]:
        """Removes tasks and puts their answers into the inboxes of their runs, in one transaction.

        False for a task that `owner` does not hold by that fence: nothing happens to it. Raises StoreError for an
        answer that cannot be stored.
        """

    async def stop(self, run_id: UUID, task_id: UUID, reason: str) -> Stopped:
        """Removes a task nobody living has taken up; whoever has taken it up is told to stop."""

    async def of(self, run_id: UUID) -> list[Task]:
        """The tasks of a run, oldest first."""

    def transaction(self, owner: UUID, task: Task) -> AbstractAsyncContextManager[TaskTransaction]:
        """Opens a transaction for a transactional activity; leaving it without `commit` rolls it back.

        Raises FenceLost when `owner` does not hold the task by its fence.
        """


class Store(Protocol):
    """Where definitions, runs, journals, inboxes, tasks and workers are kept."""

    @property
    def tasks(self) -> TaskStore:
        """The tasks in this store."""

    @property
    def schedules(self) -> ScheduleStore:
        """Where schedules are kept."""

    async def close(self) -> None:
        """Gives back every connection."""

    async def now(self) -> int:
        """The database's time."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Asks for hints; what is returned ends them."""

    async def save_definitions(self, definitions: Sequence[Definition]) -> None:
        """Keeps definitions; those already there are left as they are."""

    async def definitions(self, digests: Collection[str]) -> dict[str, Definition]:
        """The definitions among `digests` that are there."""

    async def latest_definition(self, workflow: str) -> Definition | None:
        """The definition of this name that was saved last (saving one again counts)."""

    async def register(self, worker: NewWorker) -> None:
        """Makes a worker known, its lease beginning now."""

    async def renew(self, worker_id: UUID) -> int | None:
        """Prolongs a lease and says when it ends; None when the worker is not known any more."""

    async def retire(self, worker_ids: Collection[UUID]) -> None:
        """Ends leases for good: the runs these workers own can be claimed at once, and `renew` knows them no more."""

    async def workers(self) -> list[Worker]:
        """Every worker that is registered or still owns a run."""

    async def held(self) -> dict[UUID, int]:
        """How many runs each worker owns that owns any."""

    async def fences(self, owner: UUID) -> dict[UUID, int]:
        """The runs `owner` owns, and by which fence."""

    async def start(
        self,
        runs: Sequence[NewRun],
        *,
        owner: UUID | None = None,
        restart_failed: bool = False,
        connection: Any = None,
    ) -> list[Started]:
        """Starts runs in one transaction, claimed by `owner` if given, unless they need a slot to begin.

        One whose id is there already, or whose external id is taken in its namespace and workflow, is not started.
        `restart_failed` frees an external id whose run failed or was cancelled: that run then has `~` and its own id
        behind it. With an asyncpg `connection` the transaction is the caller's, who commits it, and what its statements
        raise is raised as it is; such runs have no owner.
        """

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
        """Takes over runs that are available or whose owner's lease has ended, and raises their fences.

        Nothing is given to a worker that is not registered or whose own lease has ended.

        First those left behind by an owner, then by priority, by how long they have been available, by id. A run that
        needs a slot is claimed only if there is one left; how those with a concurrency key go round is told in
        `slots.py`. Runs claimed `aside` (of `run_ids`) are only to be told something and put down again: they need no
        slot, and it counts neither as their beginning nor as a stall.
        `run_ids` and `root_ids` narrow it to these runs, or to the families of these roots; without either, `share` to
        what a worker takes up. A claim of a share that a hint led to (`hinted`) may leave out what only time brings:
        what is due, and what the dead left. Claiming a run counts as a stall when its journal did not grow since the
        claim before; `stalls` starts again at 0 when it did.
        """

    async def digests(self, namespace: str, queues: Collection[str]) -> set[str]:
        """The definitions of all runs in these queues that are not over, by digest."""

    async def commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        """Commits the writes of many runs in one transaction; a refused one leaves the others untouched."""

    def transaction(self, owner: UUID, run_id: UUID, fence: int) -> AbstractAsyncContextManager[Transaction]:
        """Opens a transaction for a transactional activity; leaving it without `commit` rolls it back.

        Raises FenceLost when `owner` does not hold the run by that fence.
        """

    async def send(self, messages: Sequence[NewMessage]) -> list[bool]:
        """Puts messages into inboxes and makes parked runs available; False for a run that is over or unknown.

        A run that is told to cancel or to terminate before it began needs no slot any more.
        """

    async def messages(self, owner: UUID) -> list[Message]:
        """The unread messages of every run `owner` holds, in order of arrival."""

    async def reopen(self, run_id: UUID) -> bool:
        """Makes a failed or cancelled run pending again, so that it can be claimed; its result is cleared.

        False when it is not over, completed or unknown. Its stalls are forgotten, its fence goes on rising.
        """

    async def set_limits(self, limits: QueueLimits) -> None:
        """Sets the limits of a queue, for claims from now on; without any, it has none any more.

        Runs that have begun already count, and go on.
        """

    async def queues(self, namespace: str | None) -> list[QueueState]:
        """Every queue with limits or with runs that are not over, in one namespace or all, in order of their names."""

    async def full_limits(self, run_ids: Collection[UUID]) -> dict[UUID, list[Full]]:
        """The limits that keep runs from beginning now; nothing of a run that no limit keeps from it."""

    async def run(self, run_id: UUID) -> Run | None:
        """One run."""

    async def find(self, reference: str, *, namespace: str | None) -> list[UUID]:
        """The runs `reference` may mean, at most 10, newest first.

        The run of this id; if there is none those of this external id; if there is none those whose id begins so.
        """

    async def list_runs(self, wanted: RunFilter) -> list[Run]:
        """Runs by filter, newest first."""

    async def journal(self, run_id: UUID, *, after: int = -1) -> list[Entry]:
        """A run's journal, in order: the entries whose `seq` is above `after`."""

    async def stats(self, window: Window) -> list[WorkflowStats]:
        """What is known of the runs of a window, by workflow; workflows and nodes in alphabetical order."""

    async def stored(self, run_id: UUID) -> list[Stored]:
        """The same as it is stored, for its chain to be verified: JSON is text, and nothing else is read into it."""

    async def prune(self, old: Old, *, after: UUID, limit: int) -> list[UUID]:
        """Forgets runs with their journals: at most `limit`, in order of their ids, those above `after`; gives the ids.

        The external id of a run that was forgotten is free again.
        """

    async def prunable(self, old: Old) -> int:
        """How many runs `prune` would forget in all."""

    async def unread(self, run_id: UUID) -> list[Message]:
        """A run's unread messages, in order of arrival."""
