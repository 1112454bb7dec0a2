"""Events: facts from outside that enter the journal. All times in ms since the epoch, by the database's clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, assert_never

from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json, loads
from kagzi_dsl.runtime.core.journal import Entry, EntryType

Purpose = Literal["sleep", "timeout", "every", "restart"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The run begins."""

    at: int


class NodeCompleted(NamedTuple):
    """An activity, call or signal is done; `text` is the JSON text of `output`."""

    path: str
    output: Json
    text: str
    attempt: int
    started_at: int
    at: int


@dataclass(frozen=True, slots=True)
class NodeFailed:
    """An activity, call or signal failed and is not tried again, or stopped because it was told to (code Cancelled)."""

    path: str
    failure: Failure
    attempt: int
    started_at: int
    at: int


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """An attempt that may be made only once is about to begin."""

    path: str
    attempt: int
    at: int


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    """An attempt failed; the next one is due at `due`."""

    path: str
    failure: Failure
    attempt: int
    started_at: int
    due: int
    at: int


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer of the node at `path` (empty: of the run) is due."""

    path: str
    purpose: Purpose
    at: int


@dataclass(frozen=True, slots=True)
class SignalArrived:
    """A signal was taken out of the inbox; `text` is the JSON text of `payload`."""

    name: str
    payload: Json
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """Somebody wants the run cancelled."""

    message: str
    at: int


@dataclass(frozen=True, slots=True)
class TerminateRequested:
    """Somebody wants the run to end at once, with nothing undone."""

    message: str
    at: int


@dataclass(frozen=True, slots=True)
class RunPaused:
    """Nothing new begins until the run is unpaused; what runs comes to its end."""

    message: str
    at: int


@dataclass(frozen=True, slots=True)
class RunUnpaused:
    """The run goes on."""

    at: int


@dataclass(frozen=True, slots=True)
class RunMigrated:
    """The run goes by another definition from here on: `text` is JSON, {from, to}, the digests."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class RunRetried:
    """A run that ended goes on: see `revive`."""

    at: int


Event: TypeAlias = (
    RunStarted
    | NodeCompleted
    | NodeFailed
    | AttemptStarted
    | AttemptFailed
    | TimerFired
    | SignalArrived
    | CancelRequested
    | TerminateRequested
    | RunPaused
    | RunUnpaused
    | RunMigrated
    | RunRetried
)


def to_entry(event: Event, *, seq: int, node: str = "", status: str = "") -> Entry:
    """The journal entry of an event; `node` and `status` say which kind of node it ended and how, if it did."""
    match event:
        case NodeCompleted(path, _, text, attempt, started_at, at):
            return Entry(seq, EntryType.NODE_COMPLETED, at, path, node, status, attempt, started_at, text)
        case RunStarted(at):
            return Entry(seq=seq, type=EntryType.RUN_STARTED, at=at)
        case NodeFailed(path, failure, attempt, started_at, at):
            return Entry(
                seq=seq, type=EntryType.NODE_FAILED, at=at, path=path, node=node, status=status,
                attempt=attempt, started_at=started_at, failure=failure,
            )  # fmt: skip
        case AttemptStarted(path, attempt, at):
            return Entry(seq=seq, type=EntryType.ATTEMPT_STARTED, at=at, path=path, node=node, attempt=attempt)
        case AttemptFailed(path, failure, attempt, started_at, due, at):
            return Entry(
                seq=seq, type=EntryType.ATTEMPT_FAILED, at=at, path=path, node=node, attempt=attempt,
                started_at=started_at, failure=failure, due=due,
            )  # fmt: skip
        case TimerFired(path, purpose, at):
            return Entry(seq=seq, type=EntryType.TIMER_FIRED, at=at, path=path, node=node, status=status, note=purpose)
        case SignalArrived(name, _, text, at):
            return Entry(seq=seq, type=EntryType.SIGNAL_ARRIVED, at=at, path=name, output=text)
        case CancelRequested(message, at):
            return Entry(seq=seq, type=EntryType.CANCEL_REQUESTED, at=at, note=message)
        case TerminateRequested(message, at):
            return Entry(seq=seq, type=EntryType.TERMINATE_REQUESTED, at=at, note=message)
        case RunPaused(message, at):
            return Entry(seq=seq, type=EntryType.RUN_PAUSED, at=at, note=message)
        case RunUnpaused(at):
            return Entry(seq=seq, type=EntryType.RUN_UNPAUSED, at=at)
        case RunMigrated(text, at):
            return Entry(seq=seq, type=EntryType.RUN_MIGRATED, at=at, output=text)
        case RunRetried(at):
            return Entry(seq=seq, type=EntryType.RUN_RETRIED, at=at)
        case _:
            assert_never(event)


def from_entry(entry: Entry) -> Event:
    """The event a journal entry was made of; the inverse of `to_entry` for entries that are not derived."""
    at, path = entry.at, entry.path
    started_at = entry.started_at if entry.started_at is not None else at
    match entry.type:
        case EntryType.RUN_STARTED:
            return RunStarted(at)
        case EntryType.NODE_COMPLETED:
            text = entry.output or "null"
            return NodeCompleted(path, loads(text), text, entry.attempt, started_at, at)
        case EntryType.NODE_FAILED:
            return NodeFailed(path, _failure(entry), entry.attempt, started_at, at)
        case EntryType.ATTEMPT_STARTED:
            return AttemptStarted(path, entry.attempt, at)
        case EntryType.ATTEMPT_FAILED:
            return AttemptFailed(path, _failure(entry), entry.attempt, started_at, _due(entry), at)
        case EntryType.TIMER_FIRED:
            return TimerFired(path, _purpose(entry), at)
        case EntryType.SIGNAL_ARRIVED:
            text = entry.output or "null"
            return SignalArrived(path, loads(text), text, at)
        case EntryType.CANCEL_REQUESTED:
            return CancelRequested(entry.note, at)
        case EntryType.TERMINATE_REQUESTED:
            return TerminateRequested(entry.note, at)
        case EntryType.RUN_PAUSED:
            return RunPaused(entry.note, at)
        case EntryType.RUN_UNPAUSED:
            return RunUnpaused(at)
        case EntryType.RUN_MIGRATED:
            return RunMigrated(entry.output or "{}", at)
        case EntryType.RUN_RETRIED:
            return RunRetried(at)
        case EntryType.NODE_CLOSED | EntryType.RUN_ATTEMPT_FAILED | EntryType.RUN_ENDED:
            raise ValueError(f"{entry.type} is derived, not an event")
        case _:
            assert_never(entry.type)


def _failure(entry: Entry) -> Failure:
    assert entry.failure is not None
    return entry.failure


def _due(entry: Entry) -> int:
    assert entry.due is not None
    return entry.due


def _purpose(entry: Entry) -> Purpose:
    match entry.note:
        case "sleep" | "timeout" | "every" | "restart":
            return entry.note
        case other:
            raise ValueError(f"no timer has the purpose {other!r}")
