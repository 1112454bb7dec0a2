"""What all tests share: one PostgreSQL for the whole run, a database of its own for each test, and async tests.

The server is the embedded one, in a temporary home directory which also is KAGZI_HOME, so that no test ever meets the
database of whoever runs them, or the one `--server` names, in which only databases the tests have made are touched. All
workers of a parallel run use it.
"""

from __future__ import annotations

import asyncio
import compileall
import inspect
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from database_server import Server
from hypothesis import HealthCheck, settings
from patience import PATIENCE

import kagzi_dsl

HOME = "KAGZI_HOME"
SEED = "FAULT_SEED"
# How long an example takes says something about the machine, not about a law.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("steady")
_TABLES = ["limits", "begins", "tasks", "inbox", "queue", "journal", "runs", "definitions", "workers", "schedules"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kagzi-dsl")
    group.addoption("--long", action="store_true", help="run the long tests too, and others at their full length")
    group.addoption("--seed", type=int, help="what chance in tests/faults begins with [default: $FAULT_SEED or any]")
    group.addoption("--times", type=int, help="how often a fault is played that chance makes anew each time")
    group.addoption("--server", metavar="URL", help="a PostgreSQL instead of the embedded one, by its socket")
    group.addoption("--figures", metavar="DIR", help="keep what tests/faults measures there, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.server and config.option.figures:
        raise pytest.UsageError("--figures are of the embedded server: leave out --server")
    if not hasattr(config, "workerinput"):
        # In the environment, so that all processes of a parallel run have the same.
        if config.option.seed is not None or SEED not in os.environ:
            os.environ[SEED] = str(config.option.seed or secrets.randbelow(1_000_000))
        os.environ[HOME] = tempfile.mkdtemp(prefix="kagzi-tests-")
        os.environ.pop("KAGZI_DB_URL", None)
        # Hundreds of processes are started: none is to compile the package anew, also where they write no bytecode.
        compileall.compile_dir(Path(kagzi_dsl.__file__).parent, quiet=2)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: there is always a test that only waits."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def pytest_report_header(config: pytest.Config) -> str:
    return f"faults: --seed {os.environ[SEED]}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.option.long:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        from kagzi_dsl.runtime import embedded

        home = os.environ.pop(HOME)
        embedded.stop(home, force=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Runs an async test on the event loop of its fixtures."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    runner = pyfuncitem._request.getfixturevalue("runner")
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    runner.run(asyncio.wait_for(pyfuncitem.obj(**arguments), timeout=PATIENCE))
    return True


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """The event loop of a test: for fixtures that have something to await."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="session")
def pg_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The server, started with the first test of each worker that needs it."""
    from kagzi_dsl.runtime.store.postgres import migrate

    with _server_url(request.config.option.server) as url:
        server = Server(url, f"kagzi_tests_{secrets.token_hex(6)}")
        server.execute(f"create database {server.worker_database}")
        asyncio.run(migrate(server.url_of(server.worker_database)))
        yield server
        server.execute(f"drop database {server.worker_database} with (force)")


@contextmanager
def _server_url(named: str | None) -> Iterator[str]:
    """The URL of the server that was named, or of the embedded one."""
    from kagzi_dsl.runtime import embedded

    if named is not None:
        yield named
        return
    with embedded.acquire() as lease:
        # Making and dropping databases is mostly waiting for the disk, and these need not outlive a power cut.
        Server(lease.url, "").execute("alter system set fsync = off", "select pg_reload_conf()")
        yield lease.url


@pytest.fixture
def empty_database_url(pg_server: Server) -> Iterator[str]:
    """The URL of a new database that has nothing in it."""
    name = f"test_{secrets.token_hex(6)}"
    pg_server.execute(f"create database {name}")
    yield pg_server.url_of(name)
    pg_server.execute(f"drop database {name} with (force)")


@pytest.fixture
def new_database_url(empty_database_url: str) -> str:
    """The URL of a new database, migrated: for tests that leave it in another state than empty tables."""
    from kagzi_dsl.runtime.store.postgres import migrate

    asyncio.run(migrate(empty_database_url))
    return empty_database_url


@pytest.fixture
def database_url(pg_server: Server) -> str:
    """The URL of a migrated database with nothing in it, used by one test at a time."""
    # Emptying one is much cheaper than making one. Whatever the test before has left connected goes first.
    pg_server.execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()",
        *(f"delete from kagzi.{table}" for table in _TABLES),
        "drop schema public cascade",
        "create schema public",
        database=pg_server.worker_database,
    )
    return pg_server.url_of(pg_server.worker_database)


@pytest.fixture(params=["memory", "postgres"])
def store(request: pytest.FixtureRequest, runner: asyncio.Runner) -> Iterator[Any]:
    """A store of either kind, empty."""
    if request.param == "memory":
        from kagzi_dsl.runtime.store.memory import MemoryStore

        yield MemoryStore()
        return
    from kagzi_dsl.runtime.store.postgres import open_postgres

    store = runner.run(open_postgres(request.getfixturevalue("database_url")))
    yield store
    runner.run(store.close())
