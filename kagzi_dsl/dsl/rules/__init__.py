"""The rules of the checker, one a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from kagzi_dsl.dsl.context import Context
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.diagnostic_code import DiagnosticCode
from kagzi_dsl.dsl.rules import (
    always_null,
    ambiguous_step,
    arguments,
    busy_repeat,
    call_input,
    compensate_outside_saga,
    concurrency,
    constant_condition,
    data_schemas,
    duplicate_case,
    endless_recursion,
    filter_scope,
    foreach_not_a_list,
    heartbeat_over_timeout,
    longer_than_timeout,
    no_effect,
    not_a_duration,
    possibly_null,
    reserved_name,
    retry_at_most_once,
    retry_intervals,
    return_place,
    schedule,
    secret_place,
    signal_not_awaited,
    signal_target,
    step_not_visible,
    suspicious_expression,
    unknown_activity,
    unknown_error_name,
    unknown_field,
    unknown_root,
    unknown_step,
    unknown_workflow,
    unmarked_expression,
    unreachable,
    until_never_changes,
    useless_comparison,
    value_in_text,
    wrong_operand,
    wrong_output,
)

Check: TypeAlias = Callable[[Context], Iterator[Diagnostic]]


class Rule(NamedTuple):
    """One rule: the codes it can report, and what looks for them."""

    codes: tuple[DiagnosticCode, ...]
    check: Check


RULES: Final[tuple[Rule, ...]] = (
    # Names.
    Rule(unknown_step.CODES, unknown_step.check),
    Rule(step_not_visible.CODES, step_not_visible.check),
    Rule(ambiguous_step.CODES, ambiguous_step.check),
    Rule(unknown_root.CODES, unknown_root.check),
    Rule(reserved_name.CODES, reserved_name.check),
    Rule(filter_scope.CODES, filter_scope.check),
    Rule(secret_place.CODES, secret_place.check),
    # Types.
    Rule(unknown_field.CODES, unknown_field.check),
    Rule(always_null.CODES, always_null.check),
    Rule(wrong_operand.CODES, wrong_operand.check),
    Rule(useless_comparison.CODES, useless_comparison.check),
    Rule(suspicious_expression.CODES, suspicious_expression.check),
    Rule(unmarked_expression.CODES, unmarked_expression.check),
    Rule(constant_condition.CODES, constant_condition.check),
    Rule(value_in_text.CODES, value_in_text.check),
    Rule(possibly_null.CODES, possibly_null.check),
    Rule(foreach_not_a_list.CODES, foreach_not_a_list.check),
    Rule(not_a_duration.CODES, not_a_duration.check),
    Rule(signal_target.CODES, signal_target.check),
    Rule(wrong_output.CODES, wrong_output.check),
    Rule(data_schemas.CODES, data_schemas.check),
    # Activities and other workflows.
    Rule(unknown_activity.CODES, unknown_activity.check),
    Rule(arguments.CODES, arguments.check),
    Rule(retry_at_most_once.CODES, retry_at_most_once.check),
    Rule(unknown_workflow.CODES, unknown_workflow.check),
    Rule(call_input.CODES, call_input.check),
    Rule(endless_recursion.CODES, endless_recursion.check),
    # The flow.
    Rule(compensate_outside_saga.CODES, compensate_outside_saga.check),
    Rule(return_place.CODES, return_place.check),
    Rule(unreachable.CODES, unreachable.check),
    Rule(duplicate_case.CODES, duplicate_case.check),
    Rule(until_never_changes.CODES, until_never_changes.check),
    Rule(busy_repeat.CODES, busy_repeat.check),
    Rule(signal_not_awaited.CODES, signal_not_awaited.check),
    Rule(unknown_error_name.CODES, unknown_error_name.check),
    # Times.
    Rule(longer_than_timeout.CODES, longer_than_timeout.check),
    Rule(concurrency.CODES, concurrency.check),
    Rule(retry_intervals.CODES, retry_intervals.check),
    Rule(heartbeat_over_timeout.CODES, heartbeat_over_timeout.check),
    Rule(schedule.CODES, schedule.check),
    Rule(no_effect.CODES, no_effect.check),
)
"""Every rule. The order is only that of the documentation: what they find is sorted by place."""

CODES: Final[tuple[DiagnosticCode, ...]] = tuple(dict.fromkeys(code for rule in RULES for code in rule.codes))
"""Every code the checker can report, once each."""
