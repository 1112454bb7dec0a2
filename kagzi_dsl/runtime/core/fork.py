"""Starting a run in the middle of another one's journal.

A fork reuses what a run has done up to the moment one of its nodes began, and goes on from there as a run of its own.
The new run's journal is made by feeding the kept facts to a machine of the new run, so that it is just as if that run
had lived through them; where its input or definition is another one, a fact that does not fit is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.nearest import nearest
from kagzi_dsl.errors import RunConflict
from kagzi_dsl.payload import Json, dumps
from kagzi_dsl.runtime.core.course import Course
from kagzi_dsl.runtime.core.events import (
    AttemptFailed,
    Event,
    NodeCompleted,
    NodeFailed,
    RunMigrated,
    RunPaused,
    RunUnpaused,
    from_entry,
)
from kagzi_dsl.runtime.core.facts import Facts
from kagzi_dsl.runtime.core.frame import Frame
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.core.machine import Machine, NotWaiting
from kagzi_dsl.runtime.core.revive import counting
from kagzi_dsl.runtime.core.watcher import Nobody


@dataclass(slots=True)
class _Beginnings(Nobody):
    """Which nodes have begun in this attempt of the run: their paths, by path and by id."""

    seen: dict[str, list[str]] = field(default_factory=dict)
    known: dict[str, None] = field(default_factory=dict)
    """What began in any attempt."""

    def started(self, frame: Frame[Any]) -> None:
        for name in dict.fromkeys((frame.path, frame.node.id)):
            self.seen.setdefault(name, []).append(frame.path)
            self.known[name] = None

    def restarted(self, machine: Course) -> None:
        self.seen.clear()


@dataclass(frozen=True, slots=True)
class Before:
    """What a run had been told when a node began, in order, and the path of that node."""

    told: list[Event]
    path: str


def facts_before(workflow: Workflow, facts: Facts, entries: Sequence[Entry], node: str) -> Before:
    """What a run had been told when `node` (a path or an id) first began, in the last attempt of the run it began in.

    Raises RunConflict when the node never began.
    """
    watcher = _Beginnings()
    machine = Machine(workflow, facts, watcher=watcher, limit_bytes=2**62)
    told: list[Event] = []
    found: tuple[int, int, str] | None = None
    for entry in counting(entries):
        event = from_entry(entry)
        if isinstance(event, RunPaused | RunUnpaused | RunMigrated):
            continue
        machine.feed(event)
        told.append(event)
        if node in watcher.seen and (found is None or found[0] != machine.attempt):
            found = machine.attempt, len(told), watcher.seen[node][0]
    if found is None:
        close = nearest(node, watcher.known)
        meant = f"did you mean {close!r}? " if close else ""
        raise RunConflict(f"{node!r} never began in this run; {meant}`kagzi-dsl show` lists the nodes that did")
    return Before(told[: found[1]], found[2])


def paths_of(workflow: Workflow, facts: Facts, told: Sequence[Event], nodes: Iterable[str]) -> dict[str, str]:
    """The paths of nodes (paths or ids) that have begun after what was told. Raises RunConflict for an unclear one."""
    watcher = _Beginnings()
    machine = Machine(workflow, facts, watcher=watcher, limit_bytes=2**62)
    for event in told:
        machine.feed(event)
    found: dict[str, str] = {}
    for node in nodes:
        paths = watcher.seen.get(node, [])
        if len(paths) != 1:
            raise RunConflict(_unclear(node, paths))
        found[node] = paths[0]
    return found


def _unclear(node: str, paths: Sequence[str]) -> str:
    if not paths:
        return f"{node!r} has not begun where the new run begins, so it cannot be given an output"
    return f"{node!r} began {len(paths)} times; give a path, such as {paths[0]!r}"


def forked(
    workflow: Workflow, facts: Facts, told: Sequence[Event], outputs: Mapping[str, Json], *, at: int | None = None
) -> list[Entry]:
    """The journal of a new run that was told the same; `outputs` replaces, or adds, the outputs of nodes by path.

    With `at` (ms) everything is as much later as makes the last of it happen then, so timeouts and sleeps go on there.
    Raises RunConflict naming the first node that a fact does not fit any more, or an output nobody waits for.
    """
    machine = Machine(workflow, facts)
    entries: list[Entry] = []
    left = dict(outputs)
    by = at - told[-1].at if at is not None and told else 0
    for event in (later(event, by) for event in told):
        if isinstance(event, NodeCompleted) and event.path in left:
            event = _replaced(event, left.pop(event.path))
        entries.extend(_fed(machine, event))
    for path, output in left.items():
        entries.extend(_given(machine, NodeCompleted(path, output, dumps(output), 1, machine.at, machine.at)))
    return entries


def _given(machine: Machine, event: NodeCompleted) -> list[Entry]:
    """The entries of an output that was given. Raises RunConflict for a node that waits for none."""
    try:
        return machine.feed(event).entries
    except NotWaiting as error:
        raise RunConflict(
            f"{event.path!r} cannot be given an output: only activities and calls can; a wait gets a signal, and "
            "everything else follows from what stands before it"
        ) from error


def later(event: Event, by: int) -> Event:
    """The same event, `by` ms later."""
    match event:
        case NodeCompleted():
            return event._replace(started_at=event.started_at + by, at=event.at + by)
        case NodeFailed():
            return replace(event, started_at=event.started_at + by, at=event.at + by)
        case AttemptFailed():
            return replace(event, started_at=event.started_at + by, due=event.due + by, at=event.at + by)
        case _:
            return replace(event, at=event.at + by)


def _replaced(event: NodeCompleted, output: Json) -> NodeCompleted:
    return NodeCompleted(event.path, output, dumps(output), event.attempt, event.started_at, event.at)


def _fed(machine: Machine, event: Event) -> list[Entry]:
    try:
        return machine.feed(event).entries
    except NotWaiting as error:
        where = f"{error.path!r}" if error.path else "its end"
        raise RunConflict(f"the new run cannot take over what was done: nothing there waits for {where}") from error
