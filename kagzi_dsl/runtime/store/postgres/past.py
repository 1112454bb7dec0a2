"""Looking back at runs that are over, and forgetting them."""

from __future__ import annotations

from uuid import UUID

from kagzi_dsl.runtime.ids import first_id_at
from kagzi_dsl.runtime.store.postgres.pool import Pool
from kagzi_dsl.runtime.store.postgres.rows import Row
from kagzi_dsl.runtime.store.records import Old
from kagzi_dsl.runtime.store.statistics import Durations, NodeStats, Window, WorkflowStats

_SLACK_MS = 24 * 3_600_000
"""How far the clock an id was made by may be ahead of the database's."""


async def prune(pool: Pool, old: Old, *, after: UUID, limit: int) -> list[UUID]:
    """Forgets a batch and gives its ids."""
    bound = first_id_at(old.before + _SLACK_MS)
    return [row["id"] for row in await pool.write("prune", old.before, after, old.namespace, limit, bound)]


async def prunable(pool: Pool, old: Old) -> int:
    """How many there are to forget."""
    return int((await pool.fetch("prunable", old.before, old.namespace, first_id_at(old.before + _SLACK_MS)))[0][0])


async def stats(pool: Pool, window: Window) -> list[WorkflowStats]:
    """What is known of the runs of a window."""
    wanted = (first_id_at(window.since), window.namespace, window.workflow)
    runs = await pool.fetch("stats_of_runs", *wanted)
    failures = await pool.fetch("stats_of_failures", *wanted)
    nodes = await pool.fetch("stats_of_nodes", *wanted)
    return [
        WorkflowStats(
            workflow=workflow,
            runs={row["status"]: row["runs"] for row in runs if row["workflow"] == workflow and row["status"]},
            durations=next(_durations(row) for row in runs if row["workflow"] == workflow and not row["status"]),
            failures={row["code"]: row["runs"] for row in failures if row["workflow"] == workflow},
            nodes=sorted((_node(row) for row in nodes if row["workflow"] == workflow), key=lambda node: node.node),
        )
        for workflow in sorted({row["workflow"] for row in runs})
    ]


def _node(row: Row) -> NodeStats:
    counts = {name: row[name] for name in ("node", "kind", "ended", "failed", "retries")}
    return NodeStats(durations=_durations(row), **counts)


def _durations(row: Row) -> Durations | None:
    return None if row["took"] is None else Durations(*row["took"])
