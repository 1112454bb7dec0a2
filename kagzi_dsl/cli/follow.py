"""Working on one run in the foreground, from where it stands, until it is over or somebody interrupts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from kagzi_dsl import __version__
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.cli.display import Display
from kagzi_dsl.cli.interrupts import Interrupted, signals
from kagzi_dsl.cli.open import engine_settings
from kagzi_dsl.cli.waits import waits_for
from kagzi_dsl.cli.words import counted, local_time
from kagzi_dsl.cli.workers import ONE_FAMILY, named, owner_of
from kagzi_dsl.errors import DatabaseUnavailable, KagziError, StoreError
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.core.machine import Machine
from kagzi_dsl.runtime.engine import Engine
from kagzi_dsl.runtime.store.records import ENDED, Run, RunFilter
from kagzi_dsl.runtime.view import facts_of

T = TypeVar("T")
Begin = Callable[[Engine], Awaitable[Run]]
"""Starts the run, or takes it over, and says which it is."""

_LOOK_S = 0.2
_MIRROR_S = 1.0


class LetGo(KagziError):
    """The run could not be worked on any longer, through no fault of its own."""


@dataclass(frozen=True, slots=True)
class Foreground:
    """What is needed to work on a run here."""

    client: Client
    registry: Registry
    display: Display


async def follow(foreground: Foreground, root_id: UUID, begin: Begin) -> Run:
    """Begins, works on the run and its family (that of `root_id`), and gives the run once it is over.

    Raises Interrupted, LetGo when the database or the lease is lost, and whatever `begin` raises.
    """
    store, display = foreground.client.store, foreground.display
    engine = Engine(
        store,
        foreground.registry,
        settings=engine_settings(),
        roots=set(),
        watch=display.watch,
        version=__version__,
        labels={ONE_FAMILY: str(root_id)},
    )
    async with signals() as interrupted, engine:
        run = await begin(engine)
        assert engine.roots is not None
        engine.roots.add(run.root_id)
        engine.wake()
        try:
            async with display.shown(run, engine.clock), _mirrored(foreground, engine, run):
                over = await _unless(interrupted, engine, foreground.client.wait(run.id))
            await _unless(interrupted, engine, _family(foreground, engine, over))
        except Interrupted:
            if (ended := await _ended(store, run)) is None:
                raise
            return ended
        return over


async def _ended(store: Any, run: Run) -> Run | None:
    """The run, if it is known to have been over before the interruption."""
    try:
        now = await store.run(run.id)
    except DatabaseUnavailable:  # which may be why we were interrupted
        return None
    return now if now is not None and now.status in ENDED else None


async def _unless(interrupted: asyncio.Event, engine: Engine, work: Awaitable[T]) -> T:
    """The result of `work`, unless we are interrupted or the engine fails before."""
    task: asyncio.Future[T] = asyncio.ensure_future(work)
    stop = asyncio.ensure_future(interrupted.wait())
    futures: set[asyncio.Future[Any]] = {task, stop, engine.failed}
    try:
        await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
        if engine.failed.done():
            error = engine.failed.exception()
            if isinstance(error, StoreError):
                raise LetGo(str(error)) from error
            raise error or LetGo("the engine stopped")
        if not task.done():
            raise Interrupted
        return task.result()
    finally:
        for future in (task, stop):
            future.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)


async def _family(foreground: Foreground, engine: Engine, run: Run) -> None:
    """Returns when no run of the family is active here any more: each is over, or only waits."""
    told = False
    while await _active(foreground, engine, run):
        if not told:
            count = max(1, len(engine.live.keys() - {run.id}))
            them = "it" if count == 1 else "them"
            foreground.display.note(
                f"{counted(count, 'detached run')} still active; waiting for {them} (Ctrl-C leaves)"
            )
            told = True
        await asyncio.sleep(_LOOK_S)


async def _active(foreground: Foreground, engine: Engine, run: Run) -> bool:
    if engine.making_attempts or any(run_id != run.id for run_id in engine.live):
        return True
    wanted = RunFilter(root_id=run.root_id, status=("pending", "running"), limit=1_000)
    now = engine.clock.now()
    # One that was claimed in this very moment is ours in the database before it is live here.
    return any(
        one.owner == engine.worker_id or (one.owner is None and (one.available_at is None or one.available_at <= now))
        for one in await foreground.client.list_runs(wanted)
    )


# -- looking on


async def take_over(foreground: Foreground, engine: Engine, run: Run) -> Run:
    """Claims a run that nobody alive owns, and tells who does where somebody is."""
    store, note = foreground.client.store, foreground.display.note
    if await engine.claim(run.id):
        return run
    current = await store.run(run.id) or run
    owner = await owner_of(store, current)
    if owner is not None and owner.id != engine.worker_id:
        note(f"{named(owner)} works on it; following")
    elif current.status == "sleeping" and current.available_at is not None:
        note(f"it sleeps until {local_time(current.available_at)}")
    elif current.status == "paused":
        note(f"it is paused; `kagzi-dsl unpause {run.id}` lets it go on")
    elif current.status == "waiting":
        note("it waits; `kagzi-dsl show` tells what for")
    elif current.status == "pending" and owner is None and (current.available_at or 0) <= await store.now():
        full = (await foreground.client.waits_for([current])).get(run.id, [])
        note(f"it waits for its turn{': ' if full else ''}{waits_for(full)}")
    return current


async def left_behind(client: Client, run: Run) -> list[Run]:
    """The other runs of a family that are neither over nor waiting: after a crash there may be detached ones."""
    wanted = RunFilter(root_id=run.root_id, status=("pending", "running"), limit=1_000)
    return [one for one in await client.list_runs(wanted) if one.id != run.id]


async def take_up_the_rest(foreground: Foreground, engine: Engine, run: Run, rest: Sequence[Run]) -> Run:
    """Claims what is left of the family of a run that is over, as far as nobody alive owns it; gives that run."""
    taken = [one for one in rest if await engine.claim(one.id)]
    go_on = "goes on" if len(taken) == 1 else "go on"
    more = f"; {counted(len(taken), 'detached run')} {go_on}" if taken else ""
    foreground.display.note(f"run {run.id}")
    foreground.display.note(f"it has ended already ({run.status}){more}")
    return run


@contextlib.asynccontextmanager
async def _mirrored(foreground: Foreground, engine: Engine, run: Run) -> AsyncIterator[None]:
    """Shows a run that is not worked on here, as its journal grows."""
    mirror = _Mirror(foreground, engine, run)
    task = asyncio.get_running_loop().create_task(mirror.look_for_ever())
    try:
        yield
        if mirror.fence is not None:
            await mirror.look()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Mirror:
    """Feeds a run's journal to the display. `fence` is that of the owner seen last, None before the first look."""

    def __init__(self, foreground: Foreground, engine: Engine, run: Run) -> None:
        self.fence: int | None = None
        self._client = foreground.client
        self._display = foreground.display
        self._engine = engine
        self._run = run

    async def look_for_ever(self) -> None:
        while True:
            if not self._is_live():
                row = await self._client.store.run(self._run.id)
                # Without an owner a journal does not grow, and the fence rises with each new owner.
                if row is not None and (row.owner is not None or row.fence != self.fence):
                    self.fence = row.fence
                    await self.look()
            await asyncio.sleep(_MIRROR_S)

    async def look(self) -> None:
        """Shows the run as its journal has it, unless it is worked on here."""
        entries = await self._client.store.journal(self._run.id)
        workflow = await self._client.library.workflow(self._run.digest)
        if not self._is_live() and (watcher := self._display.watch(self._run)) is not None:
            Machine(workflow, facts_of(self._run), limit_bytes=2**62, watcher=watcher).replay(entries)

    def _is_live(self) -> bool:
        return self._run.id in self._engine.live
