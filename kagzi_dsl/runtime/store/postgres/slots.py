"""Claiming where runs wait for slots: find who is in line, lock what slots are counted by, count, choose, take.

Slots are counted from the runs that hold them, so no crash can leave a count wrong. The locks are advisory, held until
the transaction ends, and never waited for: whoever finds one taken leaves those runs out and looks again a moment
later, so that a process which falls silent holds up nobody else's queues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from kagzi_dsl.runtime.store.limits import Needs, queue_slot, workflow_slot
from kagzi_dsl.runtime.store.postgres.claims import Taken, Wanted, claimable_now, take_chosen
from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.slots import Candidate, Room, choose

AGAIN_S = 0.03
"""How soon to look again for runs whose slots somebody else was counting."""
_FURTHEST = 1_000_000
"""No slots are counted beyond this."""
Lane: TypeAlias = tuple[str, str, str, bool, str, int]


@dataclass(frozen=True, slots=True)
class _InLine:
    """A run that waits for a slot; `depth` is how many were asked for of its lane (None: all)."""

    candidate: Candidate
    limited: bool
    lane: Lane | None
    depth: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was taken, and after how many seconds it is worth while to look again (None: when there is a hint)."""

    taken: list[Taken]
    again: float | None = None


async def take_in_line(connection: Connection, wanted: Wanted, key: UUID) -> Outcome:
    """Takes runs in the right order, those that need slots and those that do not, inside the transaction there is."""
    if wanted.scope == "share":
        await connection.execute(
            query("line_up").format(wanted=query("wanted")), wanted.owner, wanted.limit, *wanted.where()[:2]
        )
    taken: list[Taken] = []
    missed = False
    while (limit := wanted.limit - len(taken)) > 0:
        line = await _in_line(connection, wanted, limit)
        busy = await _lock(connection, line)
        missed = missed or bool(busy)
        line = [one for one in line if busy.isdisjoint(_names(one))]
        room = await _room(connection, line)
        free = [_free(row) for row in await claimable_now(connection, wanted, limit)]
        chosen = choose([*free, *(one.candidate for one in line)], room, limit)
        sure, more = _as_far_as_seen(line, chosen)
        fresh = await take_chosen(connection, wanted, key, [one.run_id for one in sure]) if sure else []
        taken += fresh
        if not (more and fresh):
            break
    return Outcome(taken, AGAIN_S if missed else None)


async def _in_line(connection: Connection, wanted: Wanted, limit: int) -> list[_InLine]:
    arguments = wanted.where()
    if wanted.scope == "share":
        statement = query("in_line_share").format(wanted=query("wanted"))
    else:
        statement = query("in_line_some").format(needy=query("needy"))
        arguments = [None, *arguments] if wanted.scope == "families" else arguments
    return [_line_of(row) for row in await connection.fetch(statement, wanted.owner, limit, *arguments)]


def _line_of(row: Any) -> _InLine:
    needed = Needs(
        sheltered=row["sheltered"],
        workflow=row["workflow"],
        workflow_limit=row["workflow_limit"],
        key=row["key"],
        key_limit=row["key_limit"],
    )
    candidate = Candidate(
        row["run_id"], row["namespace"], row["queue"], row["priority"], row["available_at"], needs=needed
    )
    lane = (row["namespace"], row["queue"], row["lane"], needed.sheltered, needed.key, needed.workflow_limit)
    return _InLine(candidate, row["limited"], lane if row["lane"] else None, row["depth"] or 0)


def _free(row: Any) -> Candidate:
    # Where it stands no longer matters for a run that needs no slot.
    return Candidate(row["run_id"], "", "", row["priority"], row["available_at"], left_behind=row["turn"] == 0)


def _names(one: _InLine) -> set[str]:
    """What the slots a run needs are counted by. A workflow's lock covers its keys."""
    needs, space = one.candidate.needs, one.candidate.namespace
    assert needs is not None
    names = set()
    if one.limited and not needs.sheltered:
        names.add(f"{space} {queue_slot(one.candidate.queue)}")
    if needs.workflow_limit or needs.key_limit:
        names.add(f"{space} {workflow_slot(needs.workflow)}")
    return names


async def _lock(connection: Connection, line: Iterable[_InLine]) -> set[str]:
    """Locks what is counted; gives the names that somebody else has locked."""
    names = sorted({name for one in line for name in _names(one)})
    return {row[0] for row in await connection.fetch(query("lock_slots"), names)} if names else set()


async def _room(connection: Connection, line: Sequence[_InLine]) -> Room:
    queues = list({(one.candidate.namespace, one.candidate.queue) for one in line if one.limited})
    needs = [(one.candidate.namespace, one.candidate.needs) for one in line if one.candidate.needs]
    workflows = list({(space, need.workflow) for space, need in needs if need.workflow_limit})
    keys = list({(space, need.workflow, need.key) for space, need in needs if need.key})
    room = Room()
    if not (queues or workflows or keys):
        return room
    arguments = (*_columns(queues, 2), *_columns(workflows, 2), *_columns(keys, 3))
    for kind, place, number in await connection.fetch(query("room"), *arguments, _FURTHEST):
        if kind == 1:
            room.workflows[workflows[place - 1]] = number
        elif kind == 2:
            room.keys[keys[place - 1]] = number
        elif number is not None:
            room.queues[queues[place - 1]] = number
    return room


def _columns(rows: Sequence[tuple[str, ...]], width: int) -> list[list[str]]:
    return [[row[index] for row in rows] for index in range(width)]


def _as_far_as_seen(line: Iterable[_InLine], chosen: Sequence[Candidate]) -> tuple[list[Candidate], bool]:
    """What was chosen, up to where a lane not seen to its end may have a more urgent run; whether there may be more.

    Such a lane has given all that was asked for of it.
    """
    lanes = {one.candidate.run_id: one for one in line if one.lane is not None}
    unseen = Counter({one.lane: one.depth for one in lanes.values()})
    urgent: int | None = None
    for place, one in enumerate(chosen):
        if urgent is not None and one.priority < urgent:
            return list(chosen[:place]), True
        if (stood := lanes.get(one.run_id)) is not None:
            unseen[stood.lane] -= 1
            if not unseen[stood.lane]:
                urgent = one.priority if urgent is None else max(urgent, one.priority)
    return list(chosen), urgent is not None
