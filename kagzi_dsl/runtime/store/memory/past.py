"""How the memory store looks back at runs that are over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.ids import first_id_at
from kagzi_dsl.runtime.store.memory.rows import Row
from kagzi_dsl.runtime.store.records import ENDED, Old, Run
from kagzi_dsl.runtime.store.statistics import Durations, NodeStats, Window, WorkflowStats

_OUTSIDE = frozenset({EntryType.NODE_COMPLETED, EntryType.NODE_FAILED, EntryType.ATTEMPT_FAILED})
"""What is journaled of nodes that work outside the run."""


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


def statistics_of(rows: Iterable[Row], window: Window) -> list[WorkflowStats]:
    """What is known of the runs of a window, by workflow."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.run.id):
        run = row.run
        if _in_window(run, window):
            found.setdefault(run.workflow, []).append(row)
    return [_of_workflow(workflow, found[workflow]) for workflow in sorted(found)]


def _in_window(run: Run, window: Window) -> bool:
    of_it = run.namespace == window.namespace and window.workflow in (None, run.workflow)
    return of_it and run.id >= first_id_at(window.since)


def _of_workflow(workflow: str, rows: Sequence[Row]) -> WorkflowStats:
    runs = [row.run for row in rows]
    ended = [run for run in runs if run.finished_at is not None and run.started_at is not None]
    failed = [run.failure.code.value for run in runs if run.status == "failed" and run.failure is not None]
    ends: dict[str, list[Entry]] = {}
    for entry in (entry for row in rows for entry in row.in_order() if entry.type in _OUTSIDE):
        ends.setdefault(entry.path.rpartition(".")[2], []).append(entry)
    return WorkflowStats(
        workflow=workflow,
        runs=Counter(run.status for run in runs),
        durations=Durations.of([(run.finished_at or 0) - (run.started_at or 0) for run in ended]),
        failures=Counter(failed),
        nodes=[_of_node(node, entries) for node, entries in sorted(ends.items())],
    )


def _of_node(node: str, entries: Sequence[Entry]) -> NodeStats:
    ended = [entry for entry in entries if entry.type is not EntryType.ATTEMPT_FAILED]
    return NodeStats(
        node=node,
        kind=max(entry.node for entry in entries),
        ended=len(ended),
        failed=sum(entry.type is EntryType.NODE_FAILED and entry.status == "failed" for entry in ended),
        retries=len(entries) - len(ended),
        durations=Durations.of([entry.at - entry.started_at for entry in ended if entry.started_at is not None]),
    )
