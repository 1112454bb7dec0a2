"""Looking back at runs that are over, and forgetting them."""

from __future__ import annotations

from uuid import UUID

from kagzi_dsl.runtime.ids import first_id_at
from kagzi_dsl.runtime.store.postgres.connection import Pool
from kagzi_dsl.runtime.store.records import Old

_SLACK_MS = 24 * 3_600_000
"""How far the clock an id was made by may be ahead of the database's."""


async def prune(pool: Pool, old: Old, *, after: UUID, limit: int) -> list[UUID]:
    """Forgets a batch and gives its ids."""
    bound = first_id_at(old.before + _SLACK_MS)
    return [row["id"] for row in await pool.fetch("prune", old.before, after, old.namespace, limit, bound)]


async def prunable(pool: Pool, old: Old) -> int:
    """How many there are to forget."""
    return int((await pool.fetch("prunable", old.before, old.namespace, first_id_at(old.before + _SLACK_MS)))[0][0])
