"""Workers on both stores: what they take up, how they stop, and what they tell supervisors."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import httpx
from patience import PATIENCE
from runtime.world import SETTINGS, World, linked

from kagzi_dsl import ActivityError, Client, Retry, activity
from kagzi_dsl.runtime.health import health_server
from kagzi_dsl.runtime.worker import Worker, WorkerOptions

GPU = "workflow: render\nqueue: gpu\nactivity: draw\n"
PLAIN = "workflow: plain\nactivity: count\n"
TWO = "workflow: two\nseq:\n  - {id: a, activity: slow}\n  - {id: b, activity: slow}\n"


def worker(world: World, **options: Any) -> Worker:
    return Worker(world.client, world.registry, WorkerOptions(settings=SETTINGS, **options))


class Slow:
    """An activity that is held until it is let go."""

    def __init__(self) -> None:
        self.calls = 0
        self.began = asyncio.Event()
        self.release = asyncio.Event()

    def world(self, store: Any) -> World:
        async def slow() -> int:
            self.calls += 1
            self.began.set()
            await self.release.wait()
            return self.calls

        return World(store, {"slow": slow})


async def test_a_worker_takes_up_the_runs_of_its_queues(store: Any) -> None:
    async def draw() -> str:
        return "drawn"

    async def count() -> int:
        return 1

    world = World(store, {"draw": draw, "count": count})
    painter, other = worker(world, queues=["gpu"]), worker(world)
    works = [asyncio.ensure_future(painter.run())]
    drawn, plain = await world.start(GPU), await world.start(PLAIN)
    assert (await world.client.wait(drawn)).output == '"drawn"'
    assert (await store.run(plain)).status == "pending"
    works.append(asyncio.ensure_future(other.run()))
    assert (await world.client.wait(plain)).output == "1"
    painter.stop()
    other.stop()
    assert await asyncio.gather(*works) == [True, True]


async def test_a_run_goes_only_to_a_worker_that_has_its_activities(store: Any) -> None:
    async def count() -> int:
        return 1

    lacking, having = World(store), World(store, {"count": count})
    first = worker(lacking)
    works = [asyncio.ensure_future(first.run())]
    run_id = await having.start(PLAIN)
    other = await lacking.run("workflow: pure\nseq: [{set: 1}]\n")
    assert other.status == "completed"
    assert (await store.run(run_id)).status == "pending"
    second = worker(having)
    works.append(asyncio.ensure_future(second.run()))
    assert (await having.client.wait(run_id)).status == "completed"
    first.stop()
    second.stop()
    await asyncio.gather(*works)


async def test_a_draining_worker_ends_what_runs_and_hands_the_rest_back(store: Any) -> None:
    slow = Slow()
    world = slow.world(store)
    draining = worker(world)
    work = asyncio.ensure_future(draining.run())
    run_id = await world.start(TWO)
    await slow.began.wait()
    draining.stop()
    waiting = await world.start(TWO)
    slow.release.set()
    assert await work is True
    run = await store.run(run_id)
    assert (run.status, run.owner) == ("pending", None)
    assert [entry.path for entry in await store.journal(run_id) if entry.status] == ["a"]
    assert (await store.run(waiting)).status == "pending"
    assert slow.calls == 1
    heir = worker(world)
    work = asyncio.ensure_future(heir.run())
    assert (await world.client.wait(run_id)).status == "completed"
    heir.stop()
    await work


async def test_a_second_stop_ends_at_once(store: Any) -> None:
    slow = Slow()
    world = slow.world(store)
    hasty = worker(world)
    work = asyncio.ensure_future(hasty.run())
    run_id = await world.start(TWO)
    await slow.began.wait()
    hasty.stop()
    hasty.stop()
    assert await work is False
    assert (await store.run(run_id)).status == "pending"


async def test_supervisors_are_told_how_it_is(store: Any) -> None:
    slow = Slow()
    world = slow.world(store)
    watched = worker(world, health_port=0)
    work = asyncio.ensure_future(watched.run())
    await world.start(TWO)
    await slow.began.wait()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{watched.health_port}", timeout=PATIENCE) as http:
        healthy, ready, unknown = [await http.get(path) for path in ("/healthz", "/readyz", "/else")]
        assert (healthy.status_code, ready.status_code, unknown.status_code) == (200, 200, 404)
        assert (await http.post("/healthz")).status_code == 405
        watched.stop()
        draining = await http.get("/readyz")
        assert (draining.status_code, draining.text) == (503, "draining\n")
        assert (await http.get("/healthz")).status_code == 200
    slow.release.set()
    await work


async def test_a_probe_too_long_to_be_one_is_hung_up_on_without_a_word() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with health_server(0, healthy=lambda: "", ready=lambda: "") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nlong: " + b"x" * 20_000)
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
    assert complaints == []


async def test_a_worker_in_a_program_works_until_its_block_ends(store: Any) -> None:
    @activity
    def greet(name: str) -> str:
        return f"Hello, {name}!"

    client = Client(store, namespace="shop", poll=0.05)
    document = linked("workflow: greeting\nactivity: greet\nwith: {name: '${ input.name }'}\n")
    async with Worker(client, [greet], WorkerOptions(settings=SETTINGS)):
        started = await client.start(document, {"name": "Ada"})
        run = await client.wait(started.run_id)
    assert (run.namespace, run.output) == ("shop", '"Hello, Ada!"')
    assert not [worker for worker in await store.workers() if worker.expires_at > await store.now()]


async def test_a_worker_s_policy_holds_where_nothing_else_is_said(store: Any) -> None:
    calls: list[str] = []

    @activity
    async def plain() -> None:
        calls.append("plain")
        raise ActivityError("busy", code="Unavailable")

    @activity(retry={"max_attempts": 2})
    async def decorated() -> None:
        calls.append("decorated")
        raise ActivityError("busy", code="Unavailable")

    async def attempts(document: str) -> int:
        calls.clear()
        run_id = (await client.start(linked(document), None)).run_id
        await client.wait(run_id)
        return len(calls)

    client = Client(store, poll=0.05)
    policy = Retry(max_attempts=4, initial_interval=1)
    defaults = "defaults: {retry: {max_attempts: 5, initial_interval: 1ms}}\n"
    async with Worker(client, [plain, decorated], WorkerOptions(settings=SETTINGS, retry=policy)):
        assert await attempts("workflow: w\nactivity: plain\n") == 4
        assert await attempts("workflow: w\nactivity: decorated\n") == 2
        assert await attempts(f"workflow: w\n{defaults}activity: plain\n") == 5
        assert await attempts(f"workflow: w\n{defaults}activity: decorated\n") == 2
        assert await attempts(f"workflow: w\n{defaults}activity: plain\nretry: {{max_attempts: 1}}\n") == 1
