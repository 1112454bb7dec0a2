"""The table of benchmarks: what each measures, what it is to reach, and with whom it is compared."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.harness.aim import Aim, at_least, at_most
from benchmarks.harness.figure import Figures
from benchmarks.harness.stage import Stage
from benchmarks.peers.table import CONTESTS
from benchmarks.subjects import claims, fanout, latency, memory, queue, recovery, sequence, sleepers, startup, validate


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """`measure` gives its figures; `quick` are the sizes that only show that it still runs.

    `compared` are aims that hold it against figures of other benchmarks.
    """

    name: str
    what: str
    measure: Callable[..., Coroutine[Any, Any, Figures]]
    quick: Mapping[str, Any]
    aims: tuple[Aim, ...] = ()
    compared: tuple[Aim, ...] = ()

    def run(self, stage: Stage, *, quick: bool, rounds: int | None) -> Coroutine[Any, Any, Figures]:
        """Begins to measure; `rounds` None leaves their number to the benchmark."""
        sizes = {**(self.quick if quick else {}), **({"rounds": rounds} if rounds else {})}
        return self.measure(stage, **sizes)


_CHECK_ONE = ("validate.check_jsonschema_one",)
_CHECK_MANY = ("validate.check_jsonschema_many",)

SET_WHERE = {
    "queue.pgbench_16": ("inserts/s of pgbench", 31_580.0),
    "sequence.awaited_insert": ("ms for an awaited insert", 0.17),
    "dbos.workers_1": ("steps/s of DBOS", 670.0),
}
"""What a machine with two cores gave on which the aims in figures of its own were set, ratios apart."""

_PEERS = tuple(contest.peer.name for contest in CONTESTS)
_RATES = tuple(f"{name}.workers_1" for name in _PEERS)

SPEED = (
    Benchmark(
        name="queue",
        what="1,000 runs of five trivial steps through the queue, in steps a second",
        measure=queue.measure,
        quick={"runs": 20, "rounds": 1, "seconds": 1},
        aims=(
            at_least("queue.one_worker", 15_000, "one worker process"),
            at_least("queue.two_over_one", 1.5, "two worker processes, compared with one"),
            at_least("queue.one_over_pgbench", 0.5, "one worker, as a share of pgbench's 16 clients"),
            at_least("queue.two_over_pgbench", 0.8, "two workers, as a share of pgbench's 16 clients"),
        ),
        compared=(
            at_least("queue.one_worker", 20, "one worker process, compared with DBOS", over=("dbos.workers_1",)),
            at_least("queue.one_worker", 6, "one worker process, compared with the best peer", over=_RATES),
        ),
    ),
    Benchmark(
        name="sequence",
        what="one run of 1,000 steps in a row, and one of 10,000",
        measure=sequence.measure,
        quick={"short": 20, "long": 60, "rounds": 1},
        aims=(
            at_most("sequence.short", 0.30, "a step in a row of 1,000"),
            at_most("sequence.long_over_short", 1.2, "a step in a row of 10,000, compared with 1,000"),
        ),
    ),
    Benchmark(
        name="fanout",
        what="a `parallel` of 1,000 activities in one run, and a `foreach` over 10,000 items",
        measure=fanout.measure,
        quick={"width": 20, "items": 60, "rounds": 1},
        aims=(
            at_most("fanout.parallel", 0.1, "1,000 branches at once"),
            at_most("fanout.foreach_memory", 200, "memory of a worker that ran 10,000 rounds"),
            at_most("fanout.foreach_memory_growth", 2.2, "memory for 10,000 rounds, compared with 5,000"),
        ),
    ),
    Benchmark(
        name="latency",
        what="a one-step run through the queue of an idle system, from its start to its end being known",
        measure=latency.measure,
        quick={"samples": 5, "rounds": 1, "idle_seconds": 0.2},
        aims=(
            at_most("latency.p50", 3, "the median"),
            at_most("latency.p99", 8, "99 in 100"),
            at_most("latency.idle_cpu", 2, "a worker that idles"),
        ),
    ),
)

BURDENS = (
    Benchmark(
        name="memory",
        what="what a worker has in memory with 1,000 live runs",
        measure=memory.measure,
        quick={"runs": 20, "rounds": 1},
        aims=(at_most("memory.live_rss", 80, "a worker with 1,000 live runs"),),
    ),
    Benchmark(
        name="recovery",
        what="1,000 runs a killed worker left in the middle, taken up by another",
        measure=recovery.measure,
        quick={"runs": 20, "rounds": 1},
        aims=(at_most("recovery.recovered_over_fresh", 2, "compared with 1,000 fresh runs"),),
    ),
    Benchmark(
        name="claims",
        what="taking up runs from a database with 1,000,000 finished and 100,000 pending ones",
        measure=claims.measure,
        quick={"finished": 500, "pending": 250, "claims": 2, "rounds": 1},
        aims=(
            at_most("claims.one_full_over_empty", 1.2, "claiming one run, compared with an empty database"),
            at_most("claims.batch_full_over_empty", 1.2, "claiming 200 runs, compared with an empty database"),
            at_most("claims.look_full_over_empty", 1.2, "finding nothing to do, compared with an empty database"),
        ),
    ),
    Benchmark(
        name="sleepers",
        what="100,000 sleeping runs: a worker that idles, and 10,000 more that are due at one moment",
        measure=sleepers.measure,
        quick={"sleeping": 300, "waking": 30, "rounds": 1, "idle_seconds": 0.2},
        aims=(
            at_most("sleepers.idle_cpu", 2, "a worker while all sleep"),
            at_least("sleepers.waking", 1_000, "waking"),
        ),
    ),
    Benchmark(
        name="validate",
        what="`kagzi-dsl validate` of one small file, and of 1,000 files of 45 lines",
        measure=validate.measure,
        quick={"files": 5, "rounds": 1},
        aims=(
            at_most("validate.one", 0.5, "one small file, as a share of check-jsonschema", over=_CHECK_ONE),
            at_most("validate.many", 1 / 3, "1,000 files, as a share of check-jsonschema", over=_CHECK_MANY),
        ),
    ),
    Benchmark(
        name="startup",
        what="`kagzi-dsl run` of a file with one step, with the database already up",
        measure=startup.measure,
        quick={"rounds": 1},
        aims=(at_most("startup.run", 0.6, "from the command to its end"),),
    ),
)

RIVALS = tuple(
    Benchmark(
        name=contest.peer.name,
        what=f"the same of {contest.peer.title}",
        measure=contest.measure,
        quick={"runs": 20, "row": 20, "width": 20, "samples": 3, "rounds": 1},
    )
    for contest in CONTESTS
)
BENCHMARKS = (*SPEED, *RIVALS, *BURDENS)
OWN = (*SPEED, *BURDENS)
BY_NAME = {benchmark.name: benchmark for benchmark in BENCHMARKS}
