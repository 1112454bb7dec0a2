"""The ledger: what a saga would have to undo.

A node with `compensate` is due when it completed, or when nobody can tell whether its effect happened. Entries are
made in order of completion. A composite with a `compensate` of its own keeps its children's entries in a ledger of
its own: they are dropped when it completes, since its compensation replaces theirs, and handed outwards when it does
not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from kagzi_dsl.dsl.model import Node
from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.core.env import Env


@dataclass(frozen=True, slots=True)
class Due:
    """One compensation that is due: the node's own facts, and the order in which it was done."""

    order: int
    compensate: Node
    prefix: str
    env: Env
    outcome: Literal["completed", "unknown"]
    output: Json
    failure: Failure | None
    idempotency_key: str

    def forward(self) -> dict[str, Json]:
        """What the compensation sees as `forward`."""
        return {
            "outcome": self.outcome,
            "output": self.output,
            "error": self.failure.as_json() if self.failure else None,
            "idempotency_key": self.idempotency_key,
        }


@dataclass(slots=True)
class Ledger:
    """Compensations that are due, in no particular order; `latest_first` gives the order they run in."""

    entries: list[Due] = field(default_factory=list)

    def add(self, due: Due) -> None:
        """Notes one more compensation."""
        self.entries.append(due)

    def hand_over(self, outer: Ledger | None) -> None:
        """Empties this ledger into an outer one; without one, nobody is left to compensate."""
        if outer is not None:
            outer.entries.extend(self.entries)
        self.entries.clear()

    def latest_first(self) -> list[Due]:
        """Everything due, the last one done first."""
        return sorted(self.entries, key=lambda due: due.order, reverse=True)
