"""The scheduler: starts the runs of schedules when they are due. Every worker has one, and none is special.

Which of several schedulers gets to a schedule first does not matter: its row is locked while the runs of its fires are
started, and both are committed together. A run is known by its fire (see `external_id_of`), so that one fire is one
run whatever happens.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.firing import ON_TIME_MS, Occasion, firing_of
from kagzi_dsl.runtime.store.schedules import Due, Firing

log = logging.getLogger("kagzi_dsl.scheduler")

_MARGIN_S = 0.002
"""How much later than due schedules are looked at, so that the database's clock agrees that the moment has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerOptions:
    """How a scheduler behaves.

    `interval` (s) is how often it looks whether something changed: a fire that is known to come is not waited for that
    long. `batch_size` is how many schedules are worked on in one transaction, `max_runs` how many runs are started
    before the interval is waited for.
    """

    interval: float = 5.0
    batch_size: int = 100
    max_runs: int = 1_000


class Scheduler:
    """Starts the runs of a namespace's schedules, by the database's clock, until `run` is cancelled.

    Every Worker has one; alone it needs no activities, and leaves the runs to workers.
    """

    def __init__(
        self, client: Client, options: SchedulerOptions = SchedulerOptions(), *, namespace: str | None = None
    ) -> None:
        self.options = options
        self._store = client.store
        self._namespace = namespace or client.namespace

    async def run(self) -> None:
        """Works for ever; a database that is away is waited for."""
        while True:
            try:
                pause = await self._look()
            except DatabaseUnavailable as error:  # whoever needs the database more says so
                log.warning("schedules could not be looked at: %s", error)
                pause = self.options.interval
            except Exception:  # whatever is wrong with schedules must not stop the runs of the worker
                log.exception("schedules could not be looked at")
                pause = self.options.interval
            await asyncio.sleep(pause)

    async def _look(self) -> float:
        """One tick if anything is due; the seconds until the next look."""
        wait = await self._store.schedules.due_in(self._namespace)
        if wait is not None and wait <= 0:
            started = await self.tick()
            if started >= self.options.max_runs:
                return self.options.interval
            wait = await self._store.schedules.due_in(self._namespace)
        return self.options.interval if wait is None else min(self.options.interval, max(wait, 0) / 1000 + _MARGIN_S)

    async def tick(self) -> int:
        """Starts what is due now, at most `max_runs`, and gives the number of runs started."""
        started = 0
        while started < self.options.max_runs:
            firings = await self._store.schedules.fire(
                self._namespace, self.decision(self.options.max_runs - started), limit=self.options.batch_size
            )
            started += sum(len(firing.starts) for firing in firings)
            for firing in firings:
                _tell(firing)
            if len(firings) < self.options.batch_size:
                break
        return started

    def decision(self, budget: int) -> Decision:
        """What decides on the schedules of one transaction, which may start `budget` runs."""
        again = max(1, round(self.options.interval * 1000))
        return Decision(budget=budget, again=again, on_time=max(ON_TIME_MS, 2 * again))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Decides on a batch; schedules the budget does not reach are left as they are. The rest is as of `Occasion`."""

    budget: int
    again: int
    on_time: int = ON_TIME_MS

    def __call__(self, batch: Sequence[Due], now: int) -> list[Firing]:
        firings: list[Firing] = []
        left = self.budget
        for due in batch:
            if left <= 0:
                break
            occasion = Occasion(now=now, budget=left, again=self.again, on_time=self.on_time)
            firings.append(firing_of(due, occasion))
            left -= len(firings[-1].starts)
        return firings


def _tell(firing: Firing) -> None:
    for run in firing.starts:
        log.info("%s is started as run %s", run.external_id, run.id)
    for run_id in firing.cancels:
        log.info("run %s is told to cancel: the next run of the schedule %s is due", run_id, firing.schedule.id)
