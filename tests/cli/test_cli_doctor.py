"""`kagzi-dsl doctor`: well when all is well; and each thing that can be wrong, made wrong on a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from command_line import kagzi
from runtime.world import until

from kagzi_dsl.runtime.store.postgres.checkup import Limits, examine

FLOW = "workflow: quick\nset: 1\n"


def look(db: str) -> dict[str, dict[str, Any]]:
    """The worst finding of each check."""
    findings = json.loads(kagzi("doctor", "--json", db=db).stdout)
    return {
        one["check"]: one for one in sorted(findings, key=lambda one: ["ok", "warning", "error"].index(one["level"]))
    }


def do(db: str, sql: str) -> None:
    async def connected() -> None:
        connection = await asyncpg.connect(db)
        await connection.execute(sql)
        await connection.close()

    asyncio.run(connected())


@pytest.fixture
def used(tmp_path: Path, new_database_url: str) -> str:
    """A database in which one run ended and one waits in a queue nobody serves. No other test has left dead rows."""
    (tmp_path / "quick.yaml").write_text(FLOW)
    (tmp_path / "render.yaml").write_text("workflow: render\nqueue: gpu\nset: 1\n")
    assert kagzi("run", "quick.yaml", db=new_database_url, cwd=tmp_path).returncode == 0
    assert kagzi("run", "render.yaml", "--detach", db=new_database_url, cwd=tmp_path).returncode == 0
    return new_database_url


def test_a_database_that_is_well_is_said_to_be(used: str) -> None:
    looked = kagzi("doctor", db=used)
    assert looked.returncode == 0, looked.stdout
    assert {name: one["level"] for name, one in look(used).items() if one["check"] != "settings"} == dict.fromkeys(
        ["connection", "version", "schema", "clock", "connections", "transactions", "dead rows", "leases",
         "waiting runs", "waiting tasks", "schedules", "stuck runs", "invariants"], "ok",
    )  # fmt: skip


def test_a_server_that_is_not_there_is_the_only_finding() -> None:
    looked = kagzi("doctor", db="postgresql://nobody@localhost:1/nothing")
    assert looked.returncode == 1
    assert looked.stdout.startswith("error    connection")
    assert looked.stderr == "1 error\n"


def test_a_schema_that_is_not_up_to_date_is_told_with_what_to_type(empty_database_url: str) -> None:
    found = look(empty_database_url)["schema"]
    assert (found["level"], found["advice"]) == ("error", "kagzi-dsl db migrate")


def test_runs_nobody_takes_are_told_with_the_worker_to_start(used: str) -> None:
    do(used, "update kagzi.queue set available_at = available_at - 3600000")
    found = look(used)["waiting runs"]
    assert found["level"] == "warning"
    assert found["message"].startswith("1 of render ready in queue gpu of default, the first for 36")
    assert found["advice"] == "kagzi-dsl worker --namespace default --queue gpu"


def test_attempts_nobody_makes_are_told_with_the_worker_to_start(used: str) -> None:
    do(used, "insert into kagzi.tasks (run_id, id, root_id, created_at, priority, attempt, namespace, queue, activity, "
       "path, request) select run_id, gen_random_uuid(), root_id, kagzi.clock() - 3600000, 0, 1, 'default', 'gpu', "
       "'render', 'render', '{}' from kagzi.queue")  # fmt: skip
    found = look(used)["waiting tasks"]
    assert found["message"].startswith("1 of render wait in queue gpu of default, the first for 36")
    assert found["advice"] == "kagzi-dsl worker --namespace default --queue gpu --activities …"
    do(used, "insert into kagzi.limits (namespace, queue, concurrency) values ('default', 'gpu', 1)")
    do(used, "insert into kagzi.workers (id, name, host, boot_id, pid, started, version, lease_ms, labels, namespace, "
       "queues, activities, expires_at) select gen_random_uuid(), 'w', 'h', 'b', 1, 's', 'v', 60000, '{}', 'default', "
       "'{gpu}', '{render}', kagzi.clock() + 60000")  # fmt: skip
    assert look(used)["waiting tasks"]["advice"] == "they wait for slots of queue gpu: see kagzi-dsl queues"


def test_a_schedule_that_starts_nothing_is_told(used: str, tmp_path: Path) -> None:
    (tmp_path / "nightly.yaml").write_text("workflow: nightly\nschedule: {cron: 0 3 * * *}\nset: 1\n")
    assert kagzi("apply", "nightly.yaml", db=used, cwd=tmp_path).returncode == 0
    assert look(used)["schedules"]["level"] == "ok"
    do(used, "update kagzi.schedules set problem = 'its definition is gone'")
    found = look(used)["schedules"]
    assert (found["level"], found["advice"]) == ("warning", "kagzi-dsl schedule show nightly --namespace default")


def test_runs_that_do_not_get_on_are_told(used: str) -> None:
    do(used, "update kagzi.queue set stalls = 7")
    assert "claimed 7 times without getting on" in look(used)["stuck runs"]["message"]


def test_runs_of_a_dead_worker_are_told(used: str) -> None:
    do(used, "update kagzi.queue set owner = gen_random_uuid()")
    found = look(used)["leases"]
    assert (found["level"], "still owns 1 run" in found["message"]) == ("warning", True)


BREAK = {
    "in no queue": "delete from kagzi.queue",
    "queued although over": "update kagzi.runs set status = 'completed'",
    "still sent messages": "insert into kagzi.inbox (run_id, kind, name, payload) "
    "select id, 'signal', 'go', '1' from kagzi.runs where status is not null",
    "still with attempts out": "insert into kagzi.tasks (run_id, id, root_id, priority, attempt, namespace, queue, "
    "activity, path, request) select id, gen_random_uuid(), id, 0, 1, 'default', 'gpu', 'render', 'render', '{}' "
    "from kagzi.runs where status is not null",
    "gap in the journal": "insert into kagzi.journal (run_id, seq, at, attempt, type, path, node, status, note) "
    "select run_id, 3, 0, 1, 'node_completed', 'a', 'activity', 'completed', '' from kagzi.queue",
}


@pytest.mark.parametrize("complaint", BREAK)
def test_tables_that_do_not_fit_together_are_an_error(used: str, complaint: str) -> None:
    do(used, BREAK[complaint])
    looked = kagzi("doctor", db=used)
    assert looked.returncode == 1
    assert complaint in looked.stdout


def messages(db: str, check: str, limits: Limits) -> list[str]:
    """What one check says where less is worth telling."""

    async def looked() -> list[str]:
        return [finding.message async for finding in examine(db, limits) if finding.check == check]

    return asyncio.run(looked())


@contextmanager
def an_open_transaction(db: str) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(db))
    loop.run_until_complete(connection.execute("begin; select 1"))
    try:
        yield
    finally:
        loop.run_until_complete(connection.close())
        loop.close()


def test_a_transaction_that_is_open_for_long_is_told(used: str) -> None:
    with an_open_transaction(used):
        told = messages(used, "transactions", Limits(old_transaction_s=0))
    assert any("has had a transaction open for 0 s" in message for message in told)


def test_dead_rows_are_told(used: str) -> None:
    do(used, "do $$ begin for n in 1..5 loop update kagzi.queue set priority = n; end loop; end $$")

    async def told() -> bool:
        found = [finding async for finding in examine(used, Limits(dead_rows=1)) if finding.check == "dead rows"]
        return any("kagzi.queue holds" in finding.message for finding in found)

    # The server counts them a while after they have died, and before PostgreSQL 15 cannot be told to hurry.
    asyncio.run(until(told))


def test_clocks_that_differ_and_connections_that_run_out_are_told(used: str) -> None:
    assert "apart" in messages(used, "clock", Limits(clocks_apart_ms=-1))[0]
    crowded = Limits(crowded=0.0)
    assert asyncio.run(levels(used, "connections", crowded)) == ["warning"]


async def levels(db: str, check: str, limits: Limits) -> list[str]:
    return [finding.level async for finding in examine(db, limits) if finding.check == check]


@pytest.mark.parametrize(("table", "check"), [("inbox", "invariants"), ("limits", "waiting runs")])
def test_what_may_not_be_looked_at_is_told(used: str, table: str, check: str) -> None:
    do(used, f"alter table kagzi.{table} rename to hidden")
    try:
        found = look(used)[check]
    finally:
        do(used, f"alter table kagzi.hidden rename to {table}")
    assert (found["level"], found["message"].startswith("could not be looked at")) == ("warning", True)
