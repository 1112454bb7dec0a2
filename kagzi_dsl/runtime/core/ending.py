"""How a run ends: its output, its failure, and whether it is tried again as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kagzi_dsl.dsl.input import validate_value
from kagzi_dsl.duration import format_duration
from kagzi_dsl.errors import Code, ExpressionError, Failure, PayloadError
from kagzi_dsl.payload import Json
from kagzi_dsl.retry import AttemptFacts, Retry, next_attempt_at
from kagzi_dsl.runtime.core.commands import EndRun, Pending, StartChild, StopChild
from kagzi_dsl.runtime.core.env import Env
from kagzi_dsl.runtime.core.frame import invalid, unstorable
from kagzi_dsl.runtime.core.outcome import Cancelled, Completed, Failed, Outcome, Returned, Skipped

if TYPE_CHECKING:
    from kagzi_dsl.runtime.core.course import Course


TERMINATED = "Terminated"
"""The type of the failure of a run that was ended with nothing undone."""


def verdict(machine: Course, env: Env, outcome: Outcome) -> Outcome:
    """What the root's outcome means for the run: its output made, checked and measured; a passed deadline a failure."""
    match outcome:
        case Completed(output):
            return _shaped(machine, env, output)
        case Returned(output):
            return _checked(machine, output)
        case Skipped():
            return _checked(machine, None)
        case Cancelled(cause) if cause.reason == "timeout":
            return Failed(run_timed_out(machine))
        case Failed() | Cancelled():
            return outcome


def _shaped(machine: Course, env: Env, output: Json) -> Outcome:
    template = machine.workflow.output
    if template is None:
        return _checked(machine, output)
    try:
        return _checked(machine, template.evaluate(env.binding(result=output)))
    except ExpressionError as error:
        return Failed(invalid(error, ""))


def _checked(machine: Course, output: Json) -> Outcome:
    schema = machine.workflow.output_schema
    problems = validate_value(schema, output) if schema is not None else []
    if problems:
        message = "the run's output does not fit output_schema: " + "; ".join(problems)
        return Failed(Failure.of(Code.INVALID_ARGUMENT, message))
    try:
        machine.text_of(output)
    except PayloadError as error:
        return Failed(unstorable(error, ""))
    return Completed(output)


def restart_at(machine: Course, outcome: Outcome) -> int | None:
    """When (ms) the run begins again from its first node, None when it does not: a cancellation that came while the run
    was failing already leaves it failed, and it is not tried again.
    """
    if not isinstance(outcome, Failed) or machine.compensation == "failed" or machine.cancel_requested:
        return None
    assert machine.started_at is not None
    facts = AttemptFacts(
        path="",
        run_id=machine.facts.id,
        attempt=machine.attempt,
        first_started_at=machine.started_at,
        ended_at=machine.at,
    )
    policy = (machine.facts.retry or Retry()).over(machine.workflow.run.retry)
    due = next_attempt_at(policy, outcome.failure, facts)
    return None if _deadline_passed(machine, due) else due


def _deadline_passed(machine: Course, due: int | None) -> bool:
    return due is not None and machine.deadline is not None and due >= machine.deadline


def end_run(machine: Course, outcome: Outcome) -> EndRun:
    """The last command of a run."""
    match outcome:
        case Completed(output) | Returned(output):
            return EndRun("completed", machine.at, machine.text_of(output), None, machine.compensation)
        case Skipped():
            return EndRun("completed", machine.at, "null", None, machine.compensation)
        case Failed(failure):
            return EndRun("failed", machine.at, None, failure, machine.compensation)
        case Cancelled(cause):
            kind = TERMINATED if cause.reason == "terminate" else ""
            failure = Failure.of(Code.CANCELLED, cause.message, type=kind)
            return EndRun("cancelled", machine.at, None, failure, machine.compensation)


def run_timed_out(machine: Course) -> Failure:
    """The failure of a run whose own `timeout`, or the deadline it was given, passed."""
    assert machine.deadline is not None
    assert machine.started_at is not None
    if machine.deadline == machine.facts.deadline:
        moment = datetime.fromtimestamp(machine.deadline / 1000, UTC).isoformat(timespec="seconds")
        message = f"the run was not done by its deadline, {moment.replace('+00:00', 'Z')}"
        return Failure.of(Code.TIMEOUT, message)
    took = format_duration(machine.deadline - machine.started_at)
    return Failure.of(Code.TIMEOUT, f"the run was not done within its timeout of {took}")


def waits_for_child(pending: Iterable[Pending]) -> bool:
    """Whether an attached child run is being waited for."""
    return any(isinstance(command, StartChild | StopChild) for command in pending)
