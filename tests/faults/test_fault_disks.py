"""A disk that is full, and one that is slow: a clear error and a clean resume; and no lease lost for slowness alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psutil
import pytest
from command_line import kagzi
from faults.conftest import Fault
from faults.fleet import Fleet
from faults.supervised import Server, brought_up, manned, until, work_goes_on
from faults.voyage import ACTIVITIES, CHILD, DOCUMENT, SETTINGS, Voyage, opened, prepare
from patience import PATIENCE
from runtime.world import World

from kagzi_dsl import activity
from kagzi_dsl.errors import KagziError
from kagzi_dsl.runtime import embedded
from kagzi_dsl.runtime.embedded.account import server_account
from kagzi_dsl.runtime.embedded.program import program, run
from kagzi_dsl.runtime.store.postgres import migrate, open_postgres

SIZE_MB = 160
LOG_SIZE_MB = 96
WORKERS = 2
CONCURRENCY = 20
SEGMENT = 1_048_576
RUNS = 400
"""Runs that write more than a segment of the log and a half."""
LET_GO = "goes on when the database answers"
BULKY = """
workflow: bulky
seq:
  - id: pieces
    foreach: ${ range(`0`, `40`) }
    limit: 4
    do: {activity: bulk, with: {n: "${ item }"}}
output: ${ length(steps.pieces) }
"""


@activity
async def bulk(n: int) -> str:
    """Some hundred kilobytes that no database can press together."""
    return os.urandom(150_000).hex()


@contextlib.contextmanager
def mounted(megabytes: int) -> Iterator[Path]:
    """A file system of its own, in memory."""
    folder = Path(tempfile.mkdtemp(prefix="kagzi-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "kagzi-disk", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """One for a server's files."""
    with mounted(SIZE_MB) as folder:
        yield folder
        embedded.stop(folder / "home", force=True)


@pytest.fixture
def log_disk() -> Iterator[Path]:
    """One for a server's write-ahead log alone."""
    with mounted(LOG_SIZE_MB) as folder:
        yield folder


@pytest.fixture
def logging_apart(log_disk: Path) -> Iterator[Server]:
    """A server whose write-ahead log is on that disk, in segments small enough for a fleet to fill."""
    home = Path(tempfile.mkdtemp(prefix="kagzi-home-"))
    embedded.acquire(home).release()
    data = home / "postgres"
    run([program("pg_resetwal"), "--wal-segsize=1", "-D", data], server_account(home))
    subprocess.run(["mv", data / "pg_wal", log_disk], check=True)
    (data / "pg_wal").symlink_to(log_disk / "pg_wal")
    with (data / "postgresql.conf").open("a") as settings:
        # What is over is deleted and not kept for what is to come, so that no disk is full in name only.
        settings.write("wal_recycle = off\n")
    server = Server(home)
    yield server
    server.end()


@pytest.fixture
def own_server() -> Iterator[embedded.Lease]:
    """A server of its own, durable as it is by default."""
    home = Path(tempfile.mkdtemp(prefix="kagzi-home-"))
    with embedded.acquire(home) as lease:
        asyncio.run(migrate(lease.url))
        yield lease
    shutil.rmtree(home, ignore_errors=True)


def fill(disk: Path, left: int) -> Path:
    """Takes all space of a disk but `left` bytes, or all there is when others write to it at the same time."""
    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        for _ in range((free - left) // 65_536):
            file.write(bytes(65_536))
    return filler


async def until_it_fails(url: str) -> tuple[UUID, UUID, str]:
    """Runs what takes more space than there is; the run, its worker, and the error that one ends with."""
    store = await open_postgres(url, patience=1.0)
    world = World(store, {"bulk": bulk}, settings=SETTINGS)
    with contextlib.suppress(KagziError):
        async with world.engine() as engine:
            run_id = await world.start(BULKY)
            await asyncio.wait({engine.failed}, timeout=PATIENCE)
            error = engine.failed.exception() if engine.failed.done() else None
    await store.close()
    assert isinstance(error, KagziError), error
    return run_id, engine.worker_id, str(error)


async def resumed(url: str, run_id: UUID, worker_id: UUID) -> tuple[Any, list[Any]]:
    store = await opened(url)
    # Where nothing could be written, a lease was not given back: it would have to end.
    await store.retire([worker_id])
    world = World(store, {"bulk": bulk}, settings=SETTINGS)
    async with world.engine():
        run = await world.client.wait(run_id, timeout=PATIENCE)
    journal = await store.journal(run_id)
    await store.close()
    return run, journal


async def made_ready(url: str) -> None:
    await migrate(url)
    connection = await asyncpg.connect(url)
    # A new segment of the log, which has room for all that is to come: it is the tables that find none.
    await connection.execute("select pg_switch_wal()")
    await connection.execute("checkpoint")
    await connection.close()


if os.geteuid() == 0:

    def test_a_full_disk_is_a_clear_error_and_the_run_goes_on_when_there_is_space(
        fault: Fault, small_disk: Path, runner: asyncio.Runner
    ) -> None:
        times = fault.size(1, 10)
        with embedded.acquire(small_disk / "home") as lease:
            runner.run(made_ready(lease.url))
            for number in range(times):
                filler = fill(small_disk, left=fault.chance(number).randint(1_000_000, 4_000_000))
                run_id, worker_id, error = runner.run(until_it_fails(lease.url))
                assert "No space left on device" in error
                filler.unlink()
                run, journal = runner.run(resumed(lease.url, run_id, worker_id))
                assert (run.status, run.output) == ("completed", "40")
                paths = [entry.path for entry in journal if entry.type == "node_completed"]
                assert len(paths) == len(set(paths)) == 40
                runner.run(emptied(lease.url))
        fault.tell(
            "full", "On a full disk an engine ends with an error that says so, and the run goes on where it was when "
            "there is space again.",
            case="full disks", held=times, of=times,
        )  # fmt: skip


async def emptied(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("truncate kagzi.journal, kagzi.runs, kagzi.queue")
    await connection.execute("checkpoint")
    await connection.close()


if os.geteuid() == 0:

    def test_a_full_disk_of_the_log_ends_the_server_and_costs_nothing_but_time(
        fault: Fault, log_disk: Path, logging_apart: Server, tmp_path: Path
    ) -> None:
        server, times, outlasted = logging_apart, fault.size(1, 10), 0
        asyncio.run(migrate(server.url))
        fleet = Fleet(tmp_path, server.url, concurrency=CONCURRENCY)
        manned(fleet, WORKERS)
        for number in range(times):
            fleet.give(RUNS, takes=0.1)
            work_goes_on(fleet)
            let_go, told = fleet.said(LET_GO), server.log.stat().st_size
            filler = fill(log_disk, left=fault.chance(number).randint(0, SEGMENT * 3 // 4))
            # A server that ends by itself takes this file with it.
            until(lambda: not (server.home / "postgres" / "postmaster.pid").exists(), "the server goes on")
            says_why(server, told)
            if number % 2:  # away for longer than a lease
                until(lambda before=let_go: all(map(int.__gt__, fleet.said(LET_GO), before)), "somebody hangs on")
                outlasted += 1
            filler.unlink()
            brought_up(server, fleet)
            fleet.until_done(lambda: time.sleep(0.2), seconds=PATIENCE)
        assert fleet.gave_up() == []
        fleet.dismiss()
        count = fleet.check(times * RUNS, server_died=True)
        assert count["extra"] <= times * WORKERS * CONCURRENCY, "no more than what was in flight is made again"
        fault.tell(
            "full_log", "On a full disk of its write-ahead log PostgreSQL ends and cannot start; who starts it is told "
            "why, workers wait, and when there is space again every run ends, with all that was acknowledged.",
            case="full disks", held=times, of=times, runs=times * RUNS, executions=count["executions"],
            extra_executions=count["extra"], longer_than_a_lease=outlasted,
        )  # fmt: skip


def says_why(server: Server, told: int) -> None:
    """Checks that a server's log says it is space that it lacks, after `told` bytes, and so does who starts it."""
    full = r'could not (create|write to) file "pg_wal/xlogtemp\.\d+": No space left on device'
    assert re.search(rf"PANIC:  {full}", server.log.read_text()[told:])
    typed = kagzi("list", KAGZI_HOME=str(server.home))
    assert typed.returncode == 1
    why = rf"the embedded database in \S+ cannot start: {full} \(log: \S+\); make room there and try again: .*"
    assert re.fullmatch(rf"error: {why}\n", typed.stderr), typed.stderr
    typed = kagzi("list", db=server.url)
    assert typed.returncode == 1
    assert re.fullmatch(r"error: the database at \S+ cannot be reached: there is no such socket\n", typed.stderr)


@contextlib.contextmanager
def slow_flushes(server: int, seconds: float) -> Iterator[None]:
    """Each fdatasync of a server's processes, and of those it starts meanwhile, takes so much longer."""
    pids = [server, *(child.pid for child in psutil.Process(server).children())]
    inject = f"inject=fdatasync:delay_exit={int(seconds * 1e6)}"
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", inject]
    tracer = subprocess.Popen([*command, *(part for pid in pids for part in ("-p", str(pid)))])
    while f"TracerPid:\t{tracer.pid}" not in Path(f"/proc/{server}/status").read_text():
        assert tracer.poll() is None
        time.sleep(0.01)
    try:
        yield
    finally:
        tracer.terminate()
        tracer.wait()


async def sailed(url: str, count: int) -> tuple[list[UUID], float]:
    """Runs that do a little of everything, side by side, and how long (s) the longest commit of the server took."""
    store = await opened(url)
    world = World(store, ACTIVITIES, settings=replace(SETTINGS, lease_ms=12_000))
    async with world.engine() as engine:
        runs = [await world.start(DOCUMENT, {"amount": 7}, CHILD) for _ in range(count)]
        for run_id in runs:
            await world.client.signal(str(run_id), "go", 1)
        began = time.monotonic()
        await asyncio.gather(*(world.client.wait(run_id, timeout=PATIENCE) for run_id in runs))
        assert not engine.failed.done()
    await store.close()
    return runs, time.monotonic() - began


if os.geteuid() == 0 and shutil.which("strace"):

    def test_a_slow_disk_makes_runs_slow_and_costs_no_lease(
        fault: Fault, own_server: embedded.Lease, runner: asyncio.Runner
    ) -> None:
        url, delay = own_server.url, 0.3
        runner.run(prepare(url))
        pid = int((Path(own_server._home.path) / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        count = fault.size(3, 50)
        with slow_flushes(pid, delay):
            runs, took = runner.run(sailed(url, count))
        # Each of its steps waits for one commit at least.
        assert took > 5 * delay
        for run_id in runs:
            runner.run(Voyage(url, url).ended_well(run_id))
        fault.tell(
            "slow", "When every flush of the disk takes 0.3 s longer, runs end all the same, and no lease is lost.",
            case="runs", held=count, of=count, seconds=round(took, 1),
        )  # fmt: skip
