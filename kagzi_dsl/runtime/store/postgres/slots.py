"""Claiming where runs wait for slots: find who is in line, lock what slots are counted by, count, choose, take.

Slots are counted from the runs that hold them, so no crash can leave a count wrong. The locks are advisory, held until
the transaction ends, and never waited for: whoever finds one taken leaves those runs out and looks again a moment
later, so that a process which falls silent holds up nobody else's queues.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from kagzi_dsl.runtime.store.limits import Needs, queue_slot, workflow_slot
from kagzi_dsl.runtime.store.postgres.claims import Taken, Wanted, claimable_now, take_chosen
from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.slots import Candidate, Queue, Room, choose

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
    await connection.execute(query("let_go").format(dead=query("dead"), needy=query("needy")))
    if wanted.scope == "share":
        statement = query("line_up").format(wanted=query("wanted"))
        await connection.execute(statement, wanted.owner, wanted.limit, *wanted.where()[:2])
    claim = _Claim(connection, wanted, key)
    while await claim.go_on():
        pass
    return Outcome(claim.taken, AGAIN_S if claim.missed else await opens(connection, claim.rated))


class _Claim:
    """One claim where runs wait for slots. `missed`: somebody else was counting. `rated`: queues with a rate."""

    def __init__(self, connection: Connection, wanted: Wanted, key: UUID) -> None:
        self.taken: list[Taken] = []
        self.missed = False
        self.rated: set[Queue] = set()
        self._connection = connection
        self._wanted = wanted
        self._key = key

    async def go_on(self) -> bool:
        """Takes what comes next; whether there may be more."""
        limit = self._wanted.limit - len(self.taken)
        line = await _in_line(self._connection, self._wanted, limit)
        busy = await _lock(self._connection, line)
        self.missed = self.missed or bool(busy)
        line = [one for one in line if busy.isdisjoint(_names(one))]
        room, rated = await _room(self._connection, line)
        self.rated |= rated
        free = [_free(row) for row in await claimable_now(self._connection, self._wanted, limit)]
        sure, more = _as_far_as_seen(line, choose([*free, *(one.candidate for one in line)], room, limit))
        taken = await self._take(sure)
        await _note_begins(self._connection, rated, line, taken)
        self.taken += taken
        return bool(more and taken) and len(self.taken) < self._wanted.limit

    async def _take(self, chosen: Sequence[Candidate]) -> list[Taken]:
        run_ids = [one.run_id for one in chosen]
        return await take_chosen(self._connection, self._wanted, self._key, run_ids) if run_ids else []


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


async def _room(connection: Connection, line: Sequence[_InLine]) -> tuple[Room, set[Queue]]:
    """What is left, and which of the queues have a rate."""
    queues = list({(one.candidate.namespace, one.candidate.queue) for one in line if one.limited})
    needs = [(one.candidate.namespace, one.candidate.needs) for one in line if one.candidate.needs]
    workflows = list({(space, need.workflow) for space, need in needs if need.workflow_limit})
    keys = list({(space, need.workflow, need.key) for space, need in needs if need.key})
    room = Room()
    rated: set[Queue] = set()
    if not (queues or workflows or keys):
        return room, rated
    arguments = (*_columns(queues, 2), *_columns(workflows, 2), *_columns(keys, 3))
    for kind, place, number, rate in await connection.fetch(query("room"), *arguments, _FURTHEST):
        match kind:
            case "queue":
                room.queues[queues[place - 1]] = number
                rated |= {queues[place - 1]} if rate else set()
            case "workflow":
                room.workflows[workflows[place - 1]] = number
            case _:
                room.keys[keys[place - 1]] = number
    return room, rated


async def room_of(connection: Connection, queues: Sequence[Queue]) -> tuple[dict[Queue, int], set[Queue]]:
    """What is left in some queues that have limits, and which of them have a rate; to be asked under their locks."""
    found = await connection.fetch(query("room"), *_columns(queues, 2), [], [], [], [], [], _FURTHEST) if queues else ()
    rows = [(queues[place - 1], number, rate) for _, place, number, rate in found]
    return {queue: number for queue, number, _ in rows}, {queue for queue, _, rate in rows if rate}


async def _note_begins(
    connection: Connection, rated: Collection[Queue], line: Iterable[_InLine], taken: Iterable[Taken]
) -> None:
    """Counts those that began, for the rates of their queues."""
    began = {one.run.id for one in taken}
    counts = Counter(
        (one.namespace, one.queue)
        for one in (stood.candidate for stood in line)
        if one.run_id in began and (one.namespace, one.queue) in rated and not (one.needs and one.needs.sheltered)
    )
    if counts:
        await connection.execute(query("note_begins"), *_columns(list(counts), 2), list(counts.values()))


async def opens(connection: Connection, rated: Collection[Queue]) -> float | None:
    """After how many seconds a rate that is used up has room again."""
    if not rated:
        return None
    [[wait]] = await connection.fetch(query("rate_opens"), *_columns(list(rated), 2))
    return None if wait is None else max(0, wait) / 1000


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
