"""Pausing, unpausing and terminating runs: owned by a living engine, parked, or left behind by a dead one."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import pytest
from runtime.world import World, until

from kagzi_dsl import ActivityError, RunConflict
from kagzi_dsl.runtime.core.journal import EntryType
from kagzi_dsl.runtime.store.records import RunFilter

THREE = """
workflow: three
saga:
  - {id: a, activity: act, with: {name: a}, compensate: {activity: act, with: {name: undo a}}}
  - {id: b, activity: act, with: {name: b}}
  - {id: c, activity: act, with: {name: c}}
"""
CALLER = """
workflow: caller
parallel:
  child: {call: three}
  here: {activity: act, with: {name: here}}
"""


class Gated:
    """An activity that stays where `gates` hold it, and notes its calls."""

    def __init__(self, store: Any, *gates: str) -> None:
        self.calls: list[str] = []
        self.began = {name: asyncio.Event() for name in gates}
        self.gates = {name: asyncio.Event() for name in gates}
        self.stopped: list[str] = []

        async def act(name: str) -> str:
            return await self.pass_by(name)

        self.world = World(store, {"act": act})

    async def pass_by(self, name: str) -> str:
        self.calls.append(name)
        if name in self.gates:
            self.began[name].set()
            try:
                await self.gates[name].wait()
            except asyncio.CancelledError:
                self.stopped.append(name)
                raise
        return name


async def at(store: Any, run_id: UUID, status: str) -> None:
    async def holds() -> bool:
        return (await store.run(run_id)).status == status

    await until(holds)


async def test_a_paused_run_ends_what_runs_and_begins_nothing_until_it_is_unpaused(store: Any) -> None:
    gated = Gated(store, "b")
    client = gated.world.client
    async with gated.world.engine():
        run_id = await gated.world.start(THREE)
        await gated.began["b"].wait()
        await client.pause(str(run_id), "a look at the books")
        await until(lambda: journaled(store, run_id, EntryType.RUN_PAUSED))
        gated.gates["b"].set()
        await at(store, run_id, "paused")
        assert gated.calls == ["a", "b"]
        assert [entry.path for entry in await store.journal(run_id) if entry.status] == ["a", "b"]
        await client.unpause(str(run_id))
        assert (await client.wait(run_id)).status == "completed"
    assert gated.calls == ["a", "b", "c"]


async def journaled(store: Any, run_id: UUID, kind: EntryType) -> bool:
    return kind in [entry.type for entry in await store.journal(run_id)]


async def test_a_run_nobody_works_on_is_paused_and_unpaused_at_once(store: Any) -> None:
    gated = Gated(store)
    client = gated.world.client
    run_id = await gated.world.start(THREE)
    assert (await client.pause(str(run_id))).status == "paused"
    assert (await client.pause(str(run_id))).status == "paused"
    async with gated.world.engine() as engine:
        await gated.world.run("workflow: other\nactivity: act\nwith: {name: other}\n")
        assert run_id not in engine.live
        assert gated.calls == ["other"]
    assert (await client.unpause(str(run_id))).status == "pending"
    async with gated.world.engine():
        assert (await client.wait(run_id)).status == "completed"
    types = [entry.type for entry in await store.journal(run_id)][:3]
    assert types == [EntryType.RUN_PAUSED, EntryType.RUN_UNPAUSED, EntryType.RUN_STARTED]


async def test_a_timer_that_falls_due_meanwhile_waits_and_a_signal_does_not_wake_the_run(store: Any) -> None:
    gated = Gated(store)
    client = gated.world.client
    document = "workflow: w\nseq:\n  - sleep: 200ms\n  - wait_for: go\n  - {activity: act, with: {name: z}}\n"
    async with gated.world.engine():
        run_id = await gated.world.start(document)
        await client.pause(str(run_id))
        await at(store, run_id, "paused")
        fence = (await store.run(run_id)).fence
        await client.signal(str(run_id), "go")
        await gated.world.run("workflow: other\nsleep: 400ms\n")
        assert ((await store.run(run_id)).status, (await store.run(run_id)).fence) == ("paused", fence)
        await client.unpause(str(run_id))
        assert (await client.wait(run_id)).status == "completed"


async def test_a_pause_between_attempts_holds_the_next_one_back(store: Any) -> None:
    calls: list[int] = []

    async def flaky() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ActivityError("not yet", code="Unavailable")
        return len(calls)

    world = World(store, {"flaky": flaky})
    async with world.engine():
        for backoff in (300, 3_000, 30_000):
            calls.clear()
            run_id = await world.start(f"workflow: w\nactivity: flaky\nretry: {{initial_interval: {backoff}ms}}\n")
            await until(lambda run_id=run_id: journaled(store, run_id, EntryType.ATTEMPT_FAILED))
            if await paused_in_time(world, run_id):
                break
        await world.run(f"workflow: other\nsleep: {backoff + 200}ms\n")
        assert len(calls) == 1
        await world.client.unpause(str(run_id))
        assert (await world.client.wait(run_id)).output == "2"


async def paused_in_time(world: World, run_id: UUID) -> bool:
    """Pauses a run that backs off; False when the machine was so slow that its next attempt came before."""
    with contextlib.suppress(RunConflict):
        await world.client.pause(str(run_id))
        await until(lambda: either(world.store, run_id, "paused", "completed"))
    entries = {entry.type: entry for entry in await world.store.journal(run_id)}
    paused = entries.get(EntryType.RUN_PAUSED)
    return paused is not None and paused.at < entries[EntryType.ATTEMPT_FAILED].due


async def either(store: Any, run_id: UUID, *statuses: str) -> bool:
    return (await store.run(run_id)).status in statuses


async def test_a_pause_outlives_its_owner_and_what_was_in_flight_runs_again_when_it_goes_on(store: Any) -> None:
    gated = Gated(store, "b")
    client = gated.world.client
    engine = gated.world.engine()
    await engine.__aenter__()
    run_id = await gated.world.start(THREE)
    await gated.began["b"].wait()
    await client.pause(str(run_id))
    await until(lambda: journaled(store, run_id, EntryType.RUN_PAUSED))
    await gated.world.crash(engine)
    gated.gates["b"].set()
    async with gated.world.engine():
        await at(store, run_id, "paused")
        assert gated.calls == ["a", "b"]
        await client.unpause(str(run_id))
        assert (await client.wait(run_id)).status == "completed"
    assert gated.calls == ["a", "b", "b", "c"]


@pytest.mark.parametrize("crashed", [False, True], ids=["alive", "crashed"])
async def test_cancelling_a_paused_run_ends_the_pause_and_undoes_what_was_done(store: Any, crashed: bool) -> None:
    gated = Gated(store, "b")
    client = gated.world.client
    engine = gated.world.engine()
    await engine.__aenter__()
    run_id = await gated.world.start(THREE)
    await gated.began["b"].wait()
    await client.pause(str(run_id))
    await until(lambda: journaled(store, run_id, EntryType.RUN_PAUSED))
    if crashed:
        await gated.world.crash(engine)
        engine = gated.world.engine()
        await engine.__aenter__()
    else:
        gated.gates["b"].set()
    await at(store, run_id, "paused")
    await client.cancel(str(run_id))
    run = await client.wait(run_id)
    await engine.stop()
    assert (run.status, run.compensation) == ("cancelled", "completed")
    assert gated.calls == ["a", "b", "undo a"]


async def test_a_terminated_run_stops_what_runs_and_undoes_nothing(store: Any) -> None:
    gated = Gated(store, "b")
    client = gated.world.client
    async with gated.world.engine():
        run_id = await gated.world.start(THREE)
        await gated.began["b"].wait()
        await client.terminate(str(run_id), "it is on fire")
        run = await client.wait(run_id)
        await until(lambda: stopped(gated))
    assert run.failure is not None
    assert (run.status, run.failure.type, run.failure.message) == ("cancelled", "Terminated", "it is on fire")
    assert gated.calls == ["a", "b"]
    with pytest.raises(RunConflict, match="is cancelled and cannot be terminated"):
        await client.terminate(str(run_id))


async def stopped(gated: Gated) -> bool:
    return gated.stopped == ["b"]


async def test_child_runs_are_paused_unpaused_and_terminated_with_their_parent(store: Any) -> None:
    gated = Gated(store, "a", "here")
    client = gated.world.client
    async with gated.world.engine():
        run_id = await gated.world.start(CALLER, None, THREE)
        await gated.began["a"].wait()
        await gated.began["here"].wait()
        [child] = [run.id for run in await store.list_runs(RunFilter(root_id=run_id)) if run.id != run_id]
        await client.pause(str(run_id))
        await until(lambda: journaled(store, child, EntryType.RUN_PAUSED))
        gated.gates["a"].set()
        await at(store, child, "paused")
        await client.unpause(str(run_id))
        await until(lambda: journaled(store, child, EntryType.RUN_UNPAUSED))
        await client.wait(child)
        await client.terminate(str(run_id))
        assert (await client.wait(run_id)).status == "cancelled"
    assert gated.calls.count("c") == 1


async def test_a_family_nobody_works_on_is_terminated_at_once(store: Any) -> None:
    gated = Gated(store, "a", "here")
    client = gated.world.client
    engine = gated.world.engine()
    await engine.__aenter__()
    run_id = await gated.world.start(CALLER, None, THREE)
    await gated.began["a"].wait()
    await gated.began["here"].wait()
    await gated.world.crash(engine)
    run = await client.terminate(str(run_id), "enough")
    assert (run.status, run.failure.type if run.failure else None) == ("cancelled", "Terminated")
    assert {one.status for one in await store.list_runs(RunFilter(root_id=run_id))} == {"cancelled"}
    assert await store.workers() == []


async def test_a_terminated_run_can_be_taken_up_again_where_it_stood(store: Any) -> None:
    gated = Gated(store, "b")
    client = gated.world.client
    async with gated.world.engine():
        run_id = await gated.world.start(THREE)
        await gated.began["b"].wait()
        await client.terminate(str(run_id))
        await client.wait(run_id)
        gated.gates["b"].set()
        assert await store.reopen(run_id)
        assert (await client.wait(run_id)).status == "completed"
    assert gated.calls == ["a", "b", "b", "c"]


async def test_a_paused_run_stays_so_when_its_worker_leaves(store: Any) -> None:
    gated = Gated(store, "b")
    async with gated.world.engine():
        run_id = await gated.world.start(THREE)
        await gated.began["b"].wait()
        await gated.world.client.pause(str(run_id))
        await until(lambda: journaled(store, run_id, EntryType.RUN_PAUSED))
    run = await store.run(run_id)
    assert (run.status, run.available_at) == ("paused", None)
