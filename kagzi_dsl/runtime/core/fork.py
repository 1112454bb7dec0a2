"""Starting a run in the middle of another one's journal.

A fork reuses what a run has done up to the moment one of its nodes began, and goes on from there as a run of its own.
The new run's journal is made by feeding the kept facts to a machine of the new run, so that it is just as if that run
had lived through them; where its input or definition is another one, a fact that does not fit is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.errors import RunConflict
from kagzi_dsl.payload import Json, dumps
from kagzi_dsl.runtime.core.events import Event, NodeCompleted, RunPaused, RunUnpaused, from_entry
from kagzi_dsl.runtime.core.frame import Frame
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.core.machine import Facts, Machine, NotWaiting
from kagzi_dsl.runtime.core.revive import counting
from kagzi_dsl.runtime.core.watcher import Nobody


@dataclass(slots=True)
class _Beginnings(Nobody):
    """Which nodes have begun, by path and by id."""

    seen: set[str] = field(default_factory=set)

    def started(self, frame: Frame[Any]) -> None:
        self.seen.add(frame.path)
        self.seen.add(frame.node.id)


def facts_before(workflow: Workflow, facts: Facts, entries: Sequence[Entry], node: str) -> list[Event]:
    """What a run had been told when `node` (a path or an id) first began, in order.

    Raises RunConflict when the node never began.
    """
    watcher = _Beginnings()
    machine = Machine(workflow, facts, watcher=watcher, limit_bytes=2**62)
    told: list[Event] = []
    for entry in counting(entries):
        event = from_entry(entry)
        if isinstance(event, RunPaused | RunUnpaused):
            continue
        machine.feed(event)
        told.append(event)
        if node in watcher.seen:
            return told
    raise RunConflict(f"{node!r} never began in this run; `kagzi-dsl show` lists the nodes that did")


def forked(workflow: Workflow, facts: Facts, told: Sequence[Event], outputs: Mapping[str, Json]) -> list[Entry]:
    """The journal of a new run that was told the same; `outputs` replaces, or adds, the outputs of nodes by path.

    Raises RunConflict naming the first node that a fact does not fit any more, or an output nobody waits for.
    """
    machine = Machine(workflow, facts)
    entries: list[Entry] = []
    left = dict(outputs)
    for event in told:
        if isinstance(event, NodeCompleted) and event.path in left:
            event = _replaced(event, left.pop(event.path))
        entries.extend(_fed(machine, event))
    for path, output in left.items():
        done = NodeCompleted(path, output, dumps(output), 1, machine.at, machine.at)
        entries.extend(_fed(machine, done))
    return entries


def _replaced(event: NodeCompleted, output: Json) -> NodeCompleted:
    return NodeCompleted(event.path, output, dumps(output), event.attempt, event.started_at, event.at)


def _fed(machine: Machine, event: Event) -> list[Entry]:
    try:
        return machine.feed(event).entries
    except NotWaiting as error:
        where = f"{error.path!r}" if error.path else "its end"
        raise RunConflict(f"the new run cannot take over what was done: nothing there waits for {where}") from error
