"""Definitions at hand: parsed once, kept by digest."""

from __future__ import annotations

from collections import OrderedDict

from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.parse import load_canonical
from kagzi_dsl.errors import StoreError
from kagzi_dsl.runtime.store.protocol import Store


class Library:
    """Workflows by digest, read from the store at first use; the `size` used last are kept."""

    def __init__(self, store: Store, *, size: int = 1_000) -> None:
        self._store = store
        self._size = size
        self._kept: OrderedDict[str, Workflow] = OrderedDict()

    async def workflow(self, digest: str) -> Workflow:
        """The workflow stored under a digest. Raises StoreError when there is none."""
        kept = self._kept.get(digest)
        if kept is not None:
            self._kept.move_to_end(digest)
            return kept
        found = (await self._store.definitions([digest])).get(digest)
        if found is None:
            raise StoreError(f"the definition {digest[:12]} is not in the database")
        return self.keep(digest, load_canonical(found.canonical))

    def keep(self, digest: str, workflow: Workflow) -> Workflow:
        """Keeps a workflow that is at hand already."""
        self._kept[digest] = workflow
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return workflow
