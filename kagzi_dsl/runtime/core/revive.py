"""Which part of a journal still counts when a run that had ended goes on.

A `run_retried` entry says that the run was taken up again after its end. When compensations had run, everything
before it still holds: only those that failed are tried again, and the machine does that itself (redo.py). Otherwise
the run goes on from the node it failed at: that node's failure, the failures and cancellations that came of it, the
deadline that passed or the request to cancel are taken back. What was done after it and does not fit any more – a
`finally` that ran because of the failure – is passed over, and done again in its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kagzi_dsl.runtime.core.journal import DERIVED, Entry, EntryType

_TAKEN_BACK = frozenset({EntryType.NODE_FAILED, EntryType.CANCEL_REQUESTED, EntryType.TERMINATE_REQUESTED})
_PAUSES = frozenset({EntryType.RUN_PAUSED, EntryType.RUN_UNPAUSED})
_TERMINATED = "Terminated"


def counting(entries: Sequence[Entry]) -> list[Entry]:
    """The entries to feed to a fresh machine, in order: those from outside, less what retries have taken back."""
    kept: list[Entry] = []
    end: Entry | None = None
    for entry in entries:
        if entry.type is EntryType.RUN_ENDED:
            end = entry
        elif entry.type is EntryType.RUN_RETRIED:
            kept = _taken_up(kept, end, entry)
        elif entry.type not in DERIVED:
            kept.append(entry)
    return kept


def starts_again(end: Entry | None) -> bool:
    """Whether taking up a run that ended so goes on from the failed node, rather than from its compensations."""
    return end is not None and (not end.note or is_terminated(end))


def is_terminated(end: Entry) -> bool:
    """Whether a run was ended wherever it stood: what it was doing, and undoing, can still go on."""
    return end.status == "cancelled" and end.failure is not None and end.failure.type == _TERMINATED


def _taken_up(kept: list[Entry], end: Entry | None, retried: Entry) -> list[Entry]:
    if end is None or not starts_again(end):
        return [*kept, retried]
    failed = _first_failure(kept, end)
    path = end.failure.path if end.failure is not None else ""
    return [entry for entry in kept if not _is_taken_back(entry, failed, path)]


def _first_failure(kept: Iterable[Entry], end: Entry) -> int:
    """The number of the entry the end of the run began with; beyond all of them when there is none."""
    path = end.failure.path if end.failure is not None else ""
    culprits = (entry.seq for entry in kept if _is_culprit(entry, path, end))
    return max(culprits, default=end.seq)


def _is_culprit(entry: Entry, path: str, end: Entry) -> bool:
    match entry.type:
        case EntryType.NODE_FAILED:
            return entry.path == path and path != ""
        case EntryType.TIMER_FIRED:
            return entry.note == "timeout" and entry.path == path
        case EntryType.TERMINATE_REQUESTED:
            return is_terminated(end)
        case EntryType.CANCEL_REQUESTED:
            return end.status == "cancelled" and not is_terminated(end)
        case _:
            return False


def _is_taken_back(entry: Entry, failed: int, path: str) -> bool:
    if entry.type in _PAUSES:  # a run that was over is not paused any more
        return True
    if entry.type is EntryType.ATTEMPT_FAILED:
        return entry.path == path
    if entry.type is EntryType.TIMER_FIRED:
        return entry.seq >= failed and entry.note == "timeout"
    return entry.seq >= failed and entry.type in _TAKEN_BACK
