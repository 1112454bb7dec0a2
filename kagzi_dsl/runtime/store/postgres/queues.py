"""Queues as rows: their limits, and how they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from kagzi_dsl.runtime.store.limits import Full, QueueLimits, QueueState, Rate


def limit_values(limits: QueueLimits) -> tuple[Any, ...]:
    """The arguments of `set_limits`."""
    rate = limits.rate
    return limits.namespace, limits.queue, limits.concurrency, rate and rate.starts, rate and rate.window_ms


def state_of(row: Any) -> QueueState:
    """A queue from a row of `queues`."""
    facts = dict(row)
    starts, window_ms = facts.pop("rate"), facts.pop("rate_ms")
    limits = QueueLimits(
        namespace=row["namespace"],
        queue=row["queue"],
        concurrency=facts.pop("concurrency"),
        rate=None if starts is None else Rate(starts, window_ms),
    )
    return QueueState(**facts, limits=limits)


def full_limits_of(found: Iterable[Any]) -> dict[UUID, list[Full]]:
    """The limits that leave no room, by run, from rows of `full_limits`."""
    by_run: dict[UUID, list[Full]] = defaultdict(list)
    for row in found:
        facts = dict(row)
        del facts["place"]
        by_run[facts.pop("run_id")].append(Full(**facts))
    return dict(by_run)
