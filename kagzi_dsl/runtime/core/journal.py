"""The journal: the append-only list of facts a run is made of.

Some entries are facts from outside (an activity completed, a timer fired, a signal arrived): feeding them to a fresh
machine in order of `seq` brings back its state. The others are derived: the machine works them out again from those
facts, byte for byte, so they are stored to be looked at and skipped when a journal is replayed. Numbers are given to
both kinds in one sequence, so that an entry lost with a crash comes back under the number it had. Each entry carries
the SHA-256 of the one before it: see chain.py.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from kagzi_dsl.errors import Failure


class EntryType(StrEnum):
    """What an entry says; DERIVED lists the types a replay skips."""

    RUN_STARTED = "run_started"
    NODE_COMPLETED = "node_completed"
    NODE_FAILED = "node_failed"
    ATTEMPT_STARTED = "attempt_started"
    ATTEMPT_FAILED = "attempt_failed"
    TIMER_FIRED = "timer_fired"
    SIGNAL_ARRIVED = "signal_arrived"
    CANCEL_REQUESTED = "cancel_requested"
    TERMINATE_REQUESTED = "terminate_requested"
    RUN_PAUSED = "run_paused"
    RUN_UNPAUSED = "run_unpaused"
    RUN_MIGRATED = "run_migrated"
    RUN_RETRIED = "run_retried"
    NODE_CLOSED = "node_closed"
    RUN_ATTEMPT_FAILED = "run_attempt_failed"
    RUN_ENDED = "run_ended"


DERIVED = frozenset({EntryType.NODE_CLOSED, EntryType.RUN_ATTEMPT_FAILED, EntryType.RUN_ENDED})


class Entry(NamedTuple):
    """One row of a run's journal, its columns in the order in which they are stored; times in ms since the epoch.

    `path` is a node path, empty for what concerns the run as a whole; for a signal it is the signal's name. `node` is
    the node's kind and `status` how it ended (completed, failed, cancelled, skipped), both empty where no node ended.
    `output` is JSON text: a node's output, a signal's payload; None where the output is derived from other entries.
    `note` says what kind of timer fired or why a cancellation was asked for. `due` is when a failed attempt is tried
    again. `previous` is the digest of the entry before and `digest` its own; None until it is linked, and in entries
    of versions that had no chain.

    A tuple, not a dataclass: there is one for each step of each run, and it is made, digested and stored in a third of
    the time.
    """

    seq: int
    type: EntryType
    at: int
    path: str = ""
    node: str = ""
    status: str = ""
    attempt: int = 0
    started_at: int | None = None
    output: str | None = None
    failure: Failure | None = None
    due: int | None = None
    note: str = ""
    previous: bytes | None = None
    digest: bytes | None = None
