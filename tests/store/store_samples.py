"""Runs, workers and writes for the tests of the stores."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import (
    Claimed,
    Ended,
    NewMessage,
    NewRun,
    NewWorker,
    Parent,
    Parked,
    Refused,
    Write,
)

HOUR = 3_600_000


def new_run(**changes: Any) -> NewRun:
    run_id = changes.pop("id", None) or uuid7()
    facts = {
        "id": run_id,
        "root_id": run_id,
        "namespace": "default",
        "workflow": "orders",
        "version": "1.0",
        "digest": "d" * 64,
        "input": '{"amount": 42.5}',
    }
    return NewRun(**(facts | changes))


def child_of(parent: NewRun, *, attached: bool = True, path: str = "call", **changes: Any) -> NewRun:
    link = Parent(run_id=parent.id, path=path, attempt=1, attached=attached)
    return new_run(root_id=parent.root_id, parent=link, **changes)


def entry(seq: int, **changes: Any) -> Entry:
    facts = {
        "seq": seq,
        "type": EntryType.NODE_COMPLETED,
        "at": 1_000 + seq,
        "path": f"step_{seq}",
        "node": "activity",
        "status": "completed",
        "attempt": 1,
        "started_at": 900 + seq,
        "output": '{"n": 1}',
    }
    return Entry(**(facts | changes))


def signal(run_id: UUID, name: str = "go", payload: str = "null") -> NewMessage:
    return NewMessage(run_id=run_id, kind="signal", name=name, payload=payload)


def new_worker(**changes: Any) -> NewWorker:
    facts = {
        "id": uuid7(),
        "name": "worker-1",
        "host": "host-1",
        "boot_id": "boot-1",
        "pid": 4711,
        "started": "12345",
        "version": "0.1.0",
        "lease_ms": HOUR,
    }
    return NewWorker(**(facts | changes))


async def a_worker(store: Store, **changes: Any) -> UUID:
    worker = new_worker(**changes)
    await store.register(worker)
    return worker.id


async def a_dead_worker(store: Store) -> UUID:
    """A worker whose lease is over the moment it begins."""
    return await a_worker(store, lease_ms=0)


async def an_owned_run(store: Store, owner: UUID, **changes: Any) -> NewRun:
    """A run that `owner` holds by fence 1."""
    run = new_run(**changes)
    [started] = await store.start([run], owner=owner)
    assert started.fence == 1
    return run


async def write(store: Store, owner: UUID, run_id: UUID, fence: int = 1, **parts: Any) -> Refused | None:
    [answer] = await store.commit(owner, [Write(run_id=run_id, fence=fence, **parts)])
    return answer


async def park(store: Store, owner: UUID, run_id: UUID, fence: int = 1, **changes: Any) -> None:
    facts = {"status": "waiting", "available_at": None, "messages_seen": 0}
    assert await write(store, owner, run_id, fence, leave=Parked(**(facts | changes))) is None


async def end(store: Store, owner: UUID, run_id: UUID, fence: int = 1, **changes: Any) -> None:
    facts = {"status": "completed", "at": 5_000, "output": '"done"'}
    assert await write(store, owner, run_id, fence, leave=Ended(**(facts | changes))) is None


async def claim_ids(store: Store, owner: UUID, limit: int = 100, **narrow: Any) -> list[UUID]:
    return [claimed.run.id for claimed in await store.claim(owner, limit=limit, **narrow)]


async def claim_one(store: Store, owner: UUID, run_id: UUID) -> Claimed:
    [claimed] = await store.claim(owner, limit=1, run_ids=[run_id])
    assert claimed.run.id == run_id
    return claimed
