"""Activities of another queue, on both stores: who makes their attempts, and what becomes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from patience import PATIENCE
from runtime.world import SETTINGS, World

from kagzi_dsl import ActivityContext, ActivityError, activity
from kagzi_dsl.errors import Code
from kagzi_dsl.runtime.core.journal import EntryType
from kagzi_dsl.runtime.engine import Engine
from kagzi_dsl.runtime.offer import Offer
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.worker import Worker, WorkerOptions

RENDER = """
workflow: film
input: {type: object, properties: {scene: {type: integer, default: 1}}}
seq:
  - {id: name, activity: choose}
  - {id: picture, activity: render, queue: gpu, with: {scene: "${ input.scene }", name: "${ steps.name }"}}
"""


async def choose() -> str:
    return "alps"


def serving(world: World, queue: str, **options: Any) -> AbstractAsyncContextManager[Engine]:
    """An engine that works for one queue, as a worker does."""
    offer = Offer(world.store, world.registry, namespace="default", queues=[queue])
    return world.engine(offer=offer, **options)


class Held:
    """An activity that is held until it is let go."""

    def __init__(self) -> None:
        self.calls: list[ActivityContext] = []
        self.began = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = False

    async def __call__(self, context: ActivityContext) -> int:
        self.calls.append(context)
        self.began.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return len(self.calls)

    def activity(self, **options: Any) -> Callable[..., Any]:
        async def held(context: ActivityContext) -> int:
            return await self(context)

        return activity(name="held", **options)(held)


HELD = "workflow: w\nseq:\n  - {id: held, activity: held, queue: gpu}\n"


async def until(condition: Callable[[], Any]) -> None:
    """Returns when the condition holds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)


async def test_an_activity_runs_on_a_worker_of_its_queue_and_the_result_comes_back(store: Any) -> None:
    async def render(scene: int, name: str, context: ActivityContext) -> str:
        assert context.attempt == 1
        return f"{name} {scene}"

    orders, gpu = World(store, {"choose": choose}), World(store, {"render": render})
    async with serving(orders, "default"), serving(gpu, "gpu"):
        run = await orders.run(RENDER, {"scene": 3})
    assert (run.status, run.output) == ("completed", '"alps 3"')
    entries = [e for e in await store.journal(run.id) if e.type is EntryType.NODE_COMPLETED]
    assert [e.path for e in entries] == ["name", "picture"]
    assert await store.tasks.of(run.id) == []


async def test_while_another_worker_is_at_it_the_run_is_put_down(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity()})
    async with serving(orders, "default") as owner, serving(gpu, "gpu"):
        run_id = await orders.start(HELD)
        await held.began.wait()

        async def parked() -> bool:
            run = await store.run(run_id)
            return run.status == "waiting" and run.owner is None

        await until(parked)
        assert not owner.live
        assert [task.path for task in await store.tasks.of(run_id)] == ["held"]
        held.release.set()
        assert (await orders.client.wait(run_id)).output == "1"
    assert held.calls[0].run_id == str(run_id)
    assert held.calls[0].idempotency_key == f"{run_id}:held"


async def test_retries_go_by_the_policy_of_whoever_has_the_activity(store: Any) -> None:
    seen: list[tuple[int, str]] = []

    @activity(retry={"max_attempts": 3, "initial_interval": "20ms"})
    async def flaky(context: ActivityContext) -> str:
        seen.append((context.attempt, context.idempotency_key))
        if len(seen) < 3:
            raise ActivityError("busy", code="Unavailable")
        return "done"

    orders, gpu = World(store), World(store, {"flaky": flaky})
    async with serving(orders, "default"), serving(gpu, "gpu"):
        run = await orders.run("workflow: w\nseq:\n  - {activity: flaky, queue: gpu}\n")
    assert run.output == '"done"'
    assert [attempt for attempt, _ in seen] == [1, 2, 3]
    assert len({key for _, key in seen}) == 1
    failed = [e for e in await store.journal(run.id) if e.type is EntryType.ATTEMPT_FAILED]
    assert [(e.attempt, e.failure.message) for e in failed if e.failure] == [(1, "busy"), (2, "busy")]


async def test_a_node_s_own_policy_goes_before_the_decorator_s(store: Any) -> None:
    calls: list[int] = []

    @activity(retry={"max_attempts": 9, "initial_interval": "10ms"})
    async def flaky() -> None:
        calls.append(1)
        raise ActivityError("busy", code="Unavailable")

    orders, gpu = World(store), World(store, {"flaky": flaky})
    document = "workflow: w\nseq:\n  - {activity: flaky, queue: gpu, retry: {max_attempts: 2}}\n"
    async with serving(orders, "default"), serving(gpu, "gpu"):
        run = await orders.run(document)
    assert run.status == "failed"
    assert len(calls) == 2


async def test_the_timeout_counts_from_when_the_attempt_is_taken_up(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity()})
    document = HELD.replace("queue: gpu", "queue: gpu, timeout: 300ms, retry: {max_attempts: 1}")
    async with serving(orders, "default"):
        run_id = await orders.start(document)

        async def waited_longer() -> bool:
            now = await store.now()
            return any(now > task.created_at + 350 for task in await store.tasks.of(run_id))

        await until(waited_longer)
        async with serving(gpu, "gpu"):
            run = await orders.client.wait(run_id)
    assert run.failure is not None
    assert (run.failure.code, run.failure.path) == (Code.TIMEOUT, "held")
    assert held.cancelled


async def test_an_activity_that_falls_silent_times_out_there(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity()})
    document = HELD.replace("queue: gpu", "queue: gpu, heartbeat: 50ms, retry: {max_attempts: 1}")
    async with serving(orders, "default"), serving(gpu, "gpu"):
        run = await orders.run(document)
    assert run.failure is not None
    assert run.failure.message == "no heartbeat within 50ms"


async def test_when_its_worker_dies_another_makes_the_attempt_under_the_same_key(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity()})
    dying = serving(gpu, "gpu")
    assert isinstance(dying, Engine)
    await dying.__aenter__()
    async with serving(orders, "default"):
        run_id = await orders.start(HELD)
        await held.began.wait()
        await gpu.crash(dying)
        held.release.set()
        async with serving(gpu, "gpu"):
            run = await orders.client.wait(run_id)
    assert run.output == "2"
    assert [context.attempt for context in held.calls] == [1, 1]
    assert len({context.idempotency_key for context in held.calls}) == 1


async def test_an_at_most_once_activity_is_not_made_twice(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity(at_most_once=True)})
    dying = serving(gpu, "gpu")
    assert isinstance(dying, Engine)
    await dying.__aenter__()
    async with serving(orders, "default"):
        run_id = await orders.start(HELD)
        await held.began.wait()
        await gpu.crash(dying)
        async with serving(gpu, "gpu"):
            run = await orders.client.wait(run_id)
    assert run.failure is not None
    assert run.failure.code is Code.INTERRUPTED
    assert len(held.calls) == 1


async def test_when_the_owner_dies_the_result_reaches_the_next_one(store: Any) -> None:
    held = Held()
    orders = World(store, settings=replace(SETTINGS, linger=60))
    gpu = World(store, {"held": held.activity()})
    dying = orders.engine(offer=Offer(store, orders.registry, namespace="default", queues=["default"]))
    await dying.__aenter__()
    async with serving(gpu, "gpu"):
        run_id = await orders.start(HELD)
        await held.began.wait()
        assert run_id in dying.live
        await orders.crash(dying)
        held.release.set()

        async def answered() -> bool:
            return bool(await store.unread(run_id))

        await until(answered)
        async with serving(orders, "default"):
            run = await orders.client.wait(run_id)
    assert run.output == "1"
    assert len(held.calls) == 1


async def test_whoever_takes_the_run_over_waits_for_the_attempt_that_is_out(store: Any) -> None:
    held = Held()
    orders = World(store, settings=replace(SETTINGS, linger=60))
    gpu = World(store, {"held": held.activity()})
    dying = orders.engine(offer=Offer(store, orders.registry, namespace="default", queues=["default"]))
    await dying.__aenter__()
    async with serving(gpu, "gpu"):
        run_id = await orders.start(HELD)
        await held.began.wait()
        await orders.crash(dying)
        async with serving(World(store), "default"):

            async def parked() -> bool:
                run = await store.run(run_id)
                return run.status == "waiting" and run.owner is None

            await until(parked)
            held.release.set()
            run = await orders.client.wait(run_id)
    assert run.output == "1"
    assert len(held.calls) == 1


CANCELLED = """
workflow: w
saga:
  - {id: held, activity: held, queue: gpu, compensate: {activity: undo}}
"""


async def undo() -> str:
    return "undone"


async def test_a_cancellation_reaches_the_worker_that_is_at_it(store: Any) -> None:
    held = Held()
    orders, gpu = World(store, {"undo": undo}), World(store, {"held": held.activity()})
    async with serving(orders, "default"), serving(gpu, "gpu"):
        run_id = await orders.start(CANCELLED)
        await held.began.wait()
        await orders.client.cancel(str(run_id))
        run = await orders.client.wait(run_id)
    assert run.status == "cancelled"
    assert held.cancelled
    # Whether it had happened is unknown, so it is undone.
    assert run.compensation == "completed"


async def test_what_nobody_has_begun_is_withdrawn_and_needs_no_compensation(store: Any) -> None:
    orders = World(store, {"undo": undo})
    async with serving(orders, "default"):
        run_id = await orders.start(CANCELLED)
        await until(lambda: store.tasks.of(run_id))
        await orders.client.cancel(str(run_id))
        run = await orders.client.wait(run_id)
    assert (run.status, run.compensation) == ("cancelled", "")
    assert await store.tasks.of(run_id) == []


async def test_a_cancellation_does_not_wait_for_a_dead_worker(store: Any) -> None:
    held = Held()
    orders, gpu = World(store, {"undo": undo}), World(store, {"held": held.activity()})
    dying = serving(gpu, "gpu")
    assert isinstance(dying, Engine)
    await dying.__aenter__()
    async with serving(orders, "default"):
        run_id = await orders.start(CANCELLED)
        await held.began.wait()
        await gpu.crash(dying)
        await orders.client.cancel(str(run_id))
        run = await orders.client.wait(run_id)
    assert (run.status, run.compensation) == ("cancelled", "completed")


async def test_a_worker_that_dies_after_it_was_told_to_stop_is_answered_for_by_any_other(store: Any) -> None:
    stubborn = asyncio.Event()

    async def held() -> None:
        stubborn.set()
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if gone.is_set():
                    raise

    gone = asyncio.Event()
    orders = World(store, {"undo": undo})
    gpu = World(store, {"held": held}, settings=replace(SETTINGS, stop_grace=60))
    dying = serving(gpu, "gpu")
    assert isinstance(dying, Engine)
    await dying.__aenter__()
    async with serving(orders, "default"):
        run_id = await orders.start(CANCELLED)
        await stubborn.wait()
        await orders.client.cancel(str(run_id))

        async def told() -> bool:
            return any(task.stopping for task in await store.tasks.of(run_id))

        await until(told)
        gone.set()
        await gpu.crash(dying)
        run = await orders.client.wait(run_id)
    assert (run.status, run.compensation) == ("cancelled", "completed")


async def test_the_end_of_a_run_stops_what_was_made_for_it(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity()})
    document = """
workflow: w
race:
  slow: {activity: held, queue: gpu}
  quick: {seq: [{sleep: 300ms}, {set: 1}]}
"""
    async with serving(orders, "default"), serving(gpu, "gpu") as maker:
        run = await orders.run(document)

        async def idle() -> bool:
            return not maker.busy

        await until(idle)
    assert run.status == "completed"
    assert held.cancelled or not held.calls


async def test_a_draining_worker_brings_its_attempts_to_their_end(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity()})
    worker = Worker(gpu.client, gpu.registry, WorkerOptions(queues=["gpu"], settings=SETTINGS))
    work = asyncio.ensure_future(worker.run())
    async with serving(orders, "default"):
        run_id = await orders.start(HELD)
        await held.began.wait()
        worker.stop()
        later = await orders.start(HELD)
        held.release.set()
        assert await work is True
        assert (await orders.client.wait(run_id)).output == "1"
        assert (await store.run(later)).status != "completed"


async def test_a_worker_that_lost_its_lease_has_its_answer_refused(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity()})
    zombie = serving(World(store, gpu.functions, settings=replace(SETTINGS, poll=60)), "gpu")
    assert isinstance(zombie, Engine)
    await zombie.__aenter__()
    async with serving(orders, "default"):
        run_id = await orders.start(HELD)
        zombie.wake()
        await held.began.wait()
        await store.retire([zombie.worker_id])
        other = Held()
        other.release.set()
        async with serving(World(store, {"held": other.activity()}), "gpu"):
            run = await orders.client.wait(run_id)
        held.release.set()

        async def idle() -> bool:
            return not zombie.busy

        await until(idle)
    await zombie.stop()
    assert run.output == "1"
    assert (len(held.calls), len(other.calls)) == (1, 1)
    assert [e.path for e in await store.journal(run_id) if e.type is EntryType.NODE_COMPLETED] == ["held"]


async def test_a_task_that_takes_its_worker_down_each_time_fails_in_the_end(store: Any) -> None:
    held = Held()
    orders = World(store)
    gpu = World(store, {"held": held.activity()}, settings=replace(SETTINGS, stall_limit=2))
    async with serving(orders, "default"):
        run_id = await orders.start(HELD)
        for _ in range(2):
            held.began.clear()
            dying = serving(gpu, "gpu")
            assert isinstance(dying, Engine)
            await dying.__aenter__()
            await held.began.wait()
            await gpu.crash(dying)
        async with serving(gpu, "gpu"):
            run = await orders.client.wait(run_id)
    assert run.failure is not None
    assert (run.failure.type, run.failure.path) == ("Poisoned", "held")
    assert len(held.calls) == 2


SECRET = """
workflow: w
input: {type: object, properties: {user: {type: string}, list: {type: array}}}
foreach: "${ input.list }"
do:
  activity: fetch
  queue: gpu
  with:
    header: "Basic ${ base64_encode(format('{}:{}', input.user, secrets.GPU_PASSWORD)) }"
    item: "${ item }"
    place: "${ index }"
"""


async def test_secrets_are_those_of_whoever_makes_the_attempt_and_are_never_stored(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers: list[tuple[str, int, int]] = []

    async def fetch(header: str, item: int, place: int) -> None:
        headers.append((header, item, place))

    orders, gpu = World(store), World(store, {"fetch": fetch})
    monkeypatch.delenv("KAGZI_SECRET_GPU_PASSWORD", raising=False)
    async with serving(orders, "default"):
        run_id = await orders.start(SECRET, {"user": "ada", "list": [7]})
        await until(lambda: store.tasks.of(run_id))
        [task] = await store.tasks.of(run_id)
        monkeypatch.setenv("KAGZI_SECRET_GPU_PASSWORD", "hunter22")
        async with serving(gpu, "gpu"):
            run = await orders.client.wait(run_id)
    assert run.status == "completed"
    assert headers == [("Basic YWRhOmh1bnRlcjIy", 7, 0)]
    assert "***" not in task.request
    assert "secrets" not in task.request
    assert "ada" in task.request


async def test_a_secret_that_is_missing_there_is_told_by_name(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fetch(header: str, item: int, place: int) -> None: ...

    monkeypatch.delenv("KAGZI_SECRET_GPU_PASSWORD", raising=False)
    orders, gpu = World(store), World(store, {"fetch": fetch})
    async with serving(orders, "default"), serving(gpu, "gpu"):
        run = await orders.run(SECRET, {"user": "ada", "list": [7]})
    assert run.failure is not None
    assert run.failure.type == "MissingSecret"


async def test_many_items_are_made_at_once(store: Any) -> None:
    running: list[int] = []
    most, full = 0, asyncio.Event()

    async def work(n: int) -> int:
        nonlocal most
        running.append(n)
        most = max(most, len(running))
        if most == 5:
            full.set()
        await full.wait()
        await asyncio.sleep(0.02)
        running.remove(n)
        return n * n

    document = """
workflow: w
foreach: "${ range(`0`, `40`) }"
limit: 20
do: {activity: work, queue: gpu, with: {n: "${ item }"}}
"""
    orders, gpu = World(store), World(store, {"work": work})
    async with serving(orders, "default"), serving(gpu, "gpu", settings=replace(SETTINGS, max_tasks=5)):
        run = await orders.run(document)
    assert run.output == str([n * n for n in range(40)]).replace(" ", "")
    assert most == 5


async def test_the_run_s_own_queue_named_at_a_node_changes_nothing(store: Any) -> None:
    made: list[UUID] = []

    class Noting(MemoryStore):
        async def commit(self, owner: Any, writes: Any) -> Any:
            made.extend(task.id for write in writes for task in write.tasks)
            return await super().commit(owner, writes)

    world = World(Noting(), {"choose": choose})
    async with world.engine():
        run = await world.run("workflow: w\nqueue: gpu\nseq:\n  - {activity: choose, queue: gpu}\n")
    assert run.output == '"alps"'
    assert made == []


async def test_a_transactional_activity_commits_with_its_answer(store: Any) -> None:
    @activity(transactional=True)
    async def pay(amount: int, context: ActivityContext) -> int:
        return amount

    orders, gpu = World(store), World(store, {"pay": pay})
    async with serving(orders, "default"), serving(gpu, "gpu"):
        run = await orders.run("workflow: w\nseq:\n  - {activity: pay, queue: gpu, with: {amount: 5}}\n")
    assert run.output == "5"


async def test_terminating_a_run_stops_what_is_made_for_it(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity()})
    async with serving(orders, "default"), serving(gpu, "gpu") as maker:
        run_id = await orders.start(HELD)
        await held.began.wait()
        await orders.client.terminate(str(run_id))
        run = await orders.client.wait(run_id)

        async def idle() -> bool:
            return not maker.busy

        await until(idle)
    assert run.status == "cancelled"
    assert held.cancelled
    assert await store.tasks.of(run_id) == []


async def test_an_answer_to_a_paused_run_waits_until_it_goes_on(store: Any) -> None:
    held = Held()
    orders, gpu = World(store), World(store, {"held": held.activity()})
    async with serving(orders, "default"), serving(gpu, "gpu") as maker:
        run_id = await orders.start(HELD)
        await held.began.wait()
        await orders.client.pause(str(run_id))

        async def paused() -> bool:
            return (await store.run(run_id)).status == "paused"

        await until(paused)
        held.release.set()

        async def idle() -> bool:
            return not maker.busy

        await until(idle)
        assert await paused()
        await orders.client.unpause(str(run_id))
        run = await orders.client.wait(run_id)
    assert (run.status, run.output, len(held.calls)) == ("completed", "1", 1)
