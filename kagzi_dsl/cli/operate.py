"""`kagzi-dsl workers`: who is at work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.options import database_options, json_option
from kagzi_dsl.cli.output import colourful, say, write_json, write_text

if TYPE_CHECKING:
    from kagzi_dsl.cli.workers import AtWork
    from kagzi_dsl.payload import Json


@click.command(short_help="List the processes that work on runs.")
@json_option
@database_options
def workers(as_json: bool, database: str | None, namespace: str) -> int:
    """List the processes that work on runs, of every namespace: what they take up, and how long their leases last.

    A worker whose lease has ended, or whose process is gone, is listed as long as it owns runs; the next claim of a
    living one takes them over.

    \b
    Examples:
      kagzi-dsl workers
      kagzi-dsl workers --json | jq '.[] | select(.state != "alive")'
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.workers import at_work

    found = with_client(database, namespace, lambda client: at_work(client.store))
    if as_json:
        write_json([_as_json(one) for one in found])
    elif found:
        write_text("\n".join(_table(found)))
    else:
        say("no workers")
    return COMPLETED


def _as_json(one: AtWork) -> Json:
    worker = one.worker
    return {
        "worker_id": str(worker.id),
        "name": worker.name,
        "state": one.state,
        "host": worker.host,
        "pid": worker.pid,
        "version": worker.version,
        "namespace": worker.namespace,
        "queues": list(worker.queues),
        "activities": list(worker.activities),
        "labels": dict(worker.labels),
        "runs": one.runs,
        "registered_at": worker.registered_at,
        "lease_ends_at": worker.expires_at,
    }


def _table(found: list[AtWork]) -> list[str]:
    from kagzi_dsl.cli.output import clean
    from kagzi_dsl.cli.words import columns

    rows = [["WORKER", "STATE", "RUNS", "LEASE", "NAMESPACE", "QUEUES", "VERSION", "LABELS"]]
    rows += [[clean(cell) for cell in _cells(one)] for one in found]
    lines = columns(rows)
    if colourful(sys.stdout):
        lines[0] = click.style(lines[0], bold=True)
    return lines


def _cells(one: AtWork) -> list[str]:
    from kagzi_dsl.cli.words import took

    worker = one.worker
    lease = took(one.lease_ms) if one.lease_ms > 0 else f"ended {took(-one.lease_ms)} ago"
    queues = ", ".join(worker.queues) or "(one run and its children)"
    labels = ", ".join(f"{key}={value}" for key, value in worker.labels.items())
    return [worker.name, one.state, str(one.runs), lease, worker.namespace or "", queues, worker.version, labels]
