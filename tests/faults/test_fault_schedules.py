"""Schedules made by chance, in virtual time: a process dies at any call of the store, alone or beside another.

Virtual time alone would play the same few schedules again and again. So each call of the store takes its time, in turns
of the event loop, before and after it has its effect: in which order things happen differs from schedule to schedule,
and how many orders there were is counted.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import random
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from faults.conftest import Fault
from runtime.test_crash_points import CASES, Play, verdict

from kagzi_dsl.dsl.link import link_text
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.protocol import Run

PARTS = 40
SLOWEST = 5
"""How many turns of the event loop a call may take, before its effect and after it."""


class Course:
    """How long each call of a schedule takes, by chance; and in which order they were made and answered."""

    def __init__(self, chance: random.Random | None) -> None:
        self._chance = chance
        self._order = hashlib.blake2b(digest_size=8)

    async def pause(self) -> None:
        """Lets others have their turns; without chance there are none."""
        for _ in range(self._chance.randint(0, SLOWEST) if self._chance else 0):
            await asyncio.sleep(0)

    def note(self, *words: object) -> None:
        """Takes down what happens now."""
        self._order.update(f"{words}".encode())

    @property
    def order(self) -> int:
        """A number for everything that was noted, in its order."""
        return int.from_bytes(self._order.digest())


class Doomed:
    """A store whose process dies at the `at`-th call, before it or after its effect: nothing ever comes back then.

    0: it never does.
    """

    def __init__(self, store: MemoryStore, course: Course, at: int = 0, *, after: bool = False) -> None:
        self._store = store
        self._course = course
        self._at = at
        self._after = after
        self.calls = 0
        self.dead = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        return self._deadly(method) if inspect.iscoroutinefunction(method) else method

    def _deadly(self, method: Any) -> Any:
        async def call(*arguments: Any, **options: Any) -> Any:
            self.calls += 1
            number = self.calls
            await self._course.pause()
            if number == self._at and not self._after:
                self.dead.set()
            await self._unless_dead()
            self._course.note(self._at, method.__name__)
            result = await method(*arguments, **options)
            if number == self._at:
                self.dead.set()
            await self._unless_dead()
            await self._course.pause()
            await self._unless_dead()
            self._course.note(number)
            return result

        return call

    async def _unless_dead(self) -> None:
        if self.dead.is_set():
            await asyncio.Event().wait()


class Schedule(Play):
    """A case with a death at some call; with a `mate`, another engine works beside the one that dies."""

    def __init__(
        self, case: Mapping[str, Any], at: int, *, after: bool, mate: bool, chance: random.Random | None = None
    ) -> None:
        super().__init__(case, 0, after=after)
        self.course = Course(chance)
        self.course.note(case["document"], at, after, mate)
        self.doomed = Doomed(self.store, self.course, at, after=after)
        self.mate = mate

    async def _run(self) -> Run:
        client = Client(self.store, poll=1e9)
        new = await client.prepare(link_text(self.case["document"]), self.case.get("input"))
        await self.store.start([new])
        told = self._tell(client, str(new.id))
        over = asyncio.ensure_future(client.wait(new.id))
        first = self._engine(self.doomed)
        begun = asyncio.ensure_future(first.__aenter__())
        mate = self._engine(Doomed(self.store, self.course)) if self.mate else None
        if mate is not None:
            await mate.__aenter__()
        dead = asyncio.ensure_future(self.doomed.dead.wait())
        futures: set[asyncio.Future[Any]] = {over, dead}
        await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
        dead.cancel()
        begun.cancel()
        await asyncio.gather(begun, return_exceptions=True)
        if hasattr(first, "failed"):  # it lived long enough
            await self._bury(first)
        async with mate or self._engine(Doomed(self.store, self.course)):
            run = await over
        for task in told:
            task.cancel()
        await asyncio.gather(*told, return_exceptions=True)
        return run


def undisturbed(case: Mapping[str, Any]) -> tuple[Any, int]:
    """How a case ends by itself, and how many calls of the store that takes."""
    schedule = Schedule(case, 0, after=False, mate=False)
    return verdict(schedule.run()), schedule.doomed.calls


def played(times: int, chance: random.Random) -> tuple[Counter[str], set[int]]:
    """Plays so many schedules; counts what they were, and tells the orders in which things happened."""
    expected: dict[str, tuple[Any, int]] = {}
    counted: Counter[str] = Counter()
    orders: set[int] = set()
    for _ in range(times):
        name, case = chance.choice(CASES)
        if name not in expected:
            expected[name] = undisturbed(case)
        ends, calls = expected[name]
        at, after, mate = chance.randint(1, calls), chance.random() < 0.5, chance.random() < 0.5
        pauses = random.Random(chance.getrandbits(64))
        schedule = Schedule(case, at, after=after, mate=mate, chance=pauses)
        assert verdict(schedule.run()) == ends, (name, at, after, mate)
        orders.add(schedule.course.order)
        counted += {"schedules": 1, "deaths": schedule.doomed.dead.is_set(), "with_another_engine": mate}
        counted[f"behaviour {name}"] += 1
    return counted, orders


def played_by_all_cores(times: int, fault: Fault) -> tuple[Counter[str], set[int]]:
    """The same by a process for each core, in parts that are the same however many there are."""
    with ProcessPoolExecutor(mp_context=get_context("forkserver"), max_tasks_per_child=1) as processes:
        parts = [processes.submit(played, times // PARTS, fault.chance(part)) for part in range(PARTS)]
        counted, orders = zip(*(part.result() for part in parts), strict=True)
        return sum(counted, Counter[str]()), set().union(*orders)


def test_whichever_call_of_the_store_is_the_last_the_run_ends_as_if_nothing_had_happened(fault: Fault) -> None:
    times = fault.times(500, 1_000_000)
    counted, orders = played_by_all_cores(times, fault) if fault.long else played(times, fault.chance())
    assert counted["schedules"] == times
    fault.tell(
        "memory", "Whichever call of the store is a process's last, before or after it has had its effect, alone or "
        "with another beside it: the run ends as if nothing had happened.",
        case="schedules", held=counted["schedules"], of=times, different=len(orders), deaths=counted["deaths"],
        with_another_engine=counted["with_another_engine"],
        behaviours=sum(name.startswith("behaviour ") for name in counted),
    )  # fmt: skip
