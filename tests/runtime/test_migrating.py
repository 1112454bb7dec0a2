"""Moving runs to changed definitions: worked on, parked, or waiting for somebody."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from patience import PATIENCE
from runtime.world import World, linked, until

from kagzi_dsl import InputError, RunConflict
from kagzi_dsl.payload import dumps, loads
from kagzi_dsl.runtime.core.journal import EntryType
from kagzi_dsl.runtime.migrating import REASON
from kagzi_dsl.runtime.steward import steward
from kagzi_dsl.runtime.store.records import NewMessage, RunFilter

OLD = """
workflow: w
version: "1"
seq:
  - {id: a, activity: act, with: {name: a}}
  - {id: b, activity: act, with: {name: b}}
  - {id: c, activity: act, with: {name: c}}
"""
NEW = OLD.replace('version: "1"', 'version: "2"').replace("name: c}", "name: changed}")
OTHER_ORDER = OLD.replace("id: a, activity: act, with: {name: a}", "id: z, activity: act, with: {name: z}")
WAITS = "workflow: w\nseq:\n  - {id: a, activity: act, with: {name: a}}\n  - {id: b, wait_for: go}\n"


class Acts:
    """Notes every call; `b` waits until it is let go."""

    def __init__(self, store: Any) -> None:
        self.calls: list[str] = []
        self.began, self.go = asyncio.Event(), asyncio.Event()

        async def act(name: str) -> str:
            self.calls.append(name)
            if name == "b":
                self.began.set()
                await self.go.wait()
            return name

        self.world = World(store, {"act": act})


async def test_a_run_is_moved_when_what_it_was_doing_has_ended(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    async with acts.world.engine():
        run_id = await acts.world.start(OLD)
        await acts.began.wait()
        moving = asyncio.create_task(client.migrate(str(run_id), linked(NEW), timeout=PATIENCE))

        async def paused() -> bool:
            return EntryType.RUN_PAUSED in [entry.type for entry in await store.journal(run_id)]

        await until(paused)
        acts.go.set()
        moved = await moving
        run = await client.wait(run_id)
    assert (moved.version, moved.digest) == ("2", linked(NEW).digests["w"])
    assert (run.status, run.output, acts.calls) == ("completed", '"changed"', ["a", "b", "changed"])
    types = [entry.type for entry in await store.journal(run_id)]
    assert types.count(EntryType.RUN_MIGRATED) == 1
    assert types.index(EntryType.RUN_PAUSED) < types.index(EntryType.RUN_MIGRATED) < types.index(EntryType.RUN_UNPAUSED)
    assert (await client.verify(str(run_id)))[1].ok
    assert [node.status for node in (await client.show(str(run_id))).nodes] == ["completed"] * 4


async def test_a_run_nobody_works_on_is_moved_at_once(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    acts.go.set()
    run_id = await acts.world.start(OLD)
    assert (await client.migrate(str(run_id), linked(NEW))).status == "pending"
    async with acts.world.engine():
        assert (await client.wait(run_id)).output == '"changed"'


async def test_a_run_that_waits_goes_on_waiting_by_its_new_definition(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    async with acts.world.engine():
        run_id = await acts.world.start(WAITS)
        while (await store.run(run_id)).status != "waiting":  # noqa: ASYNC110
            await asyncio.sleep(0)
        await client.migrate(str(run_id), linked(WAITS + "  - {id: c, activity: act, with: {name: c}}\n"))
        await client.signal(str(run_id), "go", 1)
        assert (await client.wait(run_id)).output == '"c"'
    assert acts.calls == ["a", "c"]


async def test_a_paused_run_stays_paused_when_it_is_moved(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    run_id = await acts.world.start(OLD)
    await client.pause(str(run_id))
    assert (await client.migrate(str(run_id), linked(NEW))).status == "paused"
    acts.go.set()
    async with acts.world.engine():
        await client.unpause(str(run_id))
        assert (await client.wait(run_id)).output == '"changed"'


async def test_a_run_may_be_over_by_its_new_definition(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    shorter = "workflow: w\nseq:\n  - {id: a, activity: act, with: {name: a}}\n"
    async with acts.world.engine():
        run_id = await acts.world.start(WAITS)
        while (await store.run(run_id)).status != "waiting":  # noqa: ASYNC110
            await asyncio.sleep(0)
        moved = await client.migrate(str(run_id), linked(shorter))
    assert (moved.status, moved.output) == ("completed", '"a"')
    assert [node.path for node in (await client.show(str(run_id))).nodes] == ["seq", "a"]
    assert (await client.verify(str(run_id)))[1].ok


async def test_a_finished_node_that_does_not_stand_where_it_stood_forbids_it(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    async with acts.world.engine():
        run_id = await acts.world.start(OLD)
        await acts.began.wait()
        for dry_run in (True, False):
            with pytest.raises(RunConflict, match="'a' has completed, and in the new definition it does not come"):
                await client.migrate(str(run_id), linked(OTHER_ORDER), dry_run=dry_run)
        await client.migrate(str(run_id), linked(NEW), dry_run=True)
        acts.go.set()
        run = await client.wait(run_id)
    assert (run.output, run.version) == ('"c"', "1")
    assert EntryType.RUN_PAUSED not in [entry.type for entry in await store.journal(run_id)]


async def test_a_run_that_is_busy_for_too_long_is_left_as_it_is(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    async with acts.world.engine():
        run_id = await acts.world.start(OLD)
        await acts.began.wait()
        with pytest.raises(RunConflict, match="is still at work on something it began"):
            await client.migrate(str(run_id), linked(NEW), timeout=0.05)
        acts.go.set()
        run = await client.wait(run_id)
    assert (run.status, run.output, run.version) == ("completed", '"c"', "1")


async def test_what_cannot_be_moved_is_said(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    run_id = await acts.world.start(OLD)
    with pytest.raises(RunConflict, match="goes by this definition already"):
        await client.migrate(str(run_id), linked(OLD))
    with pytest.raises(RunConflict, match="is one of w, and the new definition is one of v"):
        await client.migrate(str(run_id), linked(OLD.replace("workflow: w", "workflow: v")))
    with pytest.raises(InputError):
        await client.migrate(str(run_id), linked("workflow: w\ninput: {type: object, required: [n]}\nset: 1\n"))
    await client.terminate(str(run_id))
    with pytest.raises(RunConflict, match="is cancelled; only a run that is not over can be moved"):
        await client.migrate(str(run_id), linked(NEW))


async def test_further_defaults_of_the_input_are_filled_in(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    run_id = await acts.world.start("workflow: w\nset: 1\n", {"n": 1})
    new = "workflow: w\ninput: {type: object, properties: {m: {type: integer, default: 2}}}\nset: ${ input.m }\n"
    moved = await client.migrate(str(run_id), linked(new))
    assert loads(moved.input) == {"n": 1, "m": 2}
    async with acts.world.engine():
        assert (await client.wait(run_id)).output == "2"


async def test_a_call_that_is_not_over_must_still_be_made(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    caller = "workflow: caller\nseq: [{id: it, call: w}]\n"
    async with acts.world.engine():
        run_id = await acts.world.start(caller, None, OLD)
        await acts.began.wait()
        with pytest.raises(RunConflict, match="'it' has called w, which is not over"):
            await client.migrate(str(run_id), linked("workflow: caller\nseq: [{id: it, set: 1}]\n"))
        acts.go.set()
        assert (await client.wait(run_id)).status == "completed"


CALLER = "workflow: caller\nseq: [{id: it, call: w}]\n"
CALLED = "workflow: w\nseq: [{id: x, wait_for: go}]\n"


async def test_child_runs_go_on_when_the_run_that_called_them_was_moved(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client

    async def both_wait() -> bool:
        runs = await store.list_runs(RunFilter(root_id=run_id))
        return [run.status for run in runs] == ["waiting", "waiting"]

    async with acts.world.engine():
        run_id = await acts.world.start(CALLER, None, CALLED)
        await until(both_wait)
        await client.migrate(str(run_id), linked(CALLER + "output: {it: '${ steps.it }'}\n"))
        await client.signal(f"{run_id}/it", "go", 1)
        assert (await client.wait(run_id, timeout=PATIENCE)).output == '{"it":1}'


@pytest.mark.parametrize("worked_on", [True, False])
async def test_a_move_that_died_while_it_held_the_run_is_made_by_the_next(store: Any, worked_on: bool) -> None:
    acts = Acts(store)
    client = acts.world.client
    acts.go.set()
    run_id = await acts.world.start(OLD)
    await client.tell([await client.run(str(run_id))], "pause", REASON)
    async with steward(store, client.library) as hand:
        assert await hand.take(run_id) is not None
        # It is retired with its run, as one whose process is found to be gone.
    if worked_on:
        async with acts.world.engine():
            await until(lambda: _is(store, run_id, "paused"))
    moved = await client.migrate(str(run_id), linked(NEW), timeout=PATIENCE)
    assert (moved.version, moved.status) == ("2", "pending")
    async with acts.world.engine():
        assert (await client.wait(run_id)).output == '"changed"'
    assert (await client.verify(str(run_id)))[1].ok


async def _is(store: Any, run_id: UUID, status: str) -> bool:
    return bool((await store.run(run_id)).status == status)


async def test_a_pause_of_a_move_that_nobody_had_obeyed_is_forgotten_with_the_move(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    acts.go.set()
    run_id = await acts.world.start(OLD)
    for _ in range(2):  # by two that died before they could do more
        await store.send([NewMessage(run_id=run_id, kind="pause", payload=dumps(REASON))])
    assert (await client.migrate(str(run_id), linked(NEW))).status == "pending"
    async with acts.world.engine():
        assert (await client.wait(run_id)).output == '"changed"'
    types = [entry.type for entry in await store.journal(run_id)]
    assert types.count(EntryType.RUN_PAUSED) == types.count(EntryType.RUN_UNPAUSED) == 1


SLOTTED = OLD.replace("seq:", "run: {concurrency: [{limit: 1}, {key: one, limit: 1}]}\nseq:")
SLOTTED_NEW = NEW.replace("seq:", "run: {concurrency: [{limit: 1}, {key: one, limit: 1}]}\nseq:")


@pytest.mark.parametrize(("old", "new", "queue_limit"), [(OLD, NEW, 1), (SLOTTED, SLOTTED_NEW, None)])
async def test_moved_runs_keep_their_slots_and_their_places_in_line(
    store: Any, old: str, new: str, queue_limit: int | None
) -> None:
    acts = Acts(store)
    client = acts.world.client
    await client.limit_queue("default", concurrency=queue_limit)
    async with acts.world.engine():
        first = await acts.world.start(old)
        await acts.began.wait()
        second, third = [await acts.world.start(old) for _ in range(2)]
        waits = [one.kind for one in (await client.waits_for([await store.run(second)]))[second]]
        # One in line is moved, and stays in line.
        assert (await client.migrate(str(second), linked(new))).status == "pending"
        moving = asyncio.create_task(client.migrate(str(first), linked(new), timeout=PATIENCE))
        await until(lambda: _paused(store, first))
        for run_id in (second, third):
            assert [one.kind for one in (await client.waits_for([await store.run(run_id)]))[run_id]] == waits
        assert acts.calls == ["a", "b"]
        [state] = await client.queues()
        assert (state.slots, state.depth) == (1, 2)
        acts.go.set()
        await moving
        over = [await client.wait(run_id, timeout=PATIENCE) for run_id in (first, second, third)]
    assert [run.output for run in over] == ['"changed"', '"changed"', '"c"']
    assert acts.calls == ["a", "b", "changed", "a", "b", "changed", "a", "b", "c"]
    assert [(await client.verify(str(run.id)))[1].ok for run in over] == [True] * 3


async def _paused(store: Any, run_id: UUID) -> bool:
    return EntryType.RUN_PAUSED in [entry.type for entry in await store.journal(run_id)]


async def test_a_run_that_is_for_later_takes_no_slot_before_when_it_is_moved_or_paused(store: Any) -> None:
    acts = Acts(store)
    client = acts.world.client
    acts.go.set()
    await client.limit_queue("default", concurrency=1)
    moved, paused = [(await client.start(linked(OLD), delay=3600)).run_id for _ in range(2)]
    await client.migrate(str(moved), linked(NEW))
    await client.pause(str(paused))
    await client.unpause(str(paused))
    async with acts.world.engine():
        assert (await client.wait(await acts.world.start(OLD), timeout=PATIENCE)).status == "completed"
        for run_id in (moved, paused):
            run = await store.run(run_id)
            assert (run.owner, run.started_at, run.available_at) == (None, None, run.start_at)
