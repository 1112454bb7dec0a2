"""Every exception of the project, and the codes a failure can carry.

KagziError
├── DocumentError            a workflow document cannot be run; carries the diagnostics
├── InputError               a run's input does not fit the workflow's `input` schema
│   └── BadInputs            … several inputs of many do not
├── ConfigError              a flag, variable or file of configuration is wrong
├── RegistrationError        two activities claim one name, or a file of activities cannot be loaded
├── PayloadError             a value cannot be stored as JSON
│   └── PayloadTooLarge      … because it is over the limit
├── ExpressionError          an expression could not be parsed or evaluated
├── ActivityError            raised by an activity to say how it failed
├── RunNotFound              no run has this id, prefix or external id
├── AmbiguousRun             several do
├── RunConflict              the run's state does not allow what was asked
│   └── AlreadyExists        … a run of this external id is there already
├── ScheduleNotFound         no schedule has this id
├── ScheduleConflict         the id of a schedule is taken, or no fire of it is to come
├── SignalRefused            nobody in the run waits for this signal, or its payload fails the wait's schema
└── StoreError               the database said no
    ├── DatabaseUnavailable  … it cannot be reached
    ├── MigrationNeeded      … its schema is older or newer than this program
    ├── LeaseLost            … it was not told in time that this process is there; its runs are for others now
    └── FenceLost            … somebody else owns the run now; nothing was written
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol

Outcome = Literal["none", "unknown"]


class Code(StrEnum):
    """What kind of failure it is; the words follow gRPC's status codes where one fits."""

    INTERNAL = "Internal"
    INVALID_ARGUMENT = "InvalidArgument"
    NOT_FOUND = "NotFound"
    PRECONDITION_FAILED = "PreconditionFailed"
    CONFLICT = "Conflict"
    UNAUTHORIZED = "Unauthorized"
    UNAVAILABLE = "Unavailable"
    TIMEOUT = "Timeout"
    CANCELLED = "Cancelled"
    INTERRUPTED = "Interrupted"
    PAYLOAD_TOO_LARGE = "PayloadTooLarge"


RETRYABLE_CODES = frozenset({Code.INTERNAL, Code.UNAVAILABLE, Code.TIMEOUT})
"""Codes that are tried again unless a policy says otherwise."""

UNKNOWN_OUTCOME_CODES = frozenset({Code.TIMEOUT, Code.CANCELLED, Code.INTERRUPTED, Code.UNAVAILABLE})
"""Codes after which nobody can tell whether the effect happened, so a saga compensates it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a node or a run failed, as data: what is journaled, shown and bound to `error` in expressions.

    `path` is the node path that failed, empty for a failure of the run itself. `traceback` is bounded and scrubbed of
    secrets; it is kept beside the failure and never visible to expressions. `outcome` is "unknown" when the effect may
    have happened.
    """

    code: Code
    message: str
    type: str = ""
    retryable: bool = False
    details: Any = None
    path: str = ""
    outcome: Outcome = "none"
    traceback: str | None = None

    @classmethod
    def of(cls, code: Code, message: str, *, type: str = "", details: Any = None, path: str = "") -> Failure:
        """A failure whose retryability and outcome follow from its code."""
        return cls(
            code=code,
            message=message,
            type=type or code.value,
            retryable=code in RETRYABLE_CODES,
            details=details,
            path=path,
            outcome="unknown" if code in UNKNOWN_OUTCOME_CODES else "none",
        )

    def matches(self, names: Sequence[str]) -> bool:
        """Whether one of `names` is this failure's code or type."""
        return self.code.value in names or self.type in names

    def as_json(self) -> dict[str, Any]:
        """The six public fields, as `error` in an expression and in `--json` shows them."""
        return {
            "code": self.code.value,
            "type": self.type,
            "message": self.message,
            "retryable": self.retryable,
            "details": self.details,
            "path": self.path,
        }

    def to_record(self) -> dict[str, Any]:
        """Everything, as the journal stores it."""
        record = self.as_json()
        record["outcome"] = self.outcome
        if self.traceback is not None:
            record["traceback"] = self.traceback
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Failure:
        """The inverse of `to_record`."""
        return cls(
            code=Code(record["code"]),
            message=record["message"],
            type=record["type"],
            retryable=record["retryable"],
            details=record["details"],
            path=record["path"],
            outcome=record.get("outcome", "none"),
            traceback=record.get("traceback"),
        )


class KagziError(Exception):
    """The root of every error this package raises on purpose."""


class Problem(Protocol):
    """What an error needs to know of a diagnostic."""

    @property
    def severity(self) -> str: ...

    @property
    def message(self) -> str: ...


class DocumentError(KagziError):
    """A workflow document cannot be run; `diagnostics` are the checker's (kagzi_dsl.dsl.diagnostic.Diagnostic)."""

    def __init__(self, diagnostics: Sequence[Problem]) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = [d for d in self.diagnostics if d.severity == "error"]
        first = errors[0].message if errors else "the document is not valid"
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(first + more)


class InputError(KagziError):
    """A run's input does not fit the workflow's `input` schema; `problems` holds one sentence each.

    `hint` says what would give what is missing.
    """

    def __init__(self, problems: Sequence[str], *, hint: str | None = None) -> None:
        self.problems = tuple(problems)
        self.hint = hint
        super().__init__("the input does not fit the workflow: " + "; ".join(self.problems))


class BadInputs(InputError):
    """Some inputs of many do not fit; `by_place` holds the problems of each, by its place from 0."""

    def __init__(self, by_place: Mapping[int, Sequence[str]]) -> None:
        self.by_place = {place: tuple(problems) for place, problems in by_place.items()}
        super().__init__([f"{place}: {problem}" for place, problems in by_place.items() for problem in problems])


class ConfigError(KagziError):
    """A flag, an environment variable or a configuration file is wrong."""


class RegistrationError(KagziError):
    """Activities cannot be registered: two claim one name, or their file cannot be loaded."""


class PayloadError(KagziError):
    """A value cannot be stored as JSON; `place` is a JSON Pointer (RFC 6901) to the culprit."""

    def __init__(self, reason: str, *, place: str = "") -> None:
        self.reason = reason
        self.place = place
        super().__init__(f"{reason} (at {place})" if place else reason)


class PayloadTooLarge(PayloadError):
    """A value is larger than the payload limit; sizes in bytes of its JSON text. `of` says which value, if given."""

    def __init__(self, size: int, limit: int, *, of: str = "") -> None:
        self.size = size
        self.limit = limit
        super().__init__(
            f"{of and f'{of} is too large: '}{size:,} bytes of JSON, over the limit of {limit:,}; "
            "store it elsewhere and pass a reference"
        )


class ExpressionError(KagziError):
    """An expression could not be parsed or evaluated; `offset` counts characters into `expression`."""

    def __init__(
        self, message: str, *, expression: str = "", offset: int | None = None, hint: str | None = None
    ) -> None:
        self.message = message
        self.expression = expression
        self.offset = offset
        self.hint = hint
        super().__init__(f"{message} (in ${{ {expression} }})" if expression else message)


class ActivityError(KagziError):
    """Raised by an activity to say how it failed.

    `code` decides whether it is tried again unless `retryable` says so outright. `type` is a name of your own that
    `catch` and `non_retryable_errors` can match. `retry_after` (seconds) sets the next delay. `details` is any JSON.
    `outcome="unknown"` says that the effect may have happened all the same, so that a saga compensates it.
    """

    def __init__(
        self,
        message: str,
        *,
        code: Code | str = Code.INTERNAL,
        type: str = "",
        retryable: bool | None = None,
        retry_after: float | None = None,
        details: Any = None,
        outcome: Outcome | None = None,
    ) -> None:
        self.message = message
        self.code = Code(code)
        self.type = type or self.code.value
        self.retryable = self.code in RETRYABLE_CODES if retryable is None else retryable
        self.retry_after = retry_after
        self.details = details
        self.outcome: Outcome = outcome or ("unknown" if self.code in UNKNOWN_OUTCOME_CODES else "none")
        super().__init__(message)


class RunNotFound(KagziError):
    """No run has this id, id prefix or external id."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"there is no run {reference!r}; `kagzi-dsl list` shows the runs there are")


class AmbiguousRun(KagziError):
    """A reference fits several runs; `candidates` holds their ids."""

    def __init__(self, reference: str, candidates: Sequence[str]) -> None:
        self.reference = reference
        self.candidates = tuple(candidates)
        # A store names ten at most.
        count = len(self.candidates)
        fits = f"{count} runs" if count < 10 else "ten runs or more"
        super().__init__(f"{reference!r} fits {fits}: {', '.join(self.candidates[:5])}; give more of the id")


class ScheduleNotFound(KagziError):
    """No schedule of the namespace has this id; `hint` names the one that was likely meant."""

    def __init__(self, schedule_id: str, hint: str | None) -> None:
        self.schedule_id = schedule_id
        self.hint = hint
        super().__init__(f"there is no schedule {schedule_id!r}; {hint or 'there is none at all'}")


class ScheduleConflict(KagziError):
    """A schedule cannot be kept as it is: its id is taken, or no fire of it is to come."""


class RunConflict(KagziError):
    """The run's state does not allow what was asked of it."""


class AlreadyExists(RunConflict):
    """A run was to be started only if its external id was free; `run_id` is the run that has it."""

    def __init__(self, external_id: str, run_id: str) -> None:
        self.external_id = external_id
        self.run_id = run_id
        super().__init__(f"there is a run of the id {external_id!r} already: {run_id}")


class SignalRefused(KagziError):
    """A signal was not accepted: nobody waits for it by that name, or its payload fails the wait's schema."""


class StoreError(KagziError):
    """The database refused an operation."""


class DatabaseUnavailable(StoreError):
    """The database cannot be reached, or the connection to it was lost."""


class MigrationNeeded(StoreError):
    """The database's schema does not fit this program's version."""


class LeaseLost(StoreError):
    """This process was not heard of in time: what it owned is for others to take up, and it writes nothing more."""


class FenceLost(StoreError):
    """Another worker owns the run; nothing was written."""
