"""PostgreSQL dies under load, again and again: stopped at once, a backend killed, the postmaster killed."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.conftest import Fault
from faults.fleet import Fleet
from faults.supervised import Server, brought_up, manned, until, work_goes_on
from patience import PATIENCE

WORKERS = 2
CONCURRENCY = 20
OUTAGES = 2


@pytest.fixture
def server() -> Iterator[Server]:
    # Not in pytest's folder, which is closed to the server's user.
    server = Server(Path(tempfile.mkdtemp(prefix="kagzi-home-")))
    yield server
    server.end()


def test_what_was_acknowledged_outlives_the_server(server: Server, fault: Fault, tmp_path: Path) -> None:
    from kagzi_dsl.cli.main import run

    assert run(["db", "migrate", "--db", server.url]) == 0
    deaths = {"stop": server.stop_at_once, "backend": server.kill_backend, "postmaster": server.kill}
    order = [name for _ in range(fault.size(1, 20)) for name in deaths]
    fault.chance().shuffle(order)
    fleet, runs, up = Fleet(tmp_path, server.url, concurrency=CONCURRENCY), 0, []
    manned(fleet, WORKERS)
    for name in order:
        fleet.give(100, takes=0.1)
        runs += 100
        work_goes_on(fleet)
        server.struck(deaths[name])
        up.append(brought_up(server, fleet))
        work_goes_on(fleet)
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
    manned(fleet, WORKERS)
    for outage in range(1, OUTAGES + 1):
        fleet.give(100, takes=0.1)
        work_goes_on(fleet)
        server.struck(server.stop_at_once)
        until(lambda count=outage: min(fleet.said("goes on when the database answers")) == count, "somebody hangs on")
        brought_up(server, fleet)
        work_goes_on(fleet)
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


def _percentile(values: list[float], percent: int) -> int:
    return round(1000 * values[min(len(values) - 1, len(values) * percent // 100)])
