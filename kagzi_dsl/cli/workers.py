"""Who is at work: the worker that owns a run, and whether anybody would take one up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kagzi_dsl.cli.waits import waits_for
from kagzi_dsl.runtime import host
from kagzi_dsl.runtime.library import Library
from kagzi_dsl.runtime.offer import missing_activities
from kagzi_dsl.runtime.store.limits import Full
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Run, Worker
from kagzi_dsl.runtime.store.tasks import Task

ONE_FAMILY = "one-family"
"""The label of a process that works for one run and its children alone, as `run` and `resume` do: their root's id."""


async def living_workers(store: Store) -> list[Worker]:
    """The workers whose lease holds and whose process is not known to be gone."""
    now = await store.now()
    return [worker for worker in await store.workers() if worker.expires_at > now and not _is_gone(worker)]


@dataclass(frozen=True, slots=True)
class AtWork:
    """A worker as people look at it: whether it is `alive`, `late` (its lease has ended) or `gone` (its process has).

    `lease_ms` is what is left of its lease, below 0 when it has ended; `runs` is how many it owns.
    """

    worker: Worker
    state: Literal["alive", "late", "gone"]
    lease_ms: int
    runs: int


async def at_work(store: Store) -> list[AtWork]:
    """Every worker there is, in the order they came."""
    now, held = await store.now(), await store.held()
    return [
        AtWork(worker, _state(worker, now), worker.expires_at - now, held.get(worker.id, 0))
        for worker in await store.workers()
    ]


def _state(worker: Worker, now: int) -> Literal["alive", "late", "gone"]:
    if _is_gone(worker):
        return "gone"
    return "alive" if worker.expires_at > now else "late"


async def owner_of(store: Store, run: Run) -> Worker | None:
    """The living worker that owns a run."""
    if run.owner is None:
        return None
    return next((worker for worker in await living_workers(store) if worker.id == run.owner), None)


async def somebody_would_take_it(store: Store, run: Run) -> bool:
    """Whether a living worker takes up this run when it can be: one of its queue, or one that works for its family."""
    return await why_nobody_would(store, run) is None


async def why_nobody_would(store: Store, run: Run) -> str | None:
    """What the workers of a run's queue lack, as the end of a sentence: "" without any, None when one can take it."""
    workers = await living_workers(store)
    of_its_queue = [one for one in workers if one.namespace == run.namespace and run.queue in one.queues]
    if any(worker.labels.get(ONE_FAMILY) == str(run.root_id) for worker in workers):
        return None
    if not of_its_queue:
        return ""
    workflow = await Library(store).workflow(run.digest)
    lacking = min((missing_activities(workflow, worker.activities) for worker in of_its_queue), key=len)
    return f" (those of queue {run.queue} lack {', '.join(lacking)})" if lacking else None


def whereabouts(task: Task, workers: Sequence[Worker], full: Sequence[Full] = ()) -> str:
    """Who makes the attempt of a task, or what is waited for: a slot, where the limits of its queue are `full`.

    `workers` are those that live.
    """
    if task.owner is not None:
        maker = next((worker for worker in workers if worker.id == task.owner), None)
        return f"on {named(maker)}" if maker is not None else "its worker is gone; another takes it over"
    waited = f"for a worker of queue {task.queue}"
    if any(_offers(worker, task) for worker in workers):
        return f"for {waits_for(full)}" if full else waited
    return f"{waited} that has {task.activity}; there is none"


def _offers(worker: Worker, task: Task) -> bool:
    takes = worker.namespace == task.namespace and task.queue in worker.queues
    return takes and task.activity in worker.activities


def named(worker: Worker) -> str:
    """`process 4711 on web-3`; without the host where it is this one."""
    here = host.this_process().host == worker.host
    return f"process {worker.pid}" + ("" if here else f" on {worker.host}")


def _is_gone(worker: Worker) -> bool:
    return host.is_gone(host.Process(worker.host, worker.boot_id, worker.pid, worker.started))
