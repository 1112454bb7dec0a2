"""Forgetting runs that ended long ago: in batches, so that nothing else waits for it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from uuid import UUID

from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Old

log = logging.getLogger("kagzi_dsl.worker")

BATCH = 1_000
"""How many runs are forgotten in one transaction."""
_FIRST = UUID(int=0)


async def forget(store: Store, old: Old) -> AsyncIterator[int]:
    """Forgets all runs that are old enough, and gives the size of each batch once it is gone."""
    after = _FIRST
    while forgotten := await store.prune(old, after=after, limit=BATCH):
        after = forgotten[-1]
        yield len(forgotten)


async def keep_forgetting(store: Store, *, namespace: str, keep: float, every: float) -> None:
    """Forgets what ended more than `keep` seconds ago, now and again every `every` seconds, for ever."""
    while True:
        try:
            old = Old(before=await store.now() - round(keep * 1000), namespace=namespace)
            if total := sum([count async for count in forget(store, old)]):
                log.info("forgot %s runs that ended long ago", total)
        except DatabaseUnavailable as error:  # whoever needs the database more says so
            log.warning("old runs could not be forgotten: %s", error)
        await asyncio.sleep(every)
