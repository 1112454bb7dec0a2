"""A fleet of worker processes, the runs they are given, and a log of what their activities did and when."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from faults.forked import Command, start
from patience import PATIENCE
from runtime.world import linked

from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.store.postgres import open_postgres

STEPS = 4
FLOW = "workflow: steady\nqueue: fleet\nseq:\n" + "".join(
    f"  - {{id: s{n}, activity: step, with: {{n: {n}, takes: '${{ input.takes }}', "
    f"seen: {'null' if n == 1 else f'${{ steps.s{n - 1} }}'!r}}}}}\n"
    for n in range(1, STEPS + 1)
)
ACTIVITIES = """
import asyncio, os, time, uuid
from kagzi_dsl import ActivityContext, activity

LOG = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def note(word, context, n, token):
    os.write(LOG, f"{time.monotonic()} {os.getpid()} {word} {context.run_id} {n} {token}\\n".encode())


@activity
async def step(n: int, takes: float, seen: str | None, context: ActivityContext) -> str:
    note("begin", context, n, seen)
    await asyncio.sleep(takes)
    token = uuid.uuid4().hex
    note("end", context, n, token)
    return token
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log: a step began, having seen the output of the one before; or it ended, with its own."""

    at: float
    pid: int
    word: str
    run: str
    n: int
    token: str


@dataclass
class Fleet:
    """Workers of one database, in a folder with their flow, their activities and their log."""

    folder: Path
    url: str
    concurrency: int
    workers: list[Any] = field(default_factory=list)
    started: list[Any] = field(default_factory=list)
    killed: set[int] = field(default_factory=set)
    told: dict[int, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "activities.py").write_text(ACTIVITIES)
        self.log.touch()

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def man(self, count: int) -> None:
        """Starts workers until there are so many."""
        self.workers = [worker for worker in self.workers if worker.is_alive()]
        words = ("worker", "--queue", "fleet", "--activities", "activities.py", "--concurrency", str(self.concurrency))
        while len(self.workers) < count:
            trail = self.folder / f"worker-{len(self.told)}"
            command = Command(words, self.folder, trail, {"KAGZI_DB_URL": self.url}, watched=False)
            worker = start(command)
            self.told[worker.pid] = command.err
            self.workers.append(worker)
            self.started.append(worker)

    def kill(self, worker: Any) -> None:
        """Kills a worker with -9."""
        worker.kill()
        worker.join()
        self.killed.add(worker.pid)

    def dismiss(self) -> None:
        """Lets every worker end in good order, once it is up."""
        for worker in self.workers:
            while worker.is_alive() and "worker for" not in self._said(worker):
                time.sleep(0.02)
            os.kill(worker.pid, signal.SIGTERM)
        for worker in self.workers:
            worker.join(PATIENCE)
            assert worker.exitcode == 0, self._said(worker)

    def gave_up(self) -> list[str]:
        """The last words of workers that had been up and ended by themselves."""
        said = [self._said(one) for one in self.started if not one.is_alive() and one.pid not in self.killed]
        return [words.strip().splitlines()[-1] for words in said if "worker for" in words]

    def said(self, words: str) -> list[int]:
        """How often each worker that is there said this."""
        return [self._said(worker).count(words) for worker in self.workers]

    def _said(self, worker: Any) -> str:
        file = self.told[worker.pid]
        return file.read_text() if file.exists() else ""

    def give(self, runs: int, takes: float) -> None:
        """Starts runs for whoever takes them."""
        asyncio.run(self._give(runs, takes))

    async def _give(self, runs: int, takes: float) -> None:
        store = await open_postgres(self.url)
        client = Client(store)
        flow = linked(FLOW)
        await client.save(flow)
        for _ in range(0, runs, 500):
            new = [await client.prepare(flow, {"takes": takes}) for _ in range(min(500, runs))]
            await store.start(new)
        await store.close()

    def left(self) -> int:
        """How many runs are not over; -1 when the database does not say."""
        return asyncio.run(_count(self.url))

    def until_done(self, every: Callable[[], object], seconds: float) -> None:
        """Calls `every` again and again until no run is left."""
        deadline = time.monotonic() + seconds
        while (left := self.left()) != 0:
            assert time.monotonic() < deadline, f"{left} runs are stranded"
            every()

    def lines(self) -> list[Line]:
        """The log, in the order it was written."""
        split = (line.split() for line in self.log.read_text().splitlines())
        return [Line(float(at), int(pid), word, run, int(n), token) for at, pid, word, run, n, token in split]

    def check(self, runs: int, *, server_died: bool = False) -> Counter[str]:
        """Every run ended once, every step has one checkpoint, and no step ran again once a later one had begun.

        Counts the executions, and those that were extra. No worker makes one twice, unless `server_died`: a claim
        is forgotten by which nothing was written yet, and the worker that had begun claims the run once more.
        """
        lines, journal, ended = self.lines(), *asyncio.run(_kept(self.url))
        assert (len(ended), set(ended.values())) == (runs, {"completed"})
        completed = {(run, path): output for run, path, output in journal}
        assert len(completed) == len(journal) == runs * STEPS
        begun: dict[tuple[str, int], list[int]] = defaultdict(list)
        reached: dict[str, int] = {}
        for line in lines:
            if line.word == "begin":
                assert line.n >= reached.get(line.run, 0), f"{line.run}: step {line.n} after step {reached[line.run]}"
                reached[line.run] = line.n
                begun[line.run, line.n].append(line.pid)
                # Durable before dependent: what a step has seen of the one before is what is stored of it.
                assert line.n == 1 or completed[line.run, f"s{line.n - 1}"] == f'"{line.token}"'
        for pids in begun.values():
            assert server_died or len(set(pids)) == len(pids)
        return Counter(executions=sum(map(len, begun.values())), extra=sum(len(pids) - 1 for pids in begun.values()))


def superseded(fleet: Fleet) -> Counter[int]:
    """How many executions by each worker were not the last one of their step."""
    begun: dict[tuple[str, int], list[int]] = defaultdict(list)
    for line in fleet.lines():
        if line.word == "begin":
            begun[line.run, line.n].append(line.pid)
    return Counter(pid for pids in begun.values() for pid in pids[:-1])


def follows_a_kill(fleet: Fleet) -> None:
    """Every extra execution follows one that was in flight in a worker when that was killed."""
    assert superseded(fleet).keys() <= fleet.killed


async def _count(url: str) -> int:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return -1
    try:
        return int(await connection.fetchval("select count(*) from kagzi.queue"))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return -1
    finally:
        await connection.close(timeout=5)


async def _kept(url: str) -> tuple[list[tuple[str, str, str]], dict[UUID, str]]:
    connection = await asyncpg.connect(url)
    try:
        journal = await connection.fetch(
            "select run_id::text, path, output from kagzi.journal where type = 'node_completed'"
        )
        runs = await connection.fetch("select id, status from kagzi.runs")
        return [(row[0], row[1], row[2]) for row in journal], {row["id"]: row["status"] for row in runs}
    finally:
        await connection.close()
