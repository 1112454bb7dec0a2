"""What log records say of runs. Nothing that was given to a run or came of it: logs hold no payload."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kagzi_dsl.duration import format_duration
from kagzi_dsl.runtime.trace import correlation_id, trace_id

if TYPE_CHECKING:
    from kagzi_dsl.runtime.core.commands import EndRun
    from kagzi_dsl.runtime.store.records import Run

log = logging.getLogger("kagzi_dsl.run")
"""How runs go: attempts that failed, runs that ended."""


def about(run: Run) -> dict[str, str]:
    """The `extra` of every record about a run."""
    return {
        "run_id": str(run.id),
        "workflow": run.workflow,
        "namespace": run.namespace,
        "trace_id": trace_id(run),
        "correlation_id": correlation_id(run),
    }


def log_end(run: Run, end: EndRun, told: Mapping[str, str]) -> None:
    """Says that a run is over, and how; `told` is what there is to say of the run: see `about`."""
    level = logging.WARNING if end.status == "failed" else logging.INFO
    if not log.isEnabledFor(level):
        return
    facts: dict[str, object] = {**told, "status": end.status}
    took = ""
    if run.started_at is not None:
        facts["duration_ms"] = max(0, end.at - run.started_at)
        took = f" in {format_duration(max(0, end.at - run.started_at))}"
    if end.compensation:
        facts["compensation"] = end.compensation
    if end.failure is not None:
        facts |= {"node_path": end.failure.path, "code": end.failure.code.value, "type": end.failure.type}
    how = f" as {end.failure.type}" if end.failure is not None and end.status == "failed" else ""
    # Not through `log.log`, which looks for the line it is called from each time: that is a fifth of what this costs.
    message = "the run %s%s%s"
    log.handle(log.makeRecord(log.name, level, __file__, 0, message, (end.status, how, took), None, extra=facts))
