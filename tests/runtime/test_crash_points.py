"""Every behaviour case, killed before and after every commit it makes: it must end as if nothing had happened."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from cases.runner import behaving, load_cases

from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.dsl.link import link_text
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.engine import Engine, Settings
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.records import Refused, Run, Write
from kagzi_dsl.testing import VirtualLoop

SETTINGS = Settings(lease_ms=2**50, poll=1e9, linger=0.0, margin=0.0)
START = 1_767_225_600_000
CASES = [(name, case) for name, case in load_cases() if case["expect"]["status"] != "waiting"]


class Killed(Exception):
    """What a kill looks like from inside the store."""


class Fatal:
    """A store that dies with the n-th commit: before it, or after it has become durable. 0: never."""

    def __init__(self, store: MemoryStore, at: int, *, after: bool) -> None:
        self._store = store
        self._at = at
        self._after = after
        self.commits = 0
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, owner: Any, writes: Sequence[Write]) -> list[Refused | None]:
        self.commits += 1
        dying = self.commits == self._at
        if dying and not self._after:
            raise Killed
        answer = await self._store.commit(owner, writes)
        if dying:
            raise Killed
        return answer


class Play:
    """A case played once, with one kill."""

    def __init__(self, case: Mapping[str, Any], at: int, *, after: bool) -> None:
        self.loop = VirtualLoop()
        self.case = case
        self.calls: list[str] = []
        self.store = MemoryStore(now=lambda: START + int(self.loop.time() * 1000 + 1e-3))
        self.fatal = Fatal(self.store, at, after=after)
        given = case.get("activities", {}).items()
        self.registry = Registry.of(*(activity(name=n)(behaving(n, spec, self.calls)) for n, spec in given))
        self.in_flight = 0

    def run(self) -> Run:
        try:
            return self.loop.run_until_complete(self._run())
        finally:
            self.loop.close()

    async def _run(self) -> Run:
        client = Client(self.store, poll=1e9)
        new = await client.prepare(link_text(self.case["document"]), self.case.get("input"))
        doomed = self._engine(self.fatal)
        await doomed.__aenter__()
        await self.store.start([new])
        told = self._tell(client, str(new.id))
        over = asyncio.ensure_future(client.wait(new.id))
        futures: set[asyncio.Future[Any]] = {over, doomed.failed}
        await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
        self.in_flight = len(self.calls)
        await self._bury(doomed)
        async with self._engine(self.store):
            run = await over
            _, found = await client.verify(str(run.id))
            assert found.ok, found
        for task in told:
            task.cancel()
        await asyncio.gather(*told, return_exceptions=True)
        return run

    def _engine(self, store: Any) -> Engine:
        return Engine(store, self.registry, settings=SETTINGS)

    def _tell(self, client: Client, run_id: str) -> list[asyncio.Task[None]]:
        async def later(after: float, action: Any) -> None:
            await asyncio.sleep(after)
            await action()

        signals = self.case.get("signals", [])
        actions = [(at, lambda n=n, p=p: client.signal(run_id, n, p)) for at, n, p in signals]
        if "cancel_after" in self.case:
            actions.append((self.case["cancel_after"], lambda: client.cancel(run_id)))
        return [self.loop.create_task(later(at, action)) for at, action in actions]

    async def _bury(self, engine: Engine) -> None:
        engine._stopping = True
        running = [task for live in engine.live.values() for task in live.tasks.values()]
        engine.abandon_all()
        for task in engine._tasks:
            task.cancel()
        await asyncio.gather(*engine._tasks, *running, return_exceptions=True)
        if engine.failed.done():
            engine.failed.exception()
        await self.store.retire([engine.worker_id])


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_a_kill_at_any_commit_changes_nothing_but_what_was_in_flight(case: Mapping[str, Any]) -> None:
    undisturbed = Play(case, 0, after=False)
    expected = verdict(undisturbed.run())
    for at in range(1, undisturbed.fatal.commits + 1):
        for after in (False, True):
            play = Play(case, at, after=after)
            assert verdict(play.run()) == expected, (at, after)
            twice = Counter(play.calls) - Counter(undisturbed.calls)
            assert sum(twice.values()) <= undisturbed_width(case), (at, after, play.calls)


def verdict(run: Run) -> dict[str, Any]:
    """How a run ended, as far as a kill must not change it."""
    return {
        "status": run.status,
        "output": None if run.output is None else loads(run.output),
        "error": run.failure and (run.failure.code, run.failure.path, run.failure.message),
        "compensation": run.compensation,
    }


def undisturbed_width(case: Mapping[str, Any]) -> int:
    """How many activities a case can have in flight at once, and so how many a kill may repeat."""
    return 1 + len(case.get("activities", {}))
