"""Who is at work: the worker that owns a run, and whether anybody would take one up."""

from __future__ import annotations

from kagzi_dsl.runtime import host
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Run, Worker

ONE_FAMILY = "one-family"
"""The label of a process that works for one run and its children alone, as `run` and `resume` do: their root's id."""


async def living_workers(store: Store) -> list[Worker]:
    """The workers whose lease holds and whose process is not known to be gone."""
    now = await store.now()
    return [worker for worker in await store.workers() if worker.expires_at > now and not _is_gone(worker)]


async def owner_of(store: Store, run: Run) -> Worker | None:
    """The living worker that owns a run."""
    if run.owner is None:
        return None
    return next((worker for worker in await living_workers(store) if worker.id == run.owner), None)


async def somebody_would_take_it(store: Store, run: Run) -> bool:
    """Whether a living worker takes up this run when it can be: one that takes whatever there is, or works for it."""
    wanted = (None, str(run.root_id))
    return any(worker.labels.get(ONE_FAMILY) in wanted for worker in await living_workers(store))


def named(worker: Worker) -> str:
    """`process 4711 on web-3`; without the host where it is this one."""
    here = host.this_process().host == worker.host
    return f"process {worker.pid}" + ("" if here else f" on {worker.host}")


def _is_gone(worker: Worker) -> bool:
    return host.is_gone(host.Process(worker.host, worker.boot_id, worker.pid, worker.started))
