"""Four workers, one of which is killed with -9 every two seconds and replaced, until every run is over."""

from __future__ import annotations

import time
from pathlib import Path

from faults.conftest import Fault
from faults.fleet import Fleet, follows_a_kill, superseded
from patience import PATIENCE

WORKERS = 4


def test_whatever_worker_dies_every_run_ends_once(fault: Fault, database_url: str, tmp_path: Path) -> None:
    runs = fault.size(300, 10_000)
    fleet = Fleet(tmp_path, database_url, concurrency=fault.size(10, 50))
    fleet.give(runs, takes=0.15)
    chance, every = fault.chance(), fault.size(1, 2)
    fleet.man(WORKERS)
    last = time.monotonic()

    def kill_now_and_then() -> None:
        nonlocal last
        time.sleep(0.1)
        if time.monotonic() >= last + every:
            fleet.kill(chance.choice(fleet.workers))
            fleet.man(WORKERS)
            last = time.monotonic()

    fleet.until_done(kill_now_and_then, seconds=fault.size(round(PATIENCE), 900))
    fleet.dismiss()
    count = fleet.check(runs)
    follows_a_kill(fleet)
    # Each run has one step in flight at most, and a worker so many runs.
    assert max(superseded(fleet).values(), default=0) <= fleet.concurrency
    assert fleet.killed
    fault.tell(
        "fleet", "With one of four workers killed every two seconds, all runs end, once each, none is stranded, and "
        "what ran again was in flight in a worker when that was killed.",
        case="runs", held=runs, of=runs, kills=len(fleet.killed), executions=count["executions"],
        extra_executions=count["extra"],
    )  # fmt: skip
