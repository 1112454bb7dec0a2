"""Whether a run that is over can be gone on with, from where it stood."""

from __future__ import annotations

from kagzi_dsl.errors import RunConflict
from kagzi_dsl.runtime.core.ending import TERMINATED
from kagzi_dsl.runtime.store.records import ENDED, Run

GIVEN_UP = "Poisoned"
"""The type of the failure of a run that the engine ended because it made no progress."""


def was_given_up(run: Run) -> bool:
    """Whether that is why a run is over. It concerns no node; a workflow may use the word for an error of its own."""
    return run.status == "failed" and run.failure is not None and run.failure.type == GIVEN_UP and not run.failure.path


def can_hear(run: Run, kind: str) -> bool:
    """Whether there is anything left that a run could be told; one that was given up can still be cancelled."""
    return run.status not in ENDED or (kind == "cancel" and was_given_up(run))


def why_retried(run: Run) -> str:
    """Why a run goes on from the node it failed at. Raises RunConflict when there is no such node to go on from."""
    if run.failure is not None and run.failure.type == TERMINATED and run.status == "cancelled":
        return "it was terminated; it goes on where it stood"
    match run.status:
        case "failed" | "cancelled" if run.compensation == "completed":
            raise RunConflict(f"run {run.id} {run.status}, and what it had done was undone; start a new run")
        case "failed":
            return "it failed; it goes on from the node it failed at"
        case "cancelled":
            return "it was cancelled; it goes on where it was"
        case "completed":
            raise RunConflict(f"run {run.id} completed; there is nothing to retry")
        case status:
            raise RunConflict(f"run {run.id} is {status}; to go on with it, type: kagzi-dsl resume {run.id}")
