"""How an attempt failed, as it is journaled: scrubbed, bounded, and sure to be storable."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from kagzi_dsl.activities.crash import formatted, home_of, last_line, told, unwrapped
from kagzi_dsl.activities.definition import Definition
from kagzi_dsl.activities.output import to_json
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import ActivityError, Code, Failure, PayloadError
from kagzi_dsl.payload import Json

MESSAGE_LIMIT = 2_000
TRACEBACK_LIMIT = 4_096
DETAILS_LIMIT = 65_536


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed attempt. `retry_after` (ms) is the pause the activity asked for before the next one."""

    failure: Failure
    retry_after: int | None = None


def failed_by(error: BaseException, definition: Definition, secrets: Secrets) -> Failed:
    """The failure an exception of an activity stands for."""
    single = unwrapped(error)
    trace = _tail(_storable(secrets.scrub(formatted(error))), TRACEBACK_LIMIT)
    if isinstance(single, ActivityError):
        failure = _declared(single, secrets)
        return Failed(replace(failure, traceback=trace), _milliseconds(single.retry_after))
    place = last_line(single, home=home_of(definition.place.file)) or definition.place
    message = f"{cleaned(told(single), secrets)} ({place})"
    return Failed(replace(Failure.of(Code.INTERNAL, message, type=type(single).__name__), traceback=trace))


def unusable(definition: Definition, type: str, reason: str, *, code: Code = Code.INTERNAL) -> Failed:
    """The failure of an activity that did its work and whose output cannot be kept.

    It is not tried again, for the work would be done twice; its outcome is unknown, so that a saga undoes it.
    """
    failure = Failure.of(code, f"{reason} ({definition.place})", type=type)
    return Failed(replace(failure, retryable=False, outcome="unknown"))


def _declared(error: ActivityError, secrets: Secrets) -> Failure:
    details, note = _details(error.details, secrets)
    return Failure(
        code=error.code,
        message=cleaned(error.message, secrets) + note,
        type=cleaned(error.type, secrets),
        retryable=bool(error.retryable),
        details=details,
        outcome=error.outcome,
    )


def _details(details: Any, secrets: Secrets) -> tuple[Json, str]:
    """Details as JSON, or None and a note why they are left out."""
    try:
        value, text = to_json(details)
    except PayloadError as error:
        return None, f" (its details are left out: {secrets.scrub(str(error))})"
    if len(text) > DETAILS_LIMIT:
        return (
            None,
            f" (its details are left out: {len(text):,} characters of JSON, over the limit of {DETAILS_LIMIT:,})",
        )
    return secrets.scrub_json(value), ""


def cleaned(message: object, secrets: Secrets) -> str:
    """A message scrubbed, bounded and storable."""
    # Scrubbed before it is cut: half a secret would not be found.
    text = _storable(secrets.scrub(str(message)))
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def _storable(text: str) -> str:
    """`text` without what JSON in PostgreSQL cannot hold: NUL and lone surrogates."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def _tail(text: str, limit: int) -> str:
    data = text.encode()
    if len(data) <= limit:
        return text
    return "…\n" + data[len(data) - limit + 4 :].decode("utf-8", "ignore")


def _milliseconds(seconds: object) -> int | None:
    if not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return None
    return max(0, round(seconds * 1_000))
