"""Behind PgBouncer in transaction mode, and without LISTEN and NOTIFY: the commands, by real processes."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from patience import PATIENCE
from pooling import pgbouncer
from terminal import Terminal

FLOW = """
workflow: trip
queue: trips
input: {type: object, properties: {seat: {type: string, default: 12A}}}
saga:
  - parallel:
      a: {activity: mark, with: {what: a}}
      b: {activity: mark, with: {what: b}}
  - id: booking
    activity: book
    with: {seat: "${ input.seat }"}
  - id: child
    call: ./child.yaml
  - sleep: 20ms
  - id: answer
    wait_for: approval
output: {booked: "${ steps.booking }", child: "${ steps.child }", answer: "${ steps.answer }"}
"""
CHILD = "workflow: child\nqueue: trips\nset: done\n"
BOOK = """

@activity(transactional=True)
async def book(context: ActivityContext, seat: str) -> int:
    await context.connection.execute("create table if not exists bookings (number serial, seat text)")
    return await context.connection.fetchval("insert into bookings (seat) values ($1) returning number", seat)
"""


@pytest.fixture
def pooled(terminal: Terminal) -> Iterator[Terminal]:
    """A terminal whose commands reach their database through PgBouncer."""
    file = terminal.folder / "activities.py"
    file.write_text(file.read_text().replace("import ActivityError,", "import ActivityContext, ActivityError,") + BOOK)
    terminal.write("trip.yaml", FLOW)
    terminal.write("child.yaml", CHILD)
    with pgbouncer(terminal.env["KAGZI_DB_URL"]) as url:
        terminal.env |= {"KAGZI_DB_URL": url, "KAGZI_POOLER": "true"}
        yield terminal


def record_of(terminal: Terminal, run_id: str, *statuses: str) -> dict[str, Any]:
    """The run's record once it has one of these statuses."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        record: dict[str, Any] = terminal.type("show", run_id, "--json").json
        if record["status"] in statuses:
            return record
    raise AssertionError(record)


def test_workers_run_activities_transactions_children_and_signals_through_a_pooler(pooled: Terminal) -> None:
    with pooled.typing("worker", "--queue", "trips") as first, pooled.typing("worker", "--queue", "trips") as second:
        for worker in (first, second):
            assert worker.line() == "worker for trips in default"
        ids = [pooled.type("run", "trip.yaml", "--detach", "-q").out.strip() for _ in range(3)]
        for run_id in ids:
            record_of(pooled, run_id, "waiting")
            assert pooled.type("signal", run_id, "approval", "--payload", '"yes"').status == 0
        outputs = [record_of(pooled, run_id, "completed", "failed")["output"] for run_id in ids]
        assert sorted(output["booked"] for output in outputs) == [1, 2, 3]
        assert all((output["child"], output["answer"]) == ("done", "yes") for output in outputs)
        for worker in (first, second):
            worker.process.send_signal(signal.SIGTERM)
            assert worker.end().status == 0
    assert sorted(pooled.marks) == ["a", "a", "a", "b", "b", "b"]


def test_every_way_to_look_goes_through_a_pooler(pooled: Terminal) -> None:
    pooled.write("quick.yaml", "workflow: quick\nset: 1\n")
    run_id = pooled.type("run", "quick.yaml", "--id", "one").run_id
    for command in (["list"], ["show", "one"], ["history", run_id], ["workers"], ["stats"], ["verify", run_id]):
        typed = pooled.type(*command)
        assert typed.status == 0, typed.err
    status = pooled.type("db", "status", "--json").json
    assert status["schema"] == "up to date"
    assert pooled.type("db", "migrate").err == "the schema is up to date\n"
    findings = pooled.type("doctor")
    assert "could not be looked at" not in findings.out + findings.err


def test_the_flag_says_it_as_well_as_the_variable_and_what_to_type_repeats_it(pooled: Terminal) -> None:
    pooled.write("crash.yaml", "workflow: crash\nactivity: crash\nretry: {max_attempts: 1}\n")
    typed = pooled.type("run", "crash.yaml", "--pooler", KAGZI_POOLER="")
    assert "failed: crash: ZeroDivisionError" in typed.err
    assert f"`kagzi-dsl show {typed.run_id} --pooler`" in typed.err


def test_without_the_option_a_pooler_is_recognised_and_the_option_is_named(pooled: Terminal) -> None:
    typed = pooled.type("list", KAGZI_POOLER="false")
    assert typed.status == 1
    assert "is it PgBouncer? --pooler is for that" in typed.err


def test_a_poll_only_worker_listens_to_nobody_and_finds_its_work_all_the_same(terminal: Terminal) -> None:
    terminal.write("quick.yaml", "workflow: quick\nactivity: mark\nwith: {what: x}\n")
    with terminal.typing("worker", "--poll-only", "--poll-interval", "50ms") as worker:
        assert worker.line() == "worker for default in default"
        run_id = terminal.type("run", "quick.yaml", "--detach", "-q", KAGZI_POLL_ONLY="true").out.strip()
        assert record_of(terminal, run_id, "completed")["output"] == "x"
        assert listeners(terminal.env["KAGZI_DB_URL"]) == 0
    with terminal.typing("worker") as worker:
        assert worker.line() == "worker for default in default"
        deadline = time.monotonic() + PATIENCE
        while listeners(terminal.env["KAGZI_DB_URL"]) == 0 and time.monotonic() < deadline:
            pass
        assert listeners(terminal.env["KAGZI_DB_URL"]) == 1


def listeners(url: str) -> int:
    """How many sessions of a database listen."""

    async def count() -> int:
        connection = await asyncpg.connect(url)
        try:
            found: int = await connection.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
                " and state = 'idle'"
            )
            return found
        finally:
            await connection.close()

    return asyncio.run(count())
