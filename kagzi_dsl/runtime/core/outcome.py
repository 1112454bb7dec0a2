"""How a node ended, and why one was told to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json

Reason = Literal["cancel", "terminate", "timeout", "sibling", "race", "return"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a node is cancelled: by request, by a deadline, or because a sibling failed, won a race or returned."""

    reason: Reason
    message: str


class Completed(NamedTuple):
    """The node did what it was to do."""

    output: Json


@dataclass(frozen=True, slots=True)
class Skipped:
    """Its `when` did not hold; its output is null."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The node failed for good."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The node was stopped from outside before it was done."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Returned:
    """A `return` inside the node ends the run with this output."""

    output: Json


Outcome: TypeAlias = Completed | Skipped | Failed | Cancelled | Returned


def status_of(outcome: Outcome) -> str:
    """The word the journal has for an outcome."""
    match outcome:
        case Completed() | Returned():
            return "completed"
        case Skipped():
            return "skipped"
        case Failed():
            return "failed"
        case Cancelled():
            return "cancelled"
