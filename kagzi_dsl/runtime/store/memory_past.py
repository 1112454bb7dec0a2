"""How the memory store looks back at runs that are over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from kagzi_dsl.runtime.store.memory_rows import Row
from kagzi_dsl.runtime.store.records import ENDED, Old, Run


def prunable(rows: Mapping[UUID, Row], old: Old) -> Iterator[UUID]:
    """The runs that ended long enough ago, as did the roots of their families, oldest first."""

    def over(run: Run) -> bool:
        return run.status in ENDED and run.finished_at is not None and run.finished_at < old.before

    for run_id in sorted(rows):
        run = rows[run_id].run
        root = rows.get(run.root_id)
        named = old.namespace in (None, run.namespace)
        if named and over(run) and (root is None or over(root.run)):
            yield run_id
