"""PostgreSQL dies under load, again and again: stopped at once, a backend killed, the postmaster killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from faults.conftest import Fault
from faults.fleet import Fleet
from patience import PATIENCE

from kagzi_dsl.runtime import embedded
from kagzi_dsl.runtime.embedded.account import server_account
from kagzi_dsl.runtime.embedded.program import environment, program

WORKERS = 2
CONCURRENCY = 20
OUTAGES = 2


class Server:
    """A server of its own, durable as it is by default, that a supervisor starts again when it is gone."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lease = embedded.acquire(home)
        self.url = self._lease.url

    @property
    def pid(self) -> int:
        found = embedded.status(self.home).pid
        assert found is not None
        return found

    def stop_at_once(self) -> None:
        """`pg_ctl stop -m immediate`: no checkpoint, no good-bye."""
        account = server_account(self.home)
        subprocess.run(
            [program("pg_ctl"), "stop", "-m", "immediate", "-D", self.home / "postgres"],
            user=account.user, group=account.group, extra_groups=account.groups, env=environment(), cwd="/", check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        """SIGKILL of the postmaster."""
        os.kill(self.pid, signal.SIGKILL)

    def kill_backend(self) -> None:
        """SIGKILL of one process that serves a connection; the postmaster ends all others and recovers."""
        while True:
            for child in psutil.Process(self.pid).children():
                with contextlib.suppress(psutil.NoSuchProcess):  # it ended by itself
                    if "kagzi kagzi" in " ".join(child.cmdline()):
                        child.send_signal(signal.SIGKILL)
                        return

    def struck(self, death: Callable[[], None]) -> None:
        """Lets it die, and returns when it has: when somebody connected to it has lost the connection."""

        async def watched() -> None:
            connection, gone = await asyncpg.connect(self.url), asyncio.Event()
            connection.add_termination_listener(lambda _: gone.set())
            death()
            await asyncio.wait_for(gone.wait(), timeout=PATIENCE)

        asyncio.run(watched())

    def supervise(self) -> None:
        """Starts it unless it runs, and returns when it takes connections."""
        embedded.acquire(self.home).release()

    def end(self) -> None:
        self._lease.release()


@pytest.fixture
def server() -> Iterator[Server]:
    # Not in pytest's folder, which is closed to the server's user.
    home = Path(tempfile.mkdtemp(prefix="kagzi-home-"))
    server = Server(home)
    yield server
    server.end()
    embedded.stop(home, force=True)
    shutil.rmtree(home, ignore_errors=True)


def test_what_was_acknowledged_outlives_the_server(server: Server, fault: Fault, tmp_path: Path) -> None:
    from kagzi_dsl.cli.main import run

    assert run(["db", "migrate", "--db", server.url]) == 0
    deaths = {"stop": server.stop_at_once, "backend": server.kill_backend, "postmaster": server.kill}
    order = [name for _ in range(fault.size(1, 20)) for name in deaths]
    fault.chance().shuffle(order)
    fleet, runs, up = Fleet(tmp_path, server.url, concurrency=CONCURRENCY), 0, []
    fleet.man(WORKERS)
    for name in order:
        fleet.give(100, takes=0.1)
        runs += 100
        _work_goes_on(fleet)
        server.struck(deaths[name])
        up.append(_up(server, fleet))
        _work_goes_on(fleet)
    fleet.until_done(lambda: time.sleep(0.2), seconds=PATIENCE)
    assert fleet.gave_up() == []
    fleet.dismiss()
    count = fleet.check(runs, server_died=True)
    begun = [line.at for line in fleet.lines() if line.word == "begin"]
    recovered = sorted(next(at for at in begun if at > moment) - moment for moment in up)
    fault.tell(
        "under_load", "When PostgreSQL dies and comes back, no checkpoint that was acknowledged is lost, and workers "
        "connect again by themselves.",
        case="deaths", held=len(order), of=len(order), runs=runs, executions=count["executions"],
        extra_executions=count["extra"], recovery_p50_ms=_percentile(recovered, 50),
        recovery_p99_ms=_percentile(recovered, 99),
    )  # fmt: skip


@pytest.mark.long
def test_a_worker_outlasts_a_server_that_is_away_for_longer_than_its_lease(
    server: Server, fault: Fault, tmp_path: Path
) -> None:
    from kagzi_dsl.cli.main import run

    assert run(["db", "migrate", "--db", server.url]) == 0
    fleet = Fleet(tmp_path, server.url, concurrency=CONCURRENCY)
    fleet.man(WORKERS)
    for outage in range(1, OUTAGES + 1):
        fleet.give(100, takes=0.1)
        _work_goes_on(fleet)
        server.struck(server.stop_at_once)
        _until(lambda count=outage: min(fleet.said("goes on when the database answers")) == count, "somebody hangs on")
        _up(server, fleet)
        _work_goes_on(fleet)
    fleet.until_done(lambda: time.sleep(0.2), seconds=PATIENCE)
    assert fleet.gave_up() == []
    fleet.dismiss()
    count = fleet.check(OUTAGES * 100, server_died=True)
    assert count["extra"] <= OUTAGES * WORKERS * CONCURRENCY, "no more than what was in flight is made again"
    fault.tell(
        "away", "When PostgreSQL is away for longer than a lease lasts, every worker lets go of what it has, waits, "
        "and goes on when the server is back.",
        case="outages", held=OUTAGES, of=OUTAGES, workers=WORKERS, runs=OUTAGES * 100, executions=count["executions"],
        extra_executions=count["extra"],
    )  # fmt: skip


def _work_goes_on(fleet: Fleet) -> None:
    """Returns when activities have begun that had not before."""
    before = fleet.log.stat().st_size
    _until(lambda: fleet.log.stat().st_size >= before + 2_000, "nobody works any more")


def _until(true: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


def _up(server: Server, fleet: Fleet) -> float:
    """The moment from which the server takes connections."""
    deadline = time.monotonic() + PATIENCE
    while fleet.left() < 0:
        assert time.monotonic() < deadline, "the server does not come back"
        server.supervise()
        time.sleep(0.01)
    return time.monotonic()


def _percentile(values: list[float], percent: int) -> int:
    return round(1000 * values[min(len(values) - 1, len(values) * percent // 100)])
