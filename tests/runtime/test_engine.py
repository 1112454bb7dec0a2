"""The engine on both stores: runs that are started, killed, taken over, stopped and resumed."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from patience import PATIENCE
from runtime.world import World

from kagzi_dsl import ActivityContext, ActivityError, activity
from kagzi_dsl.errors import Code, DatabaseUnavailable, RunConflict, SignalRefused
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.core.events import NodeCompleted
from kagzi_dsl.runtime.core.journal import EntryType
from kagzi_dsl.runtime.core.machine import Machine
from kagzi_dsl.runtime.engine import Engine, Settings
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.records import Claimed, NewWorker, Write

THREE = """
workflow: three
seq:
  - {id: a, activity: step, with: {name: a}}
  - {id: b, activity: step, with: {name: b}}
  - {id: c, activity: step, with: {name: c}}
"""


class Gate:
    """An activity that notes its calls and waits where it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.closed_at = ""

    async def step(self, name: str) -> str:
        self.calls.append(name)
        if name == self.closed_at:
            self.reached.set()
            await self.open.wait()
        return name.upper()


async def step(name: str) -> str:
    return name.upper()


def gated(closed_at: str) -> tuple[Gate, World]:
    gate = Gate()
    gate.closed_at = closed_at

    async def step(name: str) -> str:
        return await gate.step(name)

    return gate, World(None, {"step": step})


async def test_a_run_completes_and_its_journal_has_each_node_once(store: Any) -> None:
    world = World(store, {"step": step})
    async with world.engine():
        run = await world.run(THREE)
    assert (run.status, run.output) == ("completed", '"C"')
    journal = await store.journal(run.id)
    assert [entry.path for entry in journal if entry.status and entry.path] == ["a", "b", "c", "seq"]
    assert [entry.seq for entry in journal] == list(range(1, len(journal) + 1))


async def test_a_killed_engine_leaves_a_run_that_goes_on_after_the_last_finished_node(store: Any) -> None:
    gate, world = gated("b")
    world.store, world.client = store, World(store).client
    engine = world.engine()
    await engine.__aenter__()
    run_id = await world.start(THREE)
    await gate.reached.wait()
    await world.crash(engine)
    gate.open.set()
    async with world.engine():
        run = await world.client.wait(run_id)
    assert run.status == "completed"
    assert gate.calls == ["a", "b", "b", "c"]


async def test_a_stopped_engine_hands_its_runs_back_at_once(store: Any) -> None:
    gate, world = gated("b")
    world.store, world.client = store, World(store).client
    async with world.engine():
        run_id = await world.start(THREE)
        await gate.reached.wait()
    run = await store.run(run_id)
    assert (run.status, run.owner) == ("pending", None)
    gate.open.set()
    async with world.engine():
        assert (await world.client.wait(run_id)).status == "completed"
    assert gate.calls == ["a", "b", "b", "c"]


async def test_an_engine_that_lost_its_run_writes_nothing_more(store: Any) -> None:
    gate, world = gated("b")
    world.store, world.client = store, World(store).client
    late = world.engine()
    await late.__aenter__()
    run_id = await world.start(THREE)
    await gate.reached.wait()
    await store.retire([late.worker_id])  # as if its lease had run out while it was stopped
    gate.closed_at = ""
    async with world.engine(roots=set()) as heir:
        assert await heir.claim(run_id)
        gate.open.set()
        assert (await world.client.wait(run_id)).status == "completed"
        journal = await store.journal(run_id)
    late._stopping = True
    await world.crash(late)
    assert await store.journal(run_id) == journal
    assert len([entry for entry in journal if entry.path == "b"]) == 1


async def test_many_runs_share_commits(store: Any) -> None:
    runs = 50
    meeting = asyncio.Barrier(runs)

    async def step(name: str) -> str:
        await meeting.wait()  # so that all answer in one turn of the loop, however slow the machine is
        return name.upper()

    world = World(store, {"step": step})
    ids = [await world.start(THREE) for _ in range(runs)]
    async with world.engine() as engine:
        ended = [await world.client.wait(run_id) for run_id in ids]
        assert {run.status for run in ended} == {"completed"}
        assert engine.writer.commits < runs


async def test_an_at_most_once_activity_is_not_run_again_after_a_crash(store: Any) -> None:
    gate = Gate()
    gate.closed_at = "pay"

    @activity(at_most_once=True)
    async def pay() -> str:
        return await gate.step("pay")

    world = World(store, {"pay": pay})
    engine = world.engine()
    await engine.__aenter__()
    run_id = await world.start("workflow: w\nactivity: pay\n")
    await gate.reached.wait()
    await world.crash(engine)
    async with world.engine():
        run = await world.client.wait(run_id)
    assert run.status == "failed"
    assert run.failure is not None
    assert run.failure.code is Code.INTERRUPTED
    assert gate.calls == ["pay"]


async def test_a_plain_function_that_is_cancelled_is_left_to_itself(store: Any) -> None:
    began, end = threading.Event(), threading.Event()

    def slow(context: ActivityContext) -> bool:
        began.set()
        end.wait(PATIENCE)
        return context.is_cancelled

    world = World(store, {"slow": slow})
    async with world.engine():
        run_id = await world.start("workflow: w\nactivity: slow\n")
        await asyncio.to_thread(began.wait, PATIENCE)
        await world.client.cancel(str(run_id))
        run = await world.client.wait(run_id)
    end.set()
    assert run.status == "cancelled"


async def test_an_activity_that_will_not_stop_is_abandoned_after_a_grace(store: Any) -> None:
    began, end = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        began.set()
        while not end.is_set():
            try:
                await end.wait()
            except asyncio.CancelledError:
                continue

    world = World(store, {"stubborn": stubborn})
    async with world.engine():
        run_id = await world.start("workflow: w\nactivity: stubborn\n")
        await began.wait()
        await world.client.cancel(str(run_id))
        run = await world.client.wait(run_id)
        end.set()
    assert run.status == "cancelled"


async def test_a_run_that_makes_no_progress_is_given_up_and_can_be_resumed(store: Any) -> None:
    gate, world = gated("a")
    world.store, world.client = store, World(store).client
    run_id = await world.start(THREE)
    poisoned = Settings(poll=0.05, linger=0.02, stall_limit=2)
    for _ in range(4):
        gate.reached.clear()
        engine = world.engine(settings=poisoned)
        await engine.__aenter__()
        waiting = [asyncio.ensure_future(gate.reached.wait()), asyncio.ensure_future(world.client.wait(run_id))]
        done, left = await asyncio.wait(waiting, timeout=20, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        await world.crash(engine)
        if waiting[1] in done:
            break
    run = await store.run(run_id)
    assert run.status == "failed"
    assert run.failure.type == "Poisoned"
    gate.open.set()
    assert await store.reopen(run_id)
    async with world.engine():
        assert (await world.client.wait(run_id)).status == "completed"


async def test_a_run_that_was_given_up_can_be_cancelled_which_undoes_what_it_did(store: Any) -> None:
    calls, reached = [], asyncio.Event()

    async def act(name: str) -> None:
        calls.append(name)
        if name == "b":
            reached.set()
            await asyncio.Event().wait()

    world = World(store, {"act": act})
    run_id = await world.start("""
workflow: w
saga:
  - {id: a, activity: act, with: {name: a}, compensate: {activity: act, with: {name: undo a}}}
  - {id: b, activity: act, with: {name: b}}
""")
    impatient = Settings(poll=0.05, linger=0.02, stall_limit=1)
    for _ in range(2):
        reached.clear()
        engine = world.engine(settings=impatient)
        await engine.__aenter__()
        await reached.wait()
        await world.crash(engine)
    async with world.engine(settings=impatient):
        run = await world.client.wait(run_id)
    assert (run.status, run.failure.type, run.compensation) == ("failed", "Poisoned", "")
    assert f"kagzi-dsl cancel {run_id}" in run.failure.message
    await world.client.cancel(str(run_id))
    async with world.engine():
        run = await world.client.wait(run_id)
    assert (run.status, run.compensation) == ("cancelled", "completed")
    assert calls == ["a", "b", "b", "undo a"]
    with pytest.raises(RunConflict, match="is cancelled and cannot be cancelled"):
        await world.client.cancel(str(run_id))


async def test_a_claim_that_is_made_once_more_begins_nothing_twice(store: Any) -> None:
    gate, world = gated("a")
    world.store, world.client = store, World(store).client
    run_id = await world.start(THREE)
    async with world.engine() as engine:
        await gate.reached.wait()
        live = engine.live[run_id]
        again = Claimed(run=live.run, entries=await store.journal(run_id), messages=(), messages_sent=0)
        await engine.adopt(again)
        assert engine.live[run_id] is live
        later = replace(again, run=replace(live.run, fence=live.run.fence + 1))
        await engine.adopt(later)
        assert engine.live[run_id] is not live
        assert live.gone
        engine.live[run_id].close()
        del engine.live[run_id]


async def test_a_failed_compensation_is_resumed_alone(store: Any) -> None:
    calls: list[str] = []
    broken = True

    async def act(name: str) -> None:
        calls.append(name)
        if name == "undo b" and broken:
            raise ActivityError("still broken", code="Conflict")

    world = World(store, {"act": act})
    document = """
workflow: w
saga:
  - {id: a, activity: act, with: {name: a}, compensate: {activity: act, with: {name: undo a}}}
  - {id: b, activity: act, with: {name: b}, compensate: {activity: act, with: {name: undo b}}}
  - fail: {code: Conflict, message: at last}
"""
    async with world.engine():
        run = await world.run(document)
        assert (run.status, run.compensation) == ("failed", "failed")
        assert calls == ["a", "b", "undo b", "undo a"]
        broken = False
        assert await store.reopen(run.id)
        run = await world.client.wait(run.id)
    assert (run.status, run.compensation) == ("failed", "completed")
    assert run.failure is not None
    assert run.failure.message == "at last"
    assert calls == ["a", "b", "undo b", "undo a", "undo b"]


async def test_a_parked_run_is_taken_up_again_when_its_time_has_come(store: Any) -> None:
    world = World(store, {"step": step})
    document = "workflow: w\nseq:\n  - sleep: {pause}ms\n  - {{activity: step, with: {{name: a}}}}\n"
    async with world.engine():
        for pause in (300, 3_000, 30_000):
            run = await world.run(document.format(pause=pause))
            assert run.status == "completed"
            slept = next(e for e in await store.journal(run.id) if e.node == "sleep")
            assert slept.at - run.started_at >= pause
            if run.fence > 1:
                break
    # It was claimed once more. (On a machine so busy that the time had come before it was parked, it sleeps longer.)
    assert run.fence == 2


async def test_a_signal_wakes_a_parked_run(store: Any) -> None:
    world = World(store)
    document = "workflow: w\nseq:\n  - wait_for: approval\n    schema: {type: object, required: [by]}\n"
    async with world.engine():
        run_id = await world.start(document)
        await at_rest(store, run_id, "waiting")
        with pytest.raises(SignalRefused, match="did you mean 'approval'"):
            await world.client.signal(str(run_id), "aproval", {})
        with pytest.raises(SignalRefused, match="by"):
            await world.client.signal(str(run_id), "approval", {})
        await world.client.signal(str(run_id), "approval", {"by": "ada"})
        run = await world.client.wait(run_id)
        assert loads(run.output or "") == {"by": "ada"}
        with pytest.raises(RunConflict, match="completed"):
            await world.client.signal(str(run_id), "approval", {"by": "ada"})


async def test_an_unknown_activity_fails_its_node_and_names_what_was_meant(store: Any) -> None:
    world = World(store, {"step": step})
    async with world.engine():
        run = await world.run("workflow: w\nactivity: stepp\n")
    assert run.failure is not None
    assert run.failure.code is Code.NOT_FOUND
    assert "did you mean 'step'" in run.failure.message


async def test_too_large_an_output_fails_its_node_by_name(store: Any) -> None:
    async def big(size: int) -> str:
        return "x" * size

    world = World(store, {"big": big}, settings=Settings(payload_limit=1_000, payload_warn=900))
    document = "workflow: w\nseq: [{activity: big, with: {size: '${ input.size }'}}]\n"
    async with world.engine():
        fits, over = await world.run(document, {"size": 998}), await world.run(document, {"size": 999})
    assert fits.status == "completed"
    assert over.failure is not None
    assert (over.failure.code, over.failure.path) == (Code.PAYLOAD_TOO_LARGE, "big")


async def test_a_secret_is_stored_nowhere(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAGZI_SECRET_TOKEN", "canary-93c1")
    seen: list[str] = []

    async def use(token: str) -> None:
        seen.append(token)
        raise ActivityError(f"refused {token}", code="Unauthorized", details={"sent": token})

    world = World(store, {"use": use})
    async with world.engine():
        run = await world.run("workflow: w\nactivity: use\nwith: {token: '${ secrets.TOKEN }'}\n")
        shown = await world.client.show(str(run.id))
    assert seen == ["canary-93c1"]
    assert "canary" not in repr((run, await store.journal(run.id), shown))
    assert shown.nodes[0].input == {"token": "***"}


async def test_cancelling_writes_who_asked_and_ends_the_run_as_cancelled(store: Any) -> None:
    gate, world = gated("a")
    world.store, world.client = store, World(store).client
    async with world.engine():
        run_id = await world.start(THREE)
        await gate.reached.wait()
        await world.client.cancel(str(run_id), "changed my mind")
        run = await world.client.wait(run_id)
    assert run.status == "cancelled"
    assert run.failure is not None
    assert run.failure.message == "changed my mind"
    kinds = [entry.type for entry in await store.journal(run_id)]
    assert EntryType.CANCEL_REQUESTED in kinds


async def test_a_run_cancelled_before_anybody_took_it_up_runs_nothing_and_ends(store: Any) -> None:
    gate, world = gated("")
    world.store, world.client = store, World(store).client
    run_id = await world.start(THREE)
    await world.client.cancel(str(run_id), "never mind")
    async with world.engine():
        run = await world.client.wait(run_id)
    assert run.status == "cancelled"
    assert gate.calls == []
    assert [entry.type for entry in await store.journal(run_id)] == [EntryType.CANCEL_REQUESTED, EntryType.RUN_ENDED]


async def test_what_may_have_to_be_undone_does_not_begin_before_it_is_stored_that_the_run_did(store: Any) -> None:
    undoable = """
workflow: undoable
saga:
  - {id: a, activity: step, with: {name: a}, compensate: {activity: step, with: {name: undo}}}
"""
    gate, world = gated("a")
    world.store, world.client = store, World(store).client
    async with world.engine():
        run_id = await world.start(undoable)
        await gate.reached.wait()
        assert [entry.type for entry in await store.journal(run_id)] == [EntryType.RUN_STARTED]


async def test_what_had_begun_is_not_begun_again_for_a_run_that_is_to_be_cancelled(store: Any) -> None:
    gate, world = gated("b")
    world.store, world.client = store, World(store).client
    engine = await world.engine().__aenter__()
    run_id = await world.start(THREE)
    await gate.reached.wait()
    await world.crash(engine)
    await world.client.cancel(str(run_id), "never mind")
    gate.closed_at = ""
    async with world.engine():
        run = await world.client.wait(run_id)
    assert (run.status, gate.calls) == ("cancelled", ["a", "b"])
    [ended] = [entry for entry in await store.journal(run_id) if entry.path == "b"]
    assert ended.failure is not None
    assert (ended.status, ended.failure.outcome) == ("cancelled", "unknown")


async def test_a_lost_lease_ends_the_engine_and_lets_every_run_go(store: Any) -> None:
    gate, world = gated("a")
    world.store, world.client = store, World(store).client
    settings = Settings(poll=0.05, lease_ms=300)
    falling = FallingSilent(store)
    engine = Engine(falling, world.registry, settings=settings)
    async with engine:
        await world.start(THREE)
        await gate.reached.wait()
        falling.silent.set()
        with pytest.raises(Exception, match="lease"):
            await engine.failed
        assert not engine.live
    assert gate.calls == ["a"]


async def test_a_renewal_during_which_everything_stood_still_is_made_again(store: Any) -> None:
    class StandingStill(FallingSilent):
        renewed = asyncio.Event()

        async def renew(self, worker_id: Any) -> int | None:
            if not self.silent.is_set():
                self.silent.set()
                await asyncio.Event().wait()
            self.renewed.set()
            return time.time_ns() // 1_000_000

    world = World(store, {"step": step}, settings=Settings(poll=0.05, lease_ms=300))
    async with Engine(StandingStill(store), world.registry, settings=world.settings) as engine:
        renewed = asyncio.ensure_future(StandingStill.renewed.wait())
        await asyncio.wait({renewed, engine.failed}, return_when=asyncio.FIRST_COMPLETED)
        assert renewed.done()
        assert not engine.failed.done()
        assert (await world.run(THREE)).status == "completed"


async def at_rest(store: Any, run_id: Any, status: str) -> None:
    """Returns when the run was parked."""
    while (await store.run(run_id)).status != status:  # noqa: ASYNC110 – the store has nothing to wait on
        await asyncio.sleep(0)


class Silent:
    """A store whose database does not answer a renewal."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def renew(self, worker_id: Any) -> int | None:
        await asyncio.Event().wait()
        return None


class FallingSilent(Silent):
    """A store that prolongs leases without asking anybody, however slow the machine is, until it falls silent."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.silent = asyncio.Event()

    async def register(self, worker: NewWorker) -> None:
        await self._store.register(replace(worker, lease_ms=3_600_000))

    async def renew(self, worker_id: Any) -> int | None:
        return await super().renew(worker_id) if self.silent.is_set() else time.time_ns() // 1_000_000


async def test_a_defect_of_the_interpreter_costs_one_run_and_not_its_neighbours(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = Machine.feed

    def broken(self: Machine, event: Any) -> Any:
        if self.workflow.name == "cursed" and isinstance(event, NodeCompleted):
            raise ZeroDivisionError("a defect")
        return feed(self, event)

    monkeypatch.setattr(Machine, "feed", broken)
    world = World(store, {"step": step})
    async with world.engine() as engine:
        cursed = await world.start(THREE.replace("three", "cursed"))
        run = await world.run(THREE)
        failed = await world.client.wait(cursed)
        assert not engine.failed.done()
    assert run.status == "completed"
    assert (failed.status, failed.failure.type) == ("failed", "Poisoned")
    journal = await store.journal(cursed)
    assert journal[-1].type is EntryType.RUN_ENDED
    monkeypatch.setattr(Machine, "feed", feed)
    assert await store.reopen(cursed)
    async with world.engine():
        assert (await world.client.wait(cursed)).status == "completed"


async def test_stopping_ends_although_the_database_is_gone(store: Any) -> None:
    world = World(store, {"step": step})
    engine = Engine(Gone(store), world.registry, settings=world.settings)
    await engine.__aenter__()
    engine.writer.put(Write(run_id=uuid7(), fence=1), lambda refused: None)
    await engine.stop()


class Gone(Silent):
    """A store whose database cannot be reached when something is to be committed."""

    async def commit(self, owner: Any, writes: Any) -> Any:
        raise DatabaseUnavailable("gone")


async def test_a_missing_secret_is_told_by_its_variable(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAGZI_SECRET_TOKEN", raising=False)
    world = World(store, {"step": step})
    document = "workflow: w\nseq: [{activity: step, with: {name: 'a ${ secrets.TOKEN }'}}]\n"
    async with world.engine():
        run = await world.run(document)
    assert run.failure is not None
    assert (run.failure.code, run.failure.type) == (Code.PRECONDITION_FAILED, "MissingSecret")
    assert "KAGZI_SECRET_TOKEN" in run.failure.message
