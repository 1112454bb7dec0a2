"""A worker stopped by SIGSTOP, whose runs another takes when its lease has ended, wakes: it writes nothing.

It is played twice for each point: once the other has finished the run when it wakes, so that there is nothing left to
write to; once the other is in the middle of an activity, and only the fence keeps the run from who comes late.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psutil
from faults.conftest import Fault
from faults.forked import fork, leaving_a_trail
from faults.voyage import ACTIVITIES, CHILD, DOCUMENT, SETTINGS, Voyage, opened, prepare
from patience import PATIENCE
from runtime.world import World

from kagzi_dsl import activity
from kagzi_dsl.runtime.engine import Engine, Settings

SHORT = replace(SETTINGS, lease_ms=1_500)
AT_ONCE = 6
WRITES = ("append", "lock_runs", "insert_entries", "end_runs", "park", "deliver", "start", "consume", "mark")
"""How the statements begin that a worker writes to its runs with, or begins to."""


def work(url: str, run_id: UUID, trail: Path, at: int) -> None:
    """A worker for one run, which stops itself at a point and goes on when it is told to."""
    with leaving_a_trail(trail, at, signal.SIGSTOP):
        # One that is not stopped must not lose its lease for being slow.
        asyncio.run(_work(url, run_id, SHORT if at else SETTINGS))


async def _work(url: str, run_id: UUID, settings: Settings) -> None:
    store = await opened(url)
    world = World(store, ACTIVITIES, settings=settings)
    async with world.engine(roots={run_id}) as engine:
        over = asyncio.ensure_future(world.client.wait(run_id))
        await asyncio.wait({over, engine.failed}, return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
    await store.close()


class Other:
    """Who takes the run of a worker that stopped: at once to the end, or only into its next activity, until `goes_on`.

    What it owns it does not put down meanwhile, so that nothing is written of it but by somebody else.
    """

    def __init__(self, store: Any, *, pausing: bool) -> None:
        self._began = asyncio.Event()
        self.goes_on = asyncio.Event()
        if not pausing:
            self.goes_on.set()

        @activity
        async def note(what: str) -> str:
            self._began.set()
            await self.goes_on.wait()
            return what

        settings = replace(SETTINGS, linger=PATIENCE) if pausing else SETTINGS
        self.world = World(store, {**ACTIVITIES, "note": note}, settings=settings)

    async def stands_still(self, engine: Engine, queued: Callable[[], Awaitable[Sequence[Any]]]) -> bool:
        """Whether it is in the middle of an activity, and nothing else could be taken up by anybody."""
        lives = engine.live.values()
        if not self._began.is_set() or any(one.writing or one.machine.next_due() is not None for one in lives):
            return False
        ours, resting = engine.worker_id, (None, None)
        return all(row["owner"] == ours or (row["owner"], row["available_at"]) == resting for row in await queued())


class Zombie:
    """One run, and the worker that is stopped over it at point `at`."""

    def __init__(self, url: str, folder: Path, at: int, *, meets_its_heir: bool = False) -> None:
        self._url = url
        self._folder = folder
        self._meets = meets_its_heir
        self.at = at
        self.passed: list[str] = []
        self.late: list[str] = []
        self.met = False

    async def played(self, world: World) -> None:
        run_id = await world.start(DOCUMENT, {"amount": 7}, CHILD)
        await world.client.signal(str(run_id), "go", 1)
        trail = self._folder / f"{run_id}"
        process = await asyncio.to_thread(fork, work, self._url, run_id, trail, self.at)
        try:
            await self._woken(world, run_id, trail, process)
        finally:
            process.kill()

    async def _woken(self, world: World, run_id: UUID, trail: Path, process: Any) -> None:
        await _until(lambda: not process.is_alive() or _is_stopped(process.pid), "the worker to stop")
        other = Other(world.store, pausing=self._meets)
        async with other.world.engine(roots={run_id}) as engine:
            if self._meets:
                over = asyncio.ensure_future(_until(lambda: _ended(self._url, run_id), "the run to end"))
                queued = partial(_queued, self._url, run_id)
                await _until(lambda: over.done() or other.stands_still(engine, queued), "another to take the run")
                self.met = not over.done()
                over.cancel()
                stopped = await self._wakes(run_id, trail, process)
                other.goes_on.set()
            await world.client.wait(run_id, timeout=PATIENCE)
        await _until(lambda: _ended(self._url, run_id), "the child to end")
        if not self._meets:
            stopped = await self._wakes(run_id, trail, process)
        await _until(lambda: not process.is_alive(), "the zombie to end")
        await Voyage(self._url, self._url).ended_well(run_id)
        points = _lines(trail)
        self.passed, self.late = points[:stopped], [p for p in points[stopped:] if p.split()[1].startswith(WRITES)]

    async def _wakes(self, run_id: UUID, trail: Path, process: Any) -> int:
        """Lets the worker go on, which must leave everything as it is; how many points it had passed before.

        One whose run is not over goes on as a worker: it has had its say when it has renewed its lease twice.
        """
        before = await kept(self._url, run_id)
        stopped = len(_lines(trail))
        if process.is_alive():
            psutil.Process(process.pid).send_signal(signal.SIGCONT)
        await _until(
            lambda: not process.is_alive() or (self.met and _lines(trail)[stopped:].count("after renew") > 1),
            "the zombie to have its say",
        )
        assert await kept(self._url, run_id) == before, f"a zombie stopped at point {self.at} wrote"
        return stopped


async def kept(url: str, run_id: UUID) -> Mapping[str, Any]:
    """Everything that is stored of a run and its child."""
    connection = await asyncpg.connect(url)
    try:
        family = "select id from kagzi.runs where root_id = $1"
        tables = {"runs": "id", "queue": "run_id", "journal": "run_id", "inbox": "run_id"}
        found = {
            table: await connection.fetch(
                f"select t.* from kagzi.{table} t where {key} in ({family}) order by t::text", run_id
            )
            for table, key in tables.items()
        }
        return found | {"paid": await connection.fetch("select * from paid where run = $1", str(run_id))}
    finally:
        await connection.close()


async def _queued(url: str, run_id: UUID) -> Sequence[Any]:
    rows: Sequence[Any] = (await kept(url, run_id))["queue"]
    return rows


async def _ended(url: str, run_id: UUID) -> bool:
    return not await _queued(url, run_id)


def _lines(trail: Path) -> list[str]:
    return trail.read_text().splitlines()


def _is_stopped(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


async def _until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        met = condition()
        if await met if asyncio.iscoroutine(met) else met:
            return
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.02)


async def all_played(url: str, zombies: list[Zombie]) -> None:
    store = await opened(url)
    world = World(store, ACTIVITIES, settings=SETTINGS)
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(zombie: Zombie) -> None:
        async with slots:
            await zombie.played(world)

    await asyncio.gather(*map(one, zombies))
    await store.close()


def test_who_wakes_after_its_lease_has_ended_writes_nothing(
    fault: Fault, database_url: str, runner: asyncio.Runner, tmp_path: Path
) -> None:
    runner.run(prepare(database_url))
    undisturbed = Zombie(database_url, tmp_path, 0)
    runner.run(all_played(database_url, [undisturbed]))
    points = undisturbed.passed
    writing = [index for index, point in enumerate(points) if point.startswith("before append")]
    working = [*range(writing[0], writing[-1])]
    in_activities = [at for at in working if " activity " in points[at]]
    chance, stopped = fault.chance(), list[Zombie]()
    while not any(zombie.late for zombie in stopped if zombie.met):
        chosen = working if fault.long else chance.sample(in_activities, k=4) + chance.sample(working, k=2)
        zombies = [
            Zombie(database_url, tmp_path, at + 1, meets_its_heir=meets) for at in chosen for meets in (False, True)
        ]
        runner.run(asyncio.wait_for(all_played(database_url, zombies), timeout=3_600 if fault.long else PATIENCE))
        # Not every play has as many points as the one before: a worker may be done before it comes to stop.
        stopped += [zombie for zombie in zombies if zombie.passed and zombie.passed[-1].startswith("stopped")]
    fault.tell(
        "sigstop", "A worker stopped by SIGSTOP until its lease has ended and another has its run, or has finished it, "
        "writes nothing when it wakes.",
        case="zombies", held=len(stopped), of=len(stopped), writes_tried_late=sum(len(z.late) for z in stopped),
        zombies_that_tried=sum(bool(z.late) for z in stopped), met_who_has_their_run=sum(z.met for z in stopped),
    )  # fmt: skip
