"""A server that dies and is started again, as by a supervisor, under a fleet of workers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
from faults.fleet import Fleet
from patience import PATIENCE

from kagzi_dsl.runtime import embedded
from kagzi_dsl.runtime.embedded.account import server_account
from kagzi_dsl.runtime.embedded.program import environment, program


class Server:
    """A server of its own, durable as it is by default, that a supervisor starts again when it is gone."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._lease = embedded.acquire(home)
        self.url = self._lease.url

    @property
    def log(self) -> Path:
        """What it says."""
        return self.home / "postgres.log"

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
        """Stops it for good, with all it has kept."""
        self._lease.release()
        embedded.stop(self.home, force=True)
        shutil.rmtree(self.home, ignore_errors=True)


def work_goes_on(fleet: Fleet) -> None:
    """Returns when activities have begun that had not before."""
    before = fleet.log.stat().st_size
    until(lambda: fleet.log.stat().st_size >= before + 2_000, "nobody works any more")


def until(true: Callable[[], bool], otherwise: str) -> None:
    """Returns when something is true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)


def manned(fleet: Fleet, workers: int) -> None:
    """Starts workers and returns when all are up: one that is not yet knows of no server to wait for."""
    fleet.man(workers)
    until(lambda: all(fleet.said("worker for")), "a worker does not start")


def brought_up(server: Server, fleet: Fleet) -> float:
    """Starts the server again; the moment from which it takes connections."""
    deadline = time.monotonic() + PATIENCE
    while fleet.left() < 0:
        assert time.monotonic() < deadline, "the server does not come back"
        server.supervise()
        time.sleep(0.01)
    return time.monotonic()
