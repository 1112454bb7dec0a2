"""Moving a live run to a changed definition.

It is allowed when every node that has ended still stands where it stood: fed the same facts, the new definition ends
the same nodes, of the same kinds, in the same ways. What has not ended may be changed, added or left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.errors import RunConflict
from kagzi_dsl.runtime.core.commands import StartChild, StopChild
from kagzi_dsl.runtime.core.course import Course
from kagzi_dsl.runtime.core.events import from_entry
from kagzi_dsl.runtime.core.facts import Facts
from kagzi_dsl.runtime.core.frame import Frame
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.machine import Machine, NotWaiting
from kagzi_dsl.runtime.core.outcome import Outcome, status_of
from kagzi_dsl.runtime.core.revive import counting
from kagzi_dsl.runtime.core.watcher import Nobody


@dataclass(slots=True)
class _Ends(Nobody):
    """How nodes ended, by path: their kind and status."""

    seen: dict[str, tuple[str, str]] = field(default_factory=dict)

    def ended(self, frame: Frame[Any], outcome: Outcome) -> None:
        self.seen[frame.path] = (frame.node.kind, status_of(outcome))

    def restarted(self, machine: Course) -> None:
        self.seen.clear()


def check_move(
    old: Workflow, new: Workflow, facts: Facts, entries: Sequence[Entry], new_facts: Facts | None = None
) -> Machine:
    """The run as it stands by `new`; `new_facts` where its input changes too.

    Raises RunConflict naming the node that forbids moving it from `old` to `new`.
    """
    before, after = _Ends(), _Ends()
    stood = Machine(old, facts, watcher=before, limit_bytes=2**62)
    stood.replay(entries)
    machine = Machine(new, new_facts or facts, watcher=after, limit_bytes=2**62)
    _feed(machine, entries, before.seen)
    for path, (kind, status) in before.seen.items():
        _compare(path, kind, status, after.seen.get(path))
    for command in stood.pending.values():
        if isinstance(command, StartChild | StopChild):
            _still_called(command, machine)
    return machine


def _feed(machine: Machine, entries: Sequence[Entry], before: dict[str, tuple[str, str]]) -> None:
    revived = any(entry.type is EntryType.RUN_RETRIED for entry in entries)
    for entry in counting(entries):
        try:
            machine.feed(from_entry(entry))
        except NotWaiting as error:
            if revived:  # as when such a journal is replayed; how nodes ended is compared all the same
                continue
            raise RunConflict(_misplaced(error.path or entry.path, before)) from error


def _still_called(command: StartChild | StopChild, machine: Machine) -> None:
    now = machine.pending.get(command.path)
    if not isinstance(now, StartChild | StopChild) or now.node.workflow != command.node.workflow:
        called = command.node.workflow
        raise RunConflict(
            f"{command.path!r} has called {called}, which is not over, and in the new definition it does not call it"
        )


def _misplaced(path: str, before: dict[str, tuple[str, str]]) -> str:
    done = f"{path!r} {_told(before[path][1])}" if path in before else f"{path!r} has begun"
    return f"{done}, and in the new definition it does not come at this point"


def _compare(path: str, kind: str, status: str, now: tuple[str, str] | None) -> None:
    if now is None:
        raise RunConflict(
            f"{path!r} {_told(status)}, and in the new definition it would not have ended yet, or is not there"
        )
    if now[0] != kind:
        raise RunConflict(f"{path!r} {_told(status)} as {kind}, and in the new definition it is {now[0]}")
    if now[1] != status:
        raise RunConflict(f"{path!r} {_told(status)}, and by the new definition it {_told(now[1], would=True)}")


def _told(status: str, *, would: bool = False) -> str:
    """A status as the end of a sentence: nodes complete and fail by themselves, and are cancelled or skipped."""
    active = status in ("completed", "failed")
    if would:
        return f"would have {status}" if active else f"would have been {status}"
    return f"has {status}" if active else f"was {status}"
