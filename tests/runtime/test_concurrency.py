"""Limits of workflows, from the document to who is at work."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from patience import PATIENCE
from runtime.world import SETTINGS, World, linked

from kagzi_dsl.errors import InputError
from kagzi_dsl.runtime.core.journal import EntryType
from kagzi_dsl.runtime.store.limits import Rate
from kagzi_dsl.runtime.store.records import ENDED, NewMessage

TENANTS = """
workflow: tenants
input: {type: object, properties: {tenant: {}}}
run: {concurrency: [{limit: 3}, {key: "${ input.tenant }", limit: 2}]}
activity: work
with: {name: "${ input.tenant }"}
"""


class Gauge:
    """An activity that knows how many of each name are at it; nobody leaves before there were so many `together`."""

    def __init__(self, expected: int = 1) -> None:
        self.expected = expected
        self.full = asyncio.Event()
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.together = 0
        self.began = asyncio.Event()

    def world(self, store: Any) -> World:
        async def work(name: Any = "") -> str:
            self.began.set()
            self.now[str(name)] += 1
            self.most |= self.now
            self.together = max(self.together, self.now.total())
            if self.together >= self.expected:
                self.full.set()
            await self.full.wait()
            await asyncio.sleep(0.01)
            self.now[str(name)] -= 1
            return str(name)

        return World(store, {"work": work})


async def test_no_more_runs_of_a_workflow_or_a_key_are_at_work_than_its_document_says(store: Any) -> None:
    gauge = Gauge(expected=3)
    world = gauge.world(store)
    async with world.engine(), world.engine():
        runs = [await world.start(TENANTS, {"tenant": name}) for name in ["ada"] * 5 + ["ben", 7, "cyd"]]
        over = [await world.client.wait(run_id) for run_id in runs]
    assert [run.status for run in over] == ["completed"] * 8
    assert gauge.together == 3
    assert gauge.most == {"ada": 2, "ben": 1, "7": 1, "cyd": 1}
    assert [run.concurrency.key for run in over[4:]] == ["ada", "ben", "7", "cyd"]


@pytest.mark.parametrize(
    ("tenant", "told"),
    [
        (None, "the concurrency key '${ input.tenant }' must give a text or a number, not null"),
        ("", 'must give a text or a number, not ""'),
        (True, "must give a text or a number, not true"),
        ([1], "must give a text or a number, not a list"),
        ({}, "must give a text or a number, not an object"),
        ("x" * 256, "gives 256 characters; it may have 255"),
    ],
)
async def test_an_input_that_gives_no_key_starts_no_run(store: Any, tenant: Any, told: str) -> None:
    world = World(store)
    with pytest.raises(InputError) as raised:
        await world.client.start(linked(TENANTS), {"tenant": tenant})
    assert told in str(raised.value)


async def test_a_call_whose_input_gives_no_key_fails(store: Any) -> None:
    gauge = Gauge()
    world = gauge.world(store)
    async with world.engine():
        run = await world.run("workflow: caller\ncall: tenants\n", None, TENANTS)
    assert run.failure is not None
    assert (run.failure.code, "concurrency key" in run.failure.message) == ("InvalidArgument", True)


NESTED = """
workflow: nested
input: {type: object, properties: {depth: {type: integer, default: 3}, key: {type: string, default: a}}}
run: {concurrency: [{limit: 1}, {key: "${ input.key }", limit: 1}]}
switch:
  - when: input.depth > `0`
    do: {call: nested, with: {depth: "${ sub(input.depth, `1`) }", key: "${ input.key }"}}
  - else: {activity: work}
"""


async def test_a_workflow_that_calls_itself_waits_for_no_slot_it_holds(store: Any) -> None:
    gauge = Gauge()
    world = gauge.world(store)
    await world.client.limit_queue("default", concurrency=1)
    async with world.engine():
        runs = [await world.start(NESTED, {"key": key}) for key in ("a", "b")]
        over = [await world.client.wait(run_id) for run_id in runs]
    assert [run.status for run in over] == ["completed", "completed"]
    assert gauge.together == 1


FAN = """
workflow: fan
foreach: "${ range(`0`, `6`) }"
do: {call: limited, with: {n: "${ item }"}}
"""
LIMITED = """
workflow: limited
queue: narrow
input: {type: object}
activity: work
"""


async def test_runs_that_are_called_on_a_limited_queue_take_turns(store: Any) -> None:
    gauge = Gauge(expected=2)
    world = gauge.world(store)
    await world.client.limit_queue("narrow", concurrency=2)
    async with world.engine():
        run = await world.run(FAN, None, LIMITED)
    assert (run.status, gauge.together) == ("completed", 2)


ONE_AT_A_TIME = """
workflow: one-at-a-time
run: {concurrency: {limit: 1}}
seq:
  - {id: before, activity: work}
  - {wait_for: go}
  - {id: after, activity: work}
"""


async def test_a_run_in_line_can_be_paused_and_ended_and_takes_no_slot_by_that(store: Any) -> None:
    gauge = Gauge()
    world = gauge.world(store)
    async with world.engine():
        first = await world.start(ONE_AT_A_TIME)
        await gauge.began.wait()
        paused, ended, last = [await world.start(ONE_AT_A_TIME) for _ in range(3)]
        await world.client.pause(str(paused))
        await world.client.terminate(str(ended))
        for run_id, status in ((paused, "paused"), (ended, "cancelled")):
            while (await store.run(run_id)).status != status:  # noqa: ASYNC110 – the engine may be the one who tells it
                await asyncio.sleep(0.01)
        await world.client.signal(str(first), "go")
        await world.client.wait(first)
        await world.client.signal(str(last), "go")
        assert (await world.client.wait(last)).status == "completed"
        await world.client.unpause(str(paused))
        await world.client.signal(str(paused), "go")
        assert (await world.client.wait(paused)).status == "completed"
    assert gauge.together == 1


async def test_a_run_in_line_that_is_cancelled_ends_at_once_and_never_begins(store: Any) -> None:
    gauge = Gauge()
    world = gauge.world(store)
    async with world.engine():
        first = await world.start(ONE_AT_A_TIME)
        await asyncio.wait_for(gauge.began.wait(), timeout=20)
        paused, cancelled, last = [await world.start(ONE_AT_A_TIME) for _ in range(3)]
        await world.client.pause(str(paused))
        for run_id in (paused, cancelled):
            await world.client.cancel(str(run_id), "no need")  # or the worker, which is told of it too
            assert (await world.client.wait(run_id, timeout=20)).status == "cancelled"
        # Whoever cancels may die when it has said so: then a worker finds it, which has no slot for it either.
        await store.send([NewMessage(run_id=last, kind="cancel", payload='"no need"')])
        assert (await world.client.wait(last, timeout=20)).status == "cancelled"
        assert (await store.run(first)).status not in ENDED
    for run_id in (cancelled, last):
        run, verified = await world.client.verify(str(run_id))
        assert verified.ok
        assert (run.failure.code, run.failure.message) == ("Cancelled", "no need")
        journal = await store.journal(run_id)
        assert [entry.type for entry in journal] == [EntryType.CANCEL_REQUESTED, EntryType.RUN_ENDED]


async def test_a_run_that_was_cancelled_before_it_began_begins_when_it_is_retried(store: Any) -> None:
    gauge = Gauge()
    world = gauge.world(store)
    cancelled = await world.start(ONE_AT_A_TIME)
    await world.client.cancel(str(cancelled))
    await world.client.retry(str(cancelled))
    async with world.engine():
        await world.client.signal(str(cancelled), "go")
        assert (await world.client.wait(cancelled, timeout=20)).status == "completed"
    assert (await world.client.verify(str(cancelled)))[1].ok


SENDER = "workflow: sender\nforeach: '${ range(`0`, `6`) }'\ndo: {activity: work, queue: mail}\n"
MAIL = "workflow: mail\nqueue: mail\nactivity: work\n"


@pytest.mark.parametrize("limits", [{"concurrency": 1}, {"rate": Rate(2, 100)}], ids=["slots", "rate"])
async def test_attempts_and_runs_that_wait_begin_as_soon_as_there_is_room(store: Any, limits: dict[str, Any]) -> None:
    gauge = Gauge()
    world = gauge.world(store)
    world.settings = replace(SETTINGS, poll=3600)
    await world.client.limit_queue("mail", **limits)
    async with world.engine():
        documents = [MAIL, SENDER, MAIL]
        runs = [await world.start(document) for document in documents]
        over = [await world.client.wait(run_id, timeout=PATIENCE) for run_id in runs]
    assert [run.status for run in over] == ["completed"] * 3
    if "concurrency" in limits:
        assert gauge.together == 1
