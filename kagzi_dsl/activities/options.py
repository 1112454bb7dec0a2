"""What `@activity(…)` may be told, checked. Every ValueError here is a sentence that says what would be right."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from kagzi_dsl.duration import MAX_DURATION, parse_duration
from kagzi_dsl.retry import Retry

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.]*")
_INTERVALS = ("initial_interval", "max_interval", "max_elapsed")


def checked_name(name: object) -> str:
    """A name an activity may have."""
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    raise ValueError(
        f"{name!r} cannot be its name; a name begins with a letter or underscore and goes on with letters, digits, "
        "underscores and dots, as in charge_card or billing.charge"
    )


def timeout_ms(value: object) -> int:
    """A timeout in milliseconds, from duration text, a timedelta, or a number of seconds."""
    match value:
        case bool():
            raise ValueError(_wrong_timeout(value))
        case int() | float():
            milliseconds = value * 1_000 if math.isfinite(value) else -1
        case str():
            milliseconds = _parsed("timeout", value)
        case timedelta():
            milliseconds = value / timedelta(milliseconds=1)
        case _:
            raise ValueError(_wrong_timeout(value))
    if not 1 <= milliseconds <= MAX_DURATION:
        raise ValueError(f"its timeout {value!r} is not between 1ms and 100 years; leave it out for none")
    return round(milliseconds)


def retry_policy(value: object) -> Retry:
    """A policy, from a Retry or from a mapping in the words of a workflow's `retry`."""
    match value:
        case Retry():
            return _within_bounds(value)
        case Mapping():
            return _within_bounds(Retry(**{key: _field(key, item) for key, item in value.items()}))
        case _:
            raise ValueError(
                f'its retry is {value!r}; write for example retry={{"max_attempts": 5, "initial_interval": "1s"}}'
            )


def _wrong_timeout(value: object) -> str:
    return f'its timeout is {value!r}; write for example timeout="30s", a timedelta, or a number of seconds'


def _field(key: object, value: object) -> Any:
    names = [field.name for field in fields(Retry)]
    if key not in names:
        from difflib import get_close_matches  # only for those who mistype

        close = get_close_matches(str(key), names, n=1)
        advice = f"did you mean {close[0]}?" if close else f"it has {', '.join(names)}"
        raise ValueError(f"a retry has no {key!r}; {advice}")
    if value is None:
        return None
    if key in _INTERVALS:
        return _interval(str(key), value)
    return (
        tuple(value) if key == "non_retryable_errors" and isinstance(value, list | tuple | set | frozenset) else value
    )


def _interval(key: str, value: object) -> int:
    match value:
        case str():
            return _parsed(key, value)
        case timedelta():
            return round(value / timedelta(milliseconds=1))
        case _:
            raise ValueError(
                f'the {key} of its retry is {value!r}; write a duration with its unit, as in "1s" or "500ms"'
            )


def _parsed(what: str, text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ValueError(f"its {what}: {error}") from None


def _within_bounds(policy: Retry) -> Retry:
    attempts, coefficient, errors = policy.max_attempts, policy.backoff_coefficient, policy.non_retryable_errors
    if attempts is not None and (type(attempts) is not int or attempts < 1):
        raise ValueError(
            f"the max_attempts of its retry is {attempts!r}; it is a whole number from 1, the first attempt included"
        )
    if coefficient is not None and not (_is_number(coefficient) and 1 <= coefficient < math.inf):
        raise ValueError(f"the backoff_coefficient of its retry is {coefficient!r}; it is a number from 1")
    if errors is not None and not (isinstance(errors, tuple) and all(isinstance(name, str) for name in errors)):
        raise ValueError(
            f"the non_retryable_errors of its retry are {errors!r}; "
            'list codes and types, as in ["InvalidArgument", "CardDeclined"]'
        )
    for key in _INTERVALS:
        interval = getattr(policy, key)
        if interval is not None and (type(interval) is not int or interval < 0):
            raise ValueError(
                f"the {key} of its retry is {interval!r}; in a Retry it is a whole number of milliseconds from 0"
            )
    return policy


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
