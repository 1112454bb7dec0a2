"""What a worker can serve: the definitions whose activities it all has.

A run goes only to a worker that has its activities. Definitions are looked at once, when a run of them first lies in
one of the worker's queues.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Container

from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.dsl.model import Activity, Workflow, walk
from kagzi_dsl.runtime.library import Library
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Share

log = logging.getLogger("kagzi_dsl.worker")


class Offer:
    """The share of the runs in a store that one registry of activities can serve."""

    def __init__(self, store: Store, registry: Registry, *, namespace: str, queues: Collection[str]) -> None:
        self._store = store
        self._registry = registry
        self._library = Library(store)
        self.namespace = namespace
        self.queues = tuple(queues)
        self._served: set[str] = set()
        self._refused: set[str] = set()

    def share(self) -> Share:
        """What is known to be served by now."""
        return Share(namespace=self.namespace, queues=self.queues, digests=tuple(self._served))

    async def look(self) -> bool:
        """Looks for definitions that are new here; whether one of them can be served."""
        known = self._served | self._refused
        new = await self._store.digests(self.namespace, self.queues) - known
        served = [digest for digest in sorted(new) if await self._serves(digest)]
        self._served.update(served)
        self._refused.update(new.difference(served))
        return bool(served)

    async def _serves(self, digest: str) -> bool:
        workflow = await self._library.workflow(digest)
        missing = missing_activities(workflow, self._registry)
        if missing:
            log.warning("runs of %s wait for a worker that has %s", workflow.name, ", ".join(missing))
        return not missing


def missing_activities(workflow: Workflow, known: Container[str]) -> list[str]:
    """The activities a worker needs for runs of a workflow that are not among those `known` by name, sorted.

    Those that name a queue can be done by others.
    """
    activities = (node for node in walk(workflow.root) if isinstance(node, Activity))
    wanted = {node.activity for node in activities if node.queue is None}
    return sorted(name for name in wanted if name not in known)
