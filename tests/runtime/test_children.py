"""Child runs and signals between runs, on both stores."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from runtime.world import World

from kagzi_dsl import ActivityError
from kagzi_dsl.errors import Code, RunConflict
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime import children
from kagzi_dsl.runtime.store.records import RunFilter
from kagzi_dsl.testing import simulate

PARENT = "workflow: parent\nseq:\n  - call: child\n    with: {n: '${ input.n }'}\n"
CHILD = """
workflow: child
input: {type: object, required: [n], properties: {n: {type: integer}, by: {type: integer, default: 2}}}
activity: work
with: {n: "${ input.n }", by: "${ input.by }"}
"""


async def work(n: int, by: int) -> int:
    return n * by


async def test_an_attached_child_gives_the_call_its_output(store: Any) -> None:
    world = World(store, {"work": work})
    async with world.engine():
        run = await world.run(PARENT, {"n": 21}, CHILD)
    assert (run.status, run.output) == ("completed", "42")
    child = await store.run((await store.find(f"{run.id}/call", namespace="default"))[0])
    assert child.parent.run_id == run.id
    assert child.root_id == run.id


async def test_a_detached_child_goes_on_by_itself(store: Any) -> None:
    world = World(store, {"work": work})
    document = PARENT + "    detach: true\n"
    async with world.engine():
        run = await world.run(document, {"n": 21}, CHILD)
        output = loads(run.output or "")
        child = await world.client.wait((await store.find(output["run_id"], namespace=None))[0])
    assert child.output == "42"


async def test_a_child_whose_input_does_not_fit_fails_the_call(store: Any) -> None:
    world = World(store, {"work": work})
    async with world.engine():
        run = await world.run(PARENT, {"n": "many"}, CHILD)
    assert run.failure is not None
    assert (run.failure.code, run.failure.path) == (Code.INVALID_ARGUMENT, "call")
    assert "n" in run.failure.message


async def test_a_failing_child_fails_the_call_with_its_error(store: Any) -> None:
    async def work(n: int, by: int) -> None:
        raise ActivityError("no stock", code="Conflict", type="NoStock")

    world = World(store, {"work": work})
    async with world.engine():
        run = await world.run(PARENT, {"n": 1}, CHILD)
    assert run.failure is not None
    assert (run.failure.code, run.failure.type, run.failure.message) == (Code.CONFLICT, "NoStock", "child: no stock")


async def test_a_call_with_retries_starts_another_child(store: Any) -> None:
    tries: list[int] = []

    async def work(n: int, by: int) -> int:
        tries.append(n)
        if len(tries) == 1:
            raise ActivityError("busy", code="Unavailable", retryable=True)
        return n

    world = World(store, {"work": work})
    document = PARENT + "    retry: {max_attempts: 2, initial_interval: 10ms}\n"
    child = CHILD.replace("activity: work", "activity: work\nretry: {max_attempts: 1}")
    async with world.engine():
        run = await world.run(document, {"n": 5}, child)
        assert run.output == "5"
        assert len(await store.find(f"{run.id}/call:2", namespace="default")) == 1


async def test_cancelling_a_parent_cancels_its_attached_child(store: Any) -> None:
    began = asyncio.Event()

    async def work(n: int, by: int) -> None:
        began.set()
        await asyncio.Event().wait()

    world = World(store, {"work": work})
    async with world.engine():
        run_id = await world.start(PARENT, {"n": 1}, CHILD)
        await began.wait()
        await world.client.cancel(str(run_id))
        run = await world.client.wait(run_id)
        child = await store.run((await store.find(f"{run_id}/call", namespace="default"))[0])
    assert (run.status, child.status) == ("cancelled", "cancelled")


async def test_a_crash_between_parent_and_child_starts_no_second_child(store: Any) -> None:
    began = asyncio.Event()
    calls: list[int] = []

    async def work(n: int, by: int) -> int:
        calls.append(n)
        if len(calls) == 1:
            began.set()
            await asyncio.Event().wait()
        return n

    world = World(store, {"work": work})
    engine = world.engine()
    await engine.__aenter__()
    run_id = await world.start(PARENT, {"n": 3}, CHILD)
    await began.wait()
    await world.crash(engine)
    async with world.engine():
        run = await world.client.wait(run_id)
    assert run.output == "3"
    assert calls == [3, 3]
    assert len([r for r in await store.list_runs(RunFilter()) if r.workflow == "child"]) == 1


async def test_a_run_signals_another_by_its_external_id(store: Any) -> None:
    world = World(store)
    waiter = "workflow: waiter\nseq: [{wait_for: news, schema: {type: string}}]\n"
    sender = "workflow: sender\nseq: [{signal: news, to: '${ input.to }', with: '${ input.news }'}]\n"
    async with world.engine():
        waiting = await world.start(waiter, None, external_id="W-1")
        missing = await world.run(sender, {"to": "W-2", "news": "x"})
        refused = await world.run(sender, {"to": "W-1", "news": 5})
        sent = await world.run(sender, {"to": "W-1", "news": "hello"})
        received = await world.client.wait(waiting)
        late = await world.run(sender, {"to": "W-1", "news": "again"})
    assert [run.failure and run.failure.code for run in (missing, refused, sent, late)] == [
        Code.NOT_FOUND,
        Code.INVALID_ARGUMENT,
        None,
        Code.PRECONDITION_FAILED,
    ]
    assert received.output == '"hello"'


async def test_a_call_of_a_workflow_nobody_knows_cannot_be_started(store: Any) -> None:
    world = World(store)
    with pytest.raises(RunConflict, match="'child'"):
        await world.start(PARENT, {"n": 1})


async def test_a_child_that_was_stopped_while_it_was_being_prepared_is_not_started(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared, told = asyncio.Event(), asyncio.Event()
    new_run = children._new_run

    async def slowly(live: Any, command: Any) -> Any:
        new = await new_run(live, command)
        prepared.set()
        await told.wait()
        return new

    monkeypatch.setattr(children, "_new_run", slowly)
    world = World(store, {"work": work})
    async with world.engine():
        run_id = await world.start(PARENT, {"n": 1}, CHILD)
        await prepared.wait()
        await world.client.cancel(str(run_id))
        run = await world.client.wait(run_id)
        told.set()
    assert run.status == "cancelled"
    assert [one.workflow for one in await store.list_runs(RunFilter())] == ["parent"]


async def test_a_workflow_that_calls_itself_without_an_end_fails(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MAX_DEPTH", 5)
    world = World(store)
    async with world.engine():
        run = await world.run("workflow: endless\nseq: [{call: endless}]\n")
    assert run.status == "failed"
    assert run.failure is not None
    assert "calls nest deeper than 5 child runs" in run.failure.message
    assert len(await store.list_runs(RunFilter())) == 6


def test_the_time_for_attempts_of_a_call_counts_from_when_the_first_began(tmp_path: Path) -> None:
    calls: list[int] = []

    async def fail() -> None:
        calls.append(1)
        await asyncio.sleep(10)
        raise ActivityError("busy", code="Unavailable")

    (tmp_path / "child.yaml").write_text("workflow: child\nactivity: fail\nretry: {max_attempts: 1}\n")
    policy = "{max_attempts: 100, initial_interval: 1s, backoff_coefficient: 1, max_elapsed: 25s}"
    parent = tmp_path / "parent.yaml"
    parent.write_text(f"workflow: parent\nseq:\n  - call: ./child.yaml\n    retry: {policy}\n")
    # They begin after 0, 11 and 22 seconds; the fourth would after 33.
    assert simulate(parent, activities={"fail": fail}).status == "failed"
    assert len(calls) == 3


async def test_history_tells_how_long_a_call_took(store: Any) -> None:
    async def work(n: int, by: int) -> int:
        await asyncio.sleep(0.05)
        return n * by

    world = World(store, {"work": work})
    async with world.engine():
        run = await world.run(PARENT, {"n": 21}, CHILD)
    [entry] = [entry for entry in await store.journal(run.id) if entry.path == "call"]
    assert entry.at - entry.started_at >= 50
