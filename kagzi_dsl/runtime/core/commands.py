"""Commands: the work the core asks the shell for. Each stays pending until an event answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from kagzi_dsl.dsl import model
from kagzi_dsl.dsl.scope import Scope
from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json


class RunActivity(NamedTuple):
    """Run an attempt of an activity, not before `not_before` (ms) if given.

    `arguments` show secrets as `***`; where the node's `with` reads any, the shell evaluates it again in `scope` with
    the real ones. `timeout` (ms) bounds this attempt; None: as the decorator says. `first_started_at` is when attempt
    1 began, None on attempt 1. Answered by NodeCompleted, AttemptFailed or NodeFailed.
    """

    path: str
    node: model.Activity
    arguments: Json
    scope: Scope
    attempt: int
    idempotency_key: str
    timeout: int | None
    heartbeat: int | None
    not_before: int | None = None
    first_started_at: int | None = None


@dataclass(frozen=True, slots=True)
class StopActivity:
    """Stop an activity. Answered by NodeFailed (code Cancelled), or NodeCompleted where it was done already."""

    path: str
    node: model.Activity
    attempt: int
    message: str


@dataclass(frozen=True, slots=True)
class StartChild:
    """Start a child run; a detached one is answered at once, by NodeCompleted with {run_id}.

    `asked_at` (ms) is when this attempt began: when it was asked for, or was due.
    """

    path: str
    node: model.Call
    input: Json
    attempt: int
    asked_at: int
    not_before: int | None = None
    first_started_at: int | None = None


@dataclass(frozen=True, slots=True)
class StopChild:
    """Cancel a child run; answered when it has ended. `asked_at` is that of its StartChild."""

    path: str
    node: model.Call
    attempt: int
    asked_at: int
    message: str


@dataclass(frozen=True, slots=True)
class SendSignal:
    """Put a signal into the inbox of another run; `to` is its id or external id."""

    path: str
    node: model.Signal
    to: str
    name: str
    payload: Json


@dataclass(frozen=True, slots=True)
class EndRun:
    """The run is over. `output` is JSON text, `compensation` is "", "completed" or "failed"."""

    status: Literal["completed", "failed", "cancelled"]
    at: int
    output: str | None = None
    failure: Failure | None = None
    compensation: str = ""


Command: TypeAlias = RunActivity | StopActivity | StartChild | StopChild | SendSignal | EndRun
BEGINNINGS = (RunActivity, StartChild, SendSignal)
"""The commands that begin something: those a paused run holds back."""
Pending: TypeAlias = RunActivity | StopActivity | StartChild | StopChild | SendSignal
