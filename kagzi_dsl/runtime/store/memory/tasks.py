"""The tasks of the store in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

from kagzi_dsl.errors import FenceLost
from kagzi_dsl.runtime.store.memory.hints import Hints
from kagzi_dsl.runtime.store.memory.slots import Slots
from kagzi_dsl.runtime.store.records import NewMessage
from kagzi_dsl.runtime.store.slots import Queue
from kagzi_dsl.runtime.store.storable import check_json, storable
from kagzi_dsl.runtime.store.tasks import NewTask, Stopped, Task, TaskAnswer, TaskShare, lost

if TYPE_CHECKING:
    from kagzi_dsl.runtime.store.protocol import TaskTransaction


@dataclass(frozen=True, slots=True)
class Around:
    """What tasks need of the store they are in. `offered` says whether a living worker takes (namespace, queue,
    activity); `deliver` puts a message into a run's inbox.
    """

    now: Callable[[], int]
    hints: Hints
    slots: Slots
    lease_ended: Callable[[UUID], bool]
    offered: Callable[[str, str, str], bool]
    deliver: Callable[[NewMessage], bool]


@dataclass(slots=True)
class _Row:
    task: Task
    new: NewTask

    @property
    def holds(self) -> bool:
        """Whether it was taken up and holds a slot of its queue, be there limits or not."""
        return self.task.owner is not None and not self.new.sheltered

    @property
    def in_queue(self) -> Queue:
        return self.new.namespace, self.new.queue


class MemoryTasks:
    """The tasks of one store in memory."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._rows: dict[UUID, _Row] = {}
        self._fences = count(1)

    def put(self, new: NewTask) -> None:
        """Adds a task; one that is there already is left as it is."""
        if new.id not in self._rows:
            self._rows[new.id] = _Row(_task_of(new, self._around.now()), new)
            self._around.hints.publish("task", new.queue)

    def drop(self, run_id: UUID) -> None:
        """Removes the tasks of a run that is over."""
        for task in self._of(run_id):
            self._remove(task.id)

    def queues_of(self, owners: Collection[UUID]) -> set[str]:
        """The queues of the tasks that some workers have taken up."""
        return {row.task.queue for row in self._rows.values() if row.task.owner in owners}

    def ids(self, run_id: UUID) -> list[UUID]:
        """The tasks of a run."""
        return [task.id for task in self._of(run_id)]

    def _of(self, run_id: UUID) -> list[Task]:
        return [row.task for row in self._rows.values() if row.task.run_id == run_id]

    async def claim(self, owner: UUID, *, limit: int, share: TaskShare, held: Collection[UUID] = ()) -> list[Task]:
        if self._around.lease_ended(owner):
            return []
        wanted = [row for row in self._rows.values() if self._claimable(row, owner, share, held)]
        # They stand in the order in which they came.
        wanted.sort(key=lambda row: (row.task.owner is None, -row.new.priority))
        taken: list[Task] = []
        for row in wanted:
            if len(taken) < limit and self._gets_a_slot(row):
                taken.append(self._take(row, owner))
        for queue in {row.in_queue for row in wanted if row.task.owner is None}:
            self._look_again(queue)
        return taken

    def _gets_a_slot(self, row: _Row) -> bool:
        """Whether a task needs no slot, or has one now."""
        if row.task.owner is not None or row.new.sheltered or (left := self._around.slots.left(row.in_queue)) is None:
            return True
        if left > 0:
            self._around.slots.begins_in(row.in_queue)
        return left > 0

    def _look_again(self, queue: Queue) -> None:
        """Tells those who wait for the rate of a queue when it has room again."""
        if (wait := self._around.slots.opens_in(queue)) is not None:
            self._around.hints.publish_later(wait, "task", queue[1])

    def holding(self, queue: Queue) -> int:
        """How many attempts hold a slot of a queue."""
        return sum(row.holds for row in self._rows.values() if row.in_queue == queue)

    def _claimable(self, row: _Row, owner: UUID, share: TaskShare, held: Collection[UUID]) -> bool:
        task = row.task
        if task.owner == owner:
            return task.id not in held
        if task.owner is not None and not self._around.lease_ended(task.owner):
            return False
        left_to_stop = task.owner is not None and task.stopping is not None
        return left_to_stop or (task.activity in share.activities and self._is_of(row.new, share))

    def _is_of(self, new: NewTask, share: TaskShare) -> bool:
        if share.root_ids is not None:
            return new.root_id in share.root_ids and not self._around.offered(new.namespace, new.queue, new.activity)
        return share.namespace in (None, new.namespace) and (share.queues is None or new.queue in share.queues)

    def _take(self, row: _Row, owner: UUID) -> Task:
        row.task = replace(
            row.task, owner=owner, fence=next(self._fences), claims=row.task.claims + 1, started_at=self._around.now()
        )
        return row.task

    async def held(self, owner: UUID) -> dict[UUID, str | None]:
        return {row.task.id: row.task.stopping for row in self._rows.values() if row.task.owner == owner}

    async def finish(self, owner: UUID, answers: Sequence[TaskAnswer]) -> list[bool]:
        with storable():
            for answer in answers:
                check_json(answer.payload)
        return [self._finish(owner, answer) for answer in answers]

    def _finish(self, owner: UUID, answer: TaskAnswer) -> bool:
        if not self._holds(owner, answer.id, answer.fence):
            return False
        self._remove(answer.id)
        self._around.deliver(NewMessage.of_task(answer))
        return True

    def _remove(self, task_id: UUID) -> None:
        """Removes a task, and tells those who may wait for the slot it held."""
        row = self._rows.pop(task_id)
        for hint in self._around.slots.freed_in(row.in_queue) if row.holds else ():
            self._around.hints.publish(*hint)

    def _holds(self, owner: UUID, task_id: UUID, fence: int) -> bool:
        row = self._rows.get(task_id)
        return row is not None and row.task.owner == owner and row.task.fence == fence

    async def stop(self, run_id: UUID, task_id: UUID, reason: str) -> Stopped:
        row = self._rows.get(task_id)
        if row is None:
            return Stopped.GONE
        owner = row.task.owner
        if owner is not None and not self._around.lease_ended(owner):
            row.task = replace(row.task, stopping=reason)
            self._around.hints.publish("stop", str(owner))
            return Stopped.TOLD
        self._remove(task_id)
        return Stopped.NEVER_BEGAN if row.task.claims == 0 else Stopped.LEFT_BEHIND

    async def of(self, run_id: UUID) -> list[Task]:
        return self._of(run_id)

    def transaction(self, owner: UUID, task: Task) -> AbstractAsyncContextManager[TaskTransaction]:
        return self._transaction(owner, task)

    @asynccontextmanager
    async def _transaction(self, owner: UUID, task: Task) -> AsyncIterator[TaskTransaction]:
        if not self._holds(owner, task.id, task.fence):
            raise FenceLost(lost(task.id))
        yield _MemoryTransaction(self, owner)


@dataclass(frozen=True, slots=True)
class _MemoryTransaction:
    """Nothing but the answer: there is no connection to hand out."""

    tasks: MemoryTasks
    owner: UUID

    @property
    def connection(self) -> Any:
        return None

    async def commit(self, answer: TaskAnswer) -> None:
        [held] = await self.tasks.finish(self.owner, [answer])
        if not held:
            raise FenceLost(lost(answer.id))


def _task_of(new: NewTask, now: int) -> Task:
    return Task(
        id=new.id, run_id=new.run_id, namespace=new.namespace, queue=new.queue, activity=new.activity, path=new.path,
        attempt=new.attempt, request=new.request, created_at=now,
    )  # fmt: skip
