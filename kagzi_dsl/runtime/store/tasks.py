"""Tasks: attempts of activities that are to be made by a worker of another queue than their run's.

A task is written by the owner of its run, taken up by a worker that has the activity, and removed together with the
message that brings its answer to the run. Its `fence` rises each time it is taken up, over all tasks.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """An attempt for others to make. `request` is JSON text: what whoever makes it has to know (see runtime/tasks).

    A `sheltered` one needs no slot of its queue: its run holds one, or who waits for that.
    """

    id: UUID
    run_id: UUID
    root_id: UUID
    namespace: str
    queue: str
    activity: str
    path: str
    attempt: int
    priority: int
    request: str
    sheltered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as it is stored. Times in ms.

    `owner` is the worker that makes the attempt, since `started_at`; None before it is taken up. `claims` counts how
    often it was. `stopping` says why it is to stop, None while it is not.
    """

    id: UUID
    run_id: UUID
    namespace: str
    queue: str
    activity: str
    path: str
    attempt: int
    request: str
    created_at: int
    owner: UUID | None = None
    fence: int = 0
    claims: int = 0
    started_at: int | None = None
    stopping: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskShare:
    """Which tasks a worker takes up: those of these activities, in one namespace and these queues, or of some families.

    None means any. Of families (`root_ids`), it takes only what no living worker offers to take.
    """

    activities: Collection[str]
    namespace: str | None = None
    queues: Collection[str] | None = None
    root_ids: Collection[UUID] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAnswer:
    """What came of an attempt: JSON text for the inbox of its run."""

    id: UUID
    run_id: UUID
    fence: int
    payload: str


class Stopped(Enum):
    """What `stop` found: nobody had begun (or whoever had is dead), somebody was told, or no such task."""

    NEVER_BEGAN = auto()
    LEFT_BEHIND = auto()
    TOLD = auto()
    GONE = auto()


def lost(task_id: UUID) -> str:
    """What to say when a task is another worker's by now."""
    return f"task {task_id} belongs to another worker now, or to none"
