"""Tasks to put into a store, and how they are taken up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from store_samples import write

from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import NewRun
from kagzi_dsl.runtime.store.tasks import NewTask, Task, TaskAnswer, TaskShare

ANY = TaskShare(activities=["render"])
GPU = TaskShare(activities=["render"], namespace="default", queues=["gpu"])


def new_task(run: NewRun, **changes: Any) -> NewTask:
    facts = {
        "id": uuid7(), "run_id": run.id, "root_id": run.root_id, "namespace": run.namespace, "queue": "gpu",
        "activity": "render", "path": "render", "attempt": 1, "priority": 0, "request": '{"arguments":  {"n": 1}}',
    }  # fmt: skip
    return NewTask(**(facts | changes))


async def put(store: Store, owner: UUID, run: NewRun, **changes: Any) -> NewTask:
    task = new_task(run, **changes)
    assert await write(store, owner, run.id, tasks=[task]) is None
    return task


def answer(task: Task, payload: str = '{"output":  1}') -> TaskAnswer:
    return TaskAnswer(id=task.id, run_id=task.run_id, fence=task.fence, payload=payload)


async def ids(store: Store, owner: UUID, share: TaskShare = ANY, limit: int = 10, **more: Any) -> list[UUID]:
    return [task.id for task in await store.tasks.claim(owner, limit=limit, share=share, **more)]
