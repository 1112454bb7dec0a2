"""`kagzi-dsl db roles`: what owner, worker and viewer may do; the tests of workers, with a worker's rights alone."""

from __future__ import annotations

import asyncio
import secrets
from importlib import import_module
from pathlib import Path

import asyncpg
import pytest
from terminal import Terminal

# The tests of workers are run here once more, with a database whose login is a worker's (see `database_url`).
from test_cli_worker import (
    test_a_killed_workers_run_is_taken_over_at_once_by_another_on_this_machine as test_a_killed_one_is_taken_over,
)
from test_cli_worker import (
    test_a_worker_runs_what_was_started_detached_and_stops_when_told_to as test_a_worker_runs_and_stops,
)
from test_cli_worker import (
    test_a_worker_told_to_stop_lets_what_runs_end_and_leaves_the_rest as test_a_worker_leaves_the_rest,
)
from test_cli_worker import test_flows_are_stored_and_can_be_called_by_name as test_flows_are_stored

from kagzi_dsl.runtime.store.postgres import migrate
from kagzi_dsl.runtime.store.postgres.roles import Roles, set_up

__all__ = [
    "test_a_killed_one_is_taken_over",
    "test_a_worker_leaves_the_rest",
    "test_a_worker_runs_and_stops",
    "test_flows_are_stored",
]


@pytest.fixture
def roles() -> Roles:
    """Names no other test has: roles belong to the server, not to the database."""
    return Roles.named(f"kagzi_{secrets.token_hex(4)}")


@pytest.fixture
def ruled_url(new_database_url: str, roles: Roles) -> str:
    """A migrated database with roles, by its superuser."""
    asyncio.run(set_up(new_database_url, roles))
    return new_database_url


@pytest.fixture
def database_url(ruled_url: str, roles: Roles) -> str:
    """The same by a login that has the worker's rights."""
    return acting_as(roles.worker, ruled_url)


def acting_as(role: str, url: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}options=-c%20role%3D{role}"


def execute(url: str, *statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


def test_the_first_time_makes_them_and_the_second_changes_nothing(folder: Path, new_database_url: str) -> None:
    terminal = Terminal(folder, {"KAGZI_DB_URL": new_database_url})
    prefix = f"shop_{secrets.token_hex(4)}"
    rights = f"{prefix}_worker may read and write runs, {prefix}_viewer may look at them"
    first = terminal.type("db", "roles", "--prefix", prefix)
    made = [f"made the role {prefix}_{name}" for name in ("owner", "worker", "viewer")]
    assert first.err.splitlines()[:4] == [*made, f"gave the schema to {prefix}_owner"]
    assert f"gave the table kagzi.runs to {prefix}_owner" in first.err.splitlines(), first.err
    assert first.err.splitlines()[-1] == rights
    assert terminal.type("db", "roles", "--prefix", prefix).err == f"{rights}\n"


def test_what_is_printed_is_what_would_be_done(folder: Path, new_database_url: str) -> None:
    terminal = Terminal(folder, {"KAGZI_DB_URL": new_database_url})
    prefix = f"shop_{secrets.token_hex(4)}"
    script = terminal.type("db", "roles", "--prefix", prefix, "--print").out
    assert script.startswith(f'begin;\ncreate role "{prefix}_owner" nologin;\n')
    execute(new_database_url, script)
    done = terminal.type("db", "roles", "--prefix", prefix)
    assert done.err == f"{prefix}_worker may read and write runs, {prefix}_viewer may look at them\n"


def test_a_database_without_a_schema_is_to_be_migrated_first(folder_terminal: Terminal) -> None:
    typed = folder_terminal.type("db", "roles")
    assert typed.status == 1
    assert "type `kagzi-dsl db migrate` first" in typed.err


def test_a_viewer_looks_and_changes_nothing(folder: Path, ruled_url: str, roles: Roles) -> None:
    worker = Terminal(folder, {"KAGZI_DB_URL": acting_as(roles.worker, ruled_url)})
    viewer = Terminal(folder, {"KAGZI_DB_URL": acting_as(roles.viewer, ruled_url)})
    worker.write("flow.yaml", "workflow: flow\nactivity: mark\nwith: {what: x}\n")
    worker.write("waiting.yaml", "workflow: waiting\nwait_for: approval\n")
    assert worker.type("run", "flow.yaml", "--id", "one").status == 0
    assert worker.type("run", "waiting.yaml", "--id", "two", "--detach").status == 0
    assert len(viewer.type("list", "--json").json) == 2
    for command in (["show", "one"], ["history", "one"], ["verify", "one"], ["stats"], ["workers"]):
        typed = viewer.type(*command)
        assert typed.status == 0, (command, typed.err)
    for command in (["cancel", "two"], ["signal", "two", "approval"], ["run", "flow.yaml"], ["resume", "two"]):
        typed = viewer.type(*command)
        assert (typed.status, "permission denied" in typed.err) == (1, True), (command, typed.err)
    assert worker.type("cancel", "two").status == 0


def test_only_the_owner_can_alter_the_schema(ruled_url: str, roles: Roles) -> None:
    for role in (roles.worker, roles.viewer):
        for statement in (
            "create table kagzi.mine (x int)",
            "alter table kagzi.runs add column x int",
            "drop table kagzi.inbox",
            "drop schema kagzi cascade",
            "truncate kagzi.runs",
            "insert into kagzi.migrations (number, name) values (9999, 'x')",
            "update kagzi.journal set note = ''",
            f"set role {roles.owner}; drop table kagzi.inbox",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                execute(acting_as(role, ruled_url), f"set session authorization {role}", statement)
    execute(acting_as(roles.owner, ruled_url), "alter table kagzi.runs add column x int")


def test_what_a_later_migration_makes_is_covered(ruled_url: str, roles: Roles, monkeypatch: pytest.MonkeyPatch) -> None:
    later = "create sequence kagzi.numbers; create table kagzi.later (x bigint default nextval('kagzi.numbers'))"
    module = import_module("kagzi_dsl.runtime.store.postgres.migrate")
    known = module.migrations()
    monkeypatch.setattr(module, "migrations", lambda: (*known, (known[-1][0] + 1, "later", later)))
    assert asyncio.run(migrate(ruled_url)) == [f"{known[-1][0] + 1:04}_later"]
    execute(acting_as(roles.owner, ruled_url), "alter table kagzi.later add column y int")
    execute(acting_as(roles.worker, ruled_url), "insert into kagzi.later default values", "delete from kagzi.later")
    execute(acting_as(roles.viewer, ruled_url), "select * from kagzi.later")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        execute(acting_as(roles.viewer, ruled_url), "insert into kagzi.later default values")
