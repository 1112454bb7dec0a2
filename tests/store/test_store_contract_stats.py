"""The contract of statistics, for both stores: what they say is what the runs and journals say."""

from __future__ import annotations

from uuid import UUID

from store_samples import a_worker, an_owned_run, entry, new_run, write

from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.runtime.core.journal import EntryType
from kagzi_dsl.runtime.ids import time_of, uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Ended
from kagzi_dsl.runtime.store.statistics import Durations, Window, WorkflowStats

ALL = Window(namespace="default", since=0)


async def an_ended_run(store: Store, owner: UUID, took: int, *, code: Code | None = None, **changes: object) -> UUID:
    run = await an_owned_run(store, owner, **changes)
    stored = await store.run(run.id)
    assert stored is not None
    assert stored.started_at is not None
    failure = None if code is None else Failure.of(code, "no")
    ending = Ended(status="failed" if code else "completed", at=stored.started_at + took, failure=failure)
    await write(store, owner, run.id, leave=ending)
    return run.id


async def only(store: Store, window: Window = ALL) -> WorkflowStats:
    [found] = await store.stats(window)
    return found


async def test_without_runs_there_is_nothing_to_say(store: Store) -> None:
    assert await store.stats(ALL) == []


async def test_runs_are_counted_by_status_and_failures_by_code(store: Store) -> None:
    owner = await a_worker(store)
    await an_ended_run(store, owner, 10)
    await an_ended_run(store, owner, 10, code=Code.TIMEOUT)
    await an_ended_run(store, owner, 10, code=Code.INTERNAL)
    await an_ended_run(store, owner, 10, code=Code.INTERNAL)
    await an_owned_run(store, owner)
    await store.start([new_run()])
    found = await only(store)
    assert dict(found.runs) == {"completed": 1, "failed": 3, "running": 1, "pending": 1}
    assert dict(found.failures) == {"Timeout": 1, "Internal": 2}


async def test_durations_are_those_of_the_nearest_rank(store: Store) -> None:
    owner = await a_worker(store)
    for took in range(1, 21):
        await an_ended_run(store, owner, took * 100)
    assert (await only(store)).durations == Durations(1_000, 1_900, 2_000)


async def test_runs_that_are_not_over_have_no_durations(store: Store) -> None:
    await store.start([new_run()])
    assert (await only(store)).durations is None


async def test_nodes_are_counted_over_runs_and_rounds(store: Store) -> None:
    owner = await a_worker(store)
    for _ in range(2):
        run = await an_owned_run(store, owner)
        failure = Failure.of(Code.UNAVAILABLE, "away")
        entries = [
            entry(0, type=EntryType.RUN_STARTED, path="", node="", status="", output=None),
            entry(1, path="foreach[0].charge", at=1_010, started_at=1_000),
            entry(2, type=EntryType.ATTEMPT_FAILED, path="foreach[1].charge", status="", output=None, failure=failure),
            entry(3, type=EntryType.NODE_FAILED, path="foreach[1].charge", status="failed", at=1_030, started_at=1_000,
                  output=None, failure=failure),
            entry(4, type=EntryType.NODE_FAILED, path="note", status="cancelled", at=1_005, started_at=1_000,
                  output=None, failure=failure),
            entry(5, type=EntryType.NODE_CLOSED, path="foreach", node="foreach", output=None),
        ]  # fmt: skip
        await write(store, owner, run.id, entries=entries)
    charge, note = (await only(store)).nodes
    assert (charge.node, charge.kind, charge.ended, charge.failed, charge.retries) == ("charge", "activity", 4, 2, 2)
    assert charge.durations == Durations(10, 30, 30)
    assert (note.node, note.ended, note.failed, note.retries) == ("note", 2, 0, 0)


async def test_a_window_holds_one_namespace_one_workflow_and_what_began_in_it(store: Store) -> None:
    now = time_of(uuid7())
    old, young = UUID(int=(now - 5_000) << 80), UUID(int=(now - 1_000) << 80)
    await store.start([new_run(id=old, workflow="a"), new_run(id=young, workflow="a")])
    await store.start([new_run(workflow="b"), new_run(workflow="c", namespace="other")])
    assert [(one.workflow, dict(one.runs)) for one in await store.stats(ALL)] == [
        ("a", {"pending": 2}),
        ("b", {"pending": 1}),
    ]
    assert dict((await only(store, Window(namespace="default", since=now - 1_000, workflow="a"))).runs) == {
        "pending": 1
    }
    assert (await only(store, Window(namespace="other", since=0))).workflow == "c"
