"""Who begins next, when there are limits. Pure: both stores decide by it, each from what it has found.

Runs that need no slot are told apart from those that do. A run that was left behind comes first. Then priority decides.
Within one priority, runs without a key go by age; runs with a key go round the keys: the one whose key has the fewest
runs at work comes first, counting those before it in line. Between the two kinds claims take turns, so that neither
starves the other. What finds no slot is passed over, and stands in nobody's way.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import islice
from typing import TypeAlias
from uuid import UUID

from kagzi_dsl.runtime.store.limits import Needs

Queue: TypeAlias = tuple[str, str]
"""A namespace and a queue."""
Key: TypeAlias = tuple[str, str, str]
"""A namespace, a workflow and a concurrency key."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that could be claimed. `needs` is None for one that needs no slot: it has begun, or is under no limit."""

    run_id: UUID
    namespace: str
    queue: str
    priority: int
    available_at: int
    needs: Needs | None = None
    left_behind: bool = False

    @property
    def key(self) -> Key | None:
        """The key it shares slots with others by."""
        return (self.namespace, self.needs.workflow, self.needs.key) if self.needs and self.needs.key else None


@dataclass(frozen=True, slots=True)
class Room:
    """What is taken and what is left: free slots of limited queues, and how many hold those of workflows and keys."""

    queues: dict[Queue, int] = field(default_factory=dict)
    workflows: dict[Queue, int] = field(default_factory=dict)
    keys: dict[Key, int] = field(default_factory=dict)

    def copy(self) -> Room:
        """The same room, to try things out in."""
        return Room(dict(self.queues), dict(self.workflows), dict(self.keys))

    def fits(self, one: Candidate) -> bool:
        """Whether there is every slot a run needs."""
        needs = one.needs
        if needs is None:
            return True
        if not needs.sheltered and self.queues.get((one.namespace, one.queue), 1) <= 0:
            return False
        if needs.workflow_limit and self.workflows.get((one.namespace, needs.workflow), 0) >= needs.workflow_limit:
            return False
        return one.key is None or not needs.key_limit or self.keys.get(one.key, 0) < needs.key_limit

    def enter(self, one: Candidate) -> None:
        """Takes the slots a run needs."""
        needs, queue = one.needs, (one.namespace, one.queue)
        if needs is None:
            return
        if not needs.sheltered and queue in self.queues:
            self.queues[queue] -= 1
        if needs.workflow_limit:
            workflow = (one.namespace, needs.workflow)
            self.workflows[workflow] = self.workflows.get(workflow, 0) + 1
        if one.key is not None:
            self.keys[one.key] = self.keys.get(one.key, 0) + 1


def choose(candidates: Iterable[Candidate], room: Room, limit: int) -> list[Candidate]:
    """The runs to claim, at most `limit`, in order. `room` is left as it is."""
    found, left = list(candidates), room.copy()
    behind = sorted((one for one in found if one.left_behind), key=lambda one: (-one.priority, one.run_id))
    rest = [one for one in found if not one.left_behind]
    plain = _ByAge(one for one in rest if one.key is None)
    keyed = _RoundTheKeys(one for one in rest if one.key is not None)
    return [*behind, *islice(_in_turn(plain, keyed, left), max(0, limit - len(behind)))][:limit]


def _in_turn(plain: _ByAge, keyed: _RoundTheKeys, room: Room) -> Iterator[Candidate]:
    # How many of each kind came at the present priority.
    priority, came = 0, {True: 0, False: 0}
    while heads := [(one, kind) for one, kind in ((plain.head(room), True), (keyed.head(room), False)) if one]:
        highest = max(one.priority for one, _ in heads)
        if highest != priority:
            priority, came = highest, {True: 0, False: 0}
        one, kind = min(
            ((one, kind) for one, kind in heads if one.priority == highest),
            key=lambda head: (came[head[1]], _by_age(head[0])),
        )
        came[kind] += 1
        room.enter(one)
        (plain if kind else keyed).passed()
        yield one


def _by_age(one: Candidate) -> tuple[int, int, UUID]:
    return -one.priority, one.available_at, one.run_id


class _ByAge:
    """Runs without a key, in order."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._line = deque(sorted(candidates, key=_by_age))

    def head(self, room: Room) -> Candidate | None:
        """The first that fits. Room only gets less, so what does not fit now never will."""
        while self._line and not room.fits(self._line[0]):
            self._line.popleft()
        return self._line[0] if self._line else None

    def passed(self) -> None:
        """The head was taken."""
        self._line.popleft()


class _RoundTheKeys:
    """Runs with a key: a line for each, and the heads of all lines by how many runs of their key are at work."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self._lines: dict[Key, deque[Candidate]] = defaultdict(deque)
        for one in sorted(candidates, key=_by_age):
            assert one.key is not None
            self._lines[one.key].append(one)
        self._heads: list[tuple[int, int, int, UUID, Key]] = []
        self._entered: list[Key] = list(self._lines)

    def head(self, room: Room) -> Candidate | None:
        """The first that fits."""
        while True:
            for key in self._entered:
                self._put(key, room)
            self._entered.clear()
            if not self._heads:
                return None
            one = self._lines[self._heads[0][-1]][0]
            if room.fits(one):
                return one
            self.passed()

    def passed(self) -> None:
        """The head was taken, or never will be."""
        *_, key = heappop(self._heads)
        self._lines[key].popleft()
        self._entered.append(key)

    def _put(self, key: Key, room: Room) -> None:
        if line := self._lines[key]:
            one = line[0]
            heappush(self._heads, (-one.priority, room.keys.get(key, 0), one.available_at, one.run_id, key))
