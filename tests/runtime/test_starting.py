"""Starting runs from Python: options, bulk, and the caller's own transaction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from runtime.world import World, linked, until

from kagzi_dsl import AlreadyExists, BadInputs, DocumentError, Retry, RunConflict, connect
from kagzi_dsl.errors import ConfigError
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.store.protocol import Topic

FLOW = """
workflow: flow
version: "1"
input: {type: object, required: [n], properties: {n: {type: integer}}}
run: {labels: {team: shop}}
set: ${ input.n }
"""


async def test_options_of_a_start_go_before_what_the_document_says(store: Any) -> None:
    world = World(store)
    options: dict[str, Any] = {"version": "2", "queue": "q", "priority": 3, "labels": {"a": "b"}}
    started = await world.client.start(linked(FLOW), {"n": 1}, retry=Retry(max_attempts=2), **options)
    run = await store.run(started.run_id)
    assert (run.version, run.queue, run.priority) == ("2", "q", 3)
    assert run.labels == {"team": "shop", "a": "b"}
    assert run.retry == Retry(max_attempts=2)


async def test_a_workflow_is_started_by_its_file_and_then_by_its_name(store: Any, tmp_path: Path) -> None:
    client = World(store).client
    file = tmp_path / "flow.yaml"
    file.write_text(FLOW)
    by_file = await client.start(file, {"n": 1})
    by_name = await client.start("flow", {"n": 1})
    first, second = await store.run(by_file.run_id), await store.run(by_name.run_id)
    assert (first.digest, first.pins) == (second.digest, second.pins)
    with pytest.raises(RunConflict, match="there is no workflow 'other'"):
        await client.start("other")
    file.write_text("workflow: flow\n")
    with pytest.raises(DocumentError):
        await client.start(file)


async def test_a_taken_id_is_given_back_or_refused(store: Any) -> None:
    client = World(store).client
    first = await client.start(linked(FLOW), {"n": 1}, external_id="A-1")
    again = await client.start("flow", {"n": 2}, external_id="A-1")
    assert (first.already_exists, again.already_exists) == (False, True)
    assert again.run_id == first.run_id
    with pytest.raises(AlreadyExists) as refused:
        await client.start("flow", {"n": 2}, external_id="A-1", on_conflict="reject")
    assert refused.value.run_id == str(first.run_id)


async def test_a_delay_counts_by_the_clock_of_the_database(store: Any) -> None:
    client = World(store).client
    before = await store.now()
    run = await store.run((await client.start(linked(FLOW), {"n": 1}, delay=3600)).run_id)
    assert before + 3_600_000 <= run.start_at <= await store.now() + 3_600_000
    at = await store.now() + 50_000
    assert (await store.run((await client.start("flow", {"n": 1}, at=at)).run_id)).start_at == at
    with pytest.raises(ConfigError, match="both were given"):
        await client.start("flow", {"n": 1}, at=at, delay=1)


async def test_a_delayed_run_is_put_down_again_when_a_message_wakes_it(store: Any) -> None:
    world = World(store)
    document = "workflow: w\nwait_for: go\n"
    run_id = await world.start(document, delay=3600)
    async with world.engine() as engine:
        await world.client.signal(str(run_id), "go", 7)

        async def put_down() -> bool:
            return bool(await store.journal(run_id)) and (await store.run(run_id)).owner is None

        await until(put_down)
        run = await store.run(run_id)
        assert (run.status, run.available_at) == ("pending", run.start_at)
        assert run_id not in engine.live


async def test_many_runs_start_at_once_in_the_order_of_their_inputs(store: Any) -> None:
    client = World(store).client
    inputs = [{"n": n} for n in range(1_500)]
    ids = [f"n-{n}" for n in range(1_500)]
    started = await client.start_many(linked(FLOW), inputs, external_ids=ids, labels={"b": "1"})
    assert not any(one.already_exists for one in started)
    last = await store.run(started[-1].run_id)
    assert (loads(last.input), last.external_id, last.labels["b"]) == ({"n": 1_499}, "n-1499", "1")
    again = await client.start_many("flow", inputs[:3], external_ids=["n-0", "new", None])
    assert [one.already_exists for one in again] == [True, False, False]
    assert again[0].run_id == started[0].run_id


async def test_one_bad_input_of_many_starts_nothing(store: Any) -> None:
    client = World(store).client
    with pytest.raises(BadInputs) as refused:
        await client.start_many(linked(FLOW), [{"n": 1}, {}, {"n": 2}, {"n": "x"}])
    assert list(refused.value.by_place) == [1, 3]
    assert refused.value.by_place[1] == ("input.n is missing; it must be a whole number",)


# -- in the caller's own transaction


@pytest.fixture
def outbox(runner: Any, database_url: str) -> Any:
    """A connection of the caller's, with codecs such as many set."""

    async def opened() -> Any:
        connection = await asyncpg.connect(database_url)
        for kind in ("json", "jsonb"):
            await connection.set_type_codec(kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        await connection.execute("create temp table orders (id integer)")
        return connection

    connection = runner.run(opened())
    yield connection
    runner.run(connection.close())


async def test_a_run_started_in_the_callers_transaction_is_there_when_that_is_committed(
    outbox: Any, database_url: str
) -> None:
    async with connect(database_url) as client:
        heard: list[tuple[Topic, str]] = []
        client.store.subscribe(lambda topic, key: heard.append((topic, key)))
        async with outbox.transaction():
            await outbox.execute("insert into orders values (1)")
            started = await client.start(linked(FLOW), {"n": 1}, connection=outbox, labels={"a": "b"})
            assert await client.store.run(started.run_id) is None
        run = await client.store.run(started.run_id)
        assert run is not None
        assert (loads(run.input), run.labels, run.status) == ({"n": 1}, {"team": "shop", "a": "b"}, "pending")

        async def told() -> bool:
            return ("ready", "default") in heard

        await until(told)


async def test_a_transaction_that_is_rolled_back_starts_nothing(outbox: Any, database_url: str) -> None:
    async with connect(database_url) as client:
        transaction = outbox.transaction()
        await transaction.start()
        started = await client.start_many(linked(FLOW), [{"n": 1}, {"n": 2}], connection=outbox)
        await transaction.rollback()
        assert [await client.store.run(one.run_id) for one in started] == [None, None]


async def test_a_taken_id_does_not_break_the_callers_transaction(outbox: Any, database_url: str) -> None:
    async with connect(database_url) as client:
        there = await client.start(linked(FLOW), {"n": 1}, external_id="A-1")
        async with outbox.transaction():
            again = await client.start("flow", {"n": 2}, external_id="A-1", connection=outbox)
            await outbox.execute("insert into orders values (2)")
        assert (again.run_id, again.already_exists) == (there.run_id, True)
        assert await outbox.fetchval("select count(*) from orders") == 1


async def test_runs_in_memory_take_no_connection() -> None:
    from kagzi_dsl.errors import StoreError
    from kagzi_dsl.runtime.store.memory import MemoryStore

    with pytest.raises(StoreError, match="cannot be started in a transaction"):
        await World(MemoryStore()).client.start(linked(FLOW), {"n": 1}, connection=object())
