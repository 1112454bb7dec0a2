"""Who begins next, when there are limits. Pure: both stores decide by it, each from what it has found.

Runs that need no slot are told apart from those that do. A run that was left behind comes first. Then priority decides.
Within one priority, runs without a key go by age; runs with a key go round the keys: the one whose key has the fewest
runs at work comes first, counting those before it in line. Between the two kinds claims take turns, so that neither
starves the other. What finds no slot is passed over, and stands in nobody's way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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

    def enter(self, one: Candidate) -> bool:
        """Takes the slots a run needs; whether there were any."""
        needs = one.needs
        if needs is None:
            return True
        queue, workflow = (one.namespace, one.queue), (one.namespace, needs.workflow)
        limited = queue in self.queues and not needs.sheltered
        if limited and self.queues[queue] <= 0:
            return False
        if needs.workflow_limit and self.workflows.get(workflow, 0) >= needs.workflow_limit:
            return False
        if one.key is not None and needs.key_limit and self.keys.get(one.key, 0) >= needs.key_limit:
            return False
        if limited:
            self.queues[queue] -= 1
        if needs.workflow_limit:
            self.workflows[workflow] = self.workflows.get(workflow, 0) + 1
        if one.key is not None:
            self.keys[one.key] = self.keys.get(one.key, 0) + 1
        return True


def choose(candidates: Iterable[Candidate], room: Room, limit: int) -> list[Candidate]:
    """The runs to claim, at most `limit`, in order. `room` is left as it is."""
    found = list(candidates)
    left = sorted((one for one in found if one.left_behind), key=lambda one: (-one.priority, one.run_id))
    rest = [one for one in found if not one.left_behind]
    plain = _that_fit(sorted((one for one in rest if one.key is None), key=_by_age), room)
    keyed = _that_fit(_round_the_keys([one for one in rest if one.key is not None], room), room)
    turns = sorted([*_places(plain), *_places(keyed)], key=lambda placed: placed[0])
    return _that_fit([*left, *(one for _, one in turns)], room)[:limit]


def _by_age(one: Candidate) -> tuple[int, int, UUID]:
    return -one.priority, one.available_at, one.run_id


def _round_the_keys(candidates: Sequence[Candidate], room: Room) -> list[Candidate]:
    lines: dict[Key | None, list[Candidate]] = defaultdict(list)
    for one in candidates:
        lines[one.key].append(one)
    laps: list[tuple[tuple[int, int, int, UUID], Candidate]] = []
    for key, line in lines.items():
        assert key is not None
        for place, one in enumerate(sorted(line, key=_by_age), room.keys.get(key, 0)):
            laps.append(((-one.priority, place, one.available_at, one.run_id), one))
    return [one for _, one in sorted(laps, key=lambda lap: lap[0])]


def _that_fit(candidates: Iterable[Candidate], room: Room) -> list[Candidate]:
    left = room.copy()
    return [one for one in candidates if left.enter(one)]


def _places(candidates: Iterable[Candidate]) -> Iterator[tuple[tuple[int, int, int, UUID], Candidate]]:
    """Candidates with their priority and their place within it."""
    places: dict[int, int] = defaultdict(int)
    for one in candidates:
        yield (-one.priority, places[one.priority], one.available_at, one.run_id), one
        places[one.priority] += 1
