"""Running a workflow anew: a new run of the same definition, from its beginning or from the middle of an old run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.payload import Json, loads
from kagzi_dsl.runtime.core.fork import Before, facts_before, forked, paths_of
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.starting import Blueprint
from kagzi_dsl.runtime.store.records import NewRun, Run
from kagzi_dsl.runtime.view import facts_of

SAME_INPUT: Final = object()
"""Stands for the input of the old run."""
_KEPT = ("host", "file", "activities", "base")
"""What a new run takes over of where the old one was started from."""


def rerun(
    run: Run,
    workflow: Workflow,
    journal: Sequence[Entry],
    *,
    now: int,
    from_node: str | None,
    outputs: Mapping[str, Json],
    input: Json,
    limit_bytes: int,
) -> NewRun:
    """The new run. `outputs` are given to nodes (paths or ids) instead of running them.

    Without `from_node` it begins where the first of those nodes did, or else at its beginning. Raises InputError, and
    RunConflict naming the node that stands in the way.
    """
    blueprint = Blueprint(
        workflow=workflow, digest=run.digest, pins=run.pins, namespace=run.namespace, limit_bytes=limit_bytes
    )
    new = blueprint.run(
        loads(run.input) if input is SAME_INPUT else input,
        labels=run.labels,
        priority=run.priority,
        queue=run.queue,
        origin=_origin(run, from_node),
        **_said(run),
    )
    if from_node is None and not outputs:
        return new
    before = _before(run, workflow, journal, from_node, outputs)
    paths = paths_of(workflow, facts_of(run), before.told, outputs)
    given = {paths[node]: value for node, value in outputs.items()}
    return replace(new, journal=forked(workflow, facts_of(new), before.told, given, at=now))


def _before(
    run: Run, workflow: Workflow, journal: Sequence[Entry], node: str | None, given: Mapping[str, Json]
) -> Before:
    names = [node] if node is not None else list(given)
    found = [facts_before(workflow, facts_of(run), journal, name) for name in names]
    return min(found, key=lambda before: len(before.told))


def _origin(run: Run, from_node: str | None) -> dict[str, Any]:
    kept = {name: run.origin[name] for name in _KEPT if name in run.origin}
    return {**kept, "rerun_of": str(run.id), **({"from": from_node} if from_node is not None else {})}


def _said(run: Run) -> Any:
    said: dict[str, Any] = {} if run.version is None else {"version": run.version}
    return said if run.retry is None else {**said, "retry": run.retry}
