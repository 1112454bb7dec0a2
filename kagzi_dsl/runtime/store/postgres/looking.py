"""Listing runs: which statement finds them, by where runs of the wanted statuses are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.records import ENDED, RunFilter


def listing(wanted: RunFilter) -> Callable[[Connection, int], Awaitable[list[Any]]]:
    """The query for a list of runs."""
    return lambda connection, _: connection.fetch(query(_statement(wanted)), *_arguments(wanted))


def _statement(wanted: RunFilter) -> str:
    statuses = list(wanted.status)
    if statuses and ENDED.isdisjoint(statuses):
        return "list_live_runs"
    return "list_ended_runs" if statuses and ENDED.issuperset(statuses) else "list_runs"


def _arguments(wanted: RunFilter) -> tuple[object, ...]:
    return (
        wanted.namespace,
        list(wanted.status) or None,
        wanted.workflow,
        wanted.version,
        wanted.queue,
        [f"{key}={value}" for key, value in wanted.labels.items()] or None,
        wanted.since,
        wanted.until,
        wanted.root_id,
        wanted.roots,
        wanted.external_id,
        wanted.before,
        wanted.limit,
    )
