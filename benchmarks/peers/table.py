"""The peers, in the versions their adapters were written for, and how each tells what it has done."""

from __future__ import annotations

from benchmarks.peers.home import Peer
from benchmarks.peers.measure import Contest, Sizes

CHECK_JSONSCHEMA = Peer("check-jsonschema", "check-jsonschema", ("check-jsonschema==0.39.0",))
DBOS = Peer("dbos", "DBOS Transact", ("dbos==3.4.0", "psycopg[binary]==3.3.9"))
ABSURD = Peer("absurd", "absurd", ("absurd-sdk==0.5.1", "absurdctl==0.5.1", "psycopg[binary]==3.3.9"))
OPENWORKFLOW = Peer("openworkflow", "openworkflow", ("openworkflow@0.10.1", "postgres@3.4.9"), node=True)

PEERS = {peer.name: peer for peer in (DBOS, ABSURD, OPENWORKFLOW, CHECK_JSONSCHEMA)}

CONTESTS = (
    Contest(
        peer=DBOS,
        adapter="with_dbos",
        how="Queues are polled every millisecond instead of every second, at most 20 runs are under way in a worker "
        "(without a bound it is slower), the pool has 20 connections, and only errors are logged. Runs and steps are "
        "plain functions, which is faster than async ones; only the steps that run at once in one run are async.",
        runs="select count(*) from dbos.workflow_status where status = 'SUCCESS'",
        steps="select count(*) from dbos.operation_outputs",
    ),
    Contest(
        peer=ABSURD,
        adapter="with_absurd",
        how="Workers poll every millisecond instead of every quarter of a second in four threads (the default is "
        "one thread, which was slower). Tasks are spawned in one statement.",
        runs="select count(*) from absurd.t_bench where state = 'completed'",
        steps="select count(*) from absurd.c_bench",
        sizes=Sizes(workers=(1, 2, 8)),
    ),
    Contest(
        peer=OPENWORKFLOW,
        adapter="with_openworkflow.mjs",
        how="A worker has 100 runs under way at once (the default is one) on a pool of 10 connections. How often it "
        "polls cannot be set. A step in a row is timed inside the run, so that no wait for a poll is counted.",
        runs="select count(*) from openworkflow.workflow_runs where status in ('completed', 'succeeded')",
        steps="select count(*) from openworkflow.step_attempts where status in ('completed', 'succeeded')",
        sizes=Sizes(samples=30),
    ),
)
