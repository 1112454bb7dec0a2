"""A `schedule:` that names no time there is, or starts runs with an input they cannot take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kagzi_dsl.dsl.conformance import validate_value
from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.input import with_defaults
from kagzi_dsl.dsl.misfit import Misfit, Wanted, misfits
from kagzi_dsl.dsl.types import of_value
from kagzi_dsl.payload import Json

if TYPE_CHECKING:
    from kagzi_dsl.dsl.schedule import Schedule

INVALID_CRON = DiagnosticCode(
    "invalid-cron",
    "error",
    "A cron expression has a field with something in it that the field does not take, or names no day there is.",
    'schedule: {cron: "0 25 * * *"}',
)
UNKNOWN_TIMEZONE = DiagnosticCode(
    "unknown-timezone",
    "error",
    "`timezone` is not the name of a zone in the IANA time zone data.",
    'schedule: {cron: "0 9 * * *", timezone: Berlin}',
)
INVALID_SCHEDULE = DiagnosticCode(
    "invalid-schedule",
    "error",
    "A schedule does not say when it fires, says it twice, or has an option that makes no sense beside the others.",
    'schedule: {cron: "0 9 * * *", interval: 1h}',
)
SCHEDULE_INPUT = DiagnosticCode(
    "schedule-input",
    "error",
    "The runs of a schedule would be started with an input that the workflow does not take.",
    "input: {type: object, required: [region]}\nschedule: {interval: 1h}",
)
SCHEDULE_EXPRESSION = DiagnosticCode(
    "schedule-expression",
    "error",
    "There is an expression in the input of a schedule, where nothing is evaluated.",
    'schedule: {interval: 1h, input: {day: "${ run.started_at }"}}',
)
CODES = (INVALID_CRON, UNKNOWN_TIMEZONE, INVALID_SCHEDULE, SCHEDULE_INPUT, SCHEDULE_EXPRESSION)

_CODE_OF = {"cron": INVALID_CRON, "timezone": UNKNOWN_TIMEZONE}


def check(context: Context) -> Iterator[Diagnostic]:
    schedule = context.document.schedule
    if schedule is None:
        return
    yield from _times(context, schedule)
    expressions = list(_expressions(schedule.input, ("schedule", "input")))
    for pointer in expressions:
        message = "the input of a schedule is plain JSON: nothing evaluates the expression in it"
        hint = "the workflow itself knows when it was due: `${ run.scheduled_for }`"
        yield context.at_value(pointer, SCHEDULE_EXPRESSION, message, hint)
    if not expressions:
        yield from _input(context, schedule)


def _times(context: Context, schedule: Schedule) -> Iterator[Diagnostic]:
    from kagzi_dsl.dsl.schedule import flaws  # the calendar, time zones

    for flaw in flaws(schedule):
        beside = flaw.option == "timezone" and schedule.cron is None
        code = INVALID_SCHEDULE if beside else _CODE_OF.get(flaw.option, INVALID_SCHEDULE)
        if flaw.option:
            yield context.at_value(("schedule", flaw.option), code, flaw.message)
        else:
            hint = 'write cron: "0 9 * * *" for every day at nine, or interval: 15m'
            yield context.at_key(("schedule",), code, flaw.message, hint)


def _expressions(value: Json, pointer: Pointer) -> Iterator[Pointer]:
    if isinstance(value, str) and "${" in value:
        yield pointer
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _expressions(inner, (*pointer, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _expressions(inner, (*pointer, index))


def _input(context: Context, schedule: Schedule) -> Iterator[Diagnostic]:
    schema = context.workflow.input_schema
    if schema is None:
        return
    given = with_defaults(schema, schedule.input)
    found = list(misfits(of_value(given), Wanted(schema, schema)))
    for misfit in found:
        yield _of_misfit(context, misfit)
    if not found:
        # What can only be told of a value, not of its type: patterns, sums, conditions.
        for sentence in validate_value(schema, given, name="input"):
            yield context.at_value(("schedule", "input"), SCHEDULE_INPUT, f"with this input no run starts: {sentence}")


def _of_misfit(context: Context, misfit: Misfit) -> Diagnostic:
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in misfit.path)
    if misfit.missing is not None:
        place = f"input{where}.{misfit.missing}"
        message = f"no run starts without `{place}`, and the schedule does not give it"
        hint = f"add `{misfit.missing}` to the schedule's `input`"
        return context.at_value(("schedule", "input", *misfit.path), SCHEDULE_INPUT, message, hint)
    pointer = ("schedule", "input", *misfit.path)
    if misfit.unknown is not None:
        return context.at_key(pointer, SCHEDULE_INPUT, f"the workflow takes no `input{where}`", misfit.hint)
    return context.at_value(pointer, SCHEDULE_INPUT, f"`input{where}` {misfit.message}", misfit.hint)
