"""A run's nodes as an outline that fits a screen: what is going on and what failed first, the rest counted.

It is kept up to date node by node; drawing it looks at no more nodes than it shows, however many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from kagzi_dsl.runtime.view import NodeView

OVER = frozenset({"completed", "failed", "cancelled", "skipped"})
_TROUBLE = frozenset({"failed", "cancelled"})
_DONE_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the outline: a node, or (without one) what is left out beneath the node around it."""

    guides: str
    node: NodeView | None
    label: str
    hidden: int = 0


@dataclass(slots=True)
class Children:
    """The nodes directly inside one: in the order they began, those not over, those in trouble, counts by status."""

    all: dict[str, int] = field(default_factory=dict)
    open: dict[str, None] = field(default_factory=dict)
    trouble: dict[str, None] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def put(self, path: str, status: str, before: str | None) -> None:
        """Notes a node's status and the one it had."""
        self.all.setdefault(path, len(self.all))
        if before is not None:
            self.counts[before] -= 1
        self.counts[status] += 1
        _keep(self.trouble, path, status in _TROUBLE)
        _keep(self.open, path, status not in OVER)

    def choose(self, budget: int) -> list[str]:
        """At most `budget` nodes in the order they began: all, or the most telling and one less."""
        if len(self.all) <= budget:
            return list(self.all)
        chosen: dict[str, None] = {}
        for path in self._telling(budget):
            if len(chosen) >= budget - 1:
                break
            chosen[path] = None
        return sorted(chosen, key=self.all.__getitem__)

    def _telling(self, budget: int) -> Iterator[str]:
        """Neither what failed nor what goes on may take all the room; what is done needs little."""
        yield from islice(self.trouble, budget // 2)
        yield from self.open
        yield from self.trouble
        yield from islice(reversed(self.all), _DONE_SHOWN)


def _keep(kept: dict[str, None], path: str, wanted: bool) -> None:
    if wanted:
        kept[path] = None
    else:
        kept.pop(path, None)


class Outline:
    """The nodes of one run. `grafts` are the outlines of child runs, by the path of their call."""

    def __init__(self, nodes: Iterable[NodeView] = ()) -> None:
        self.nodes: dict[str, NodeView] = {}
        self.grafts: dict[str, Outline] = {}
        self._children: dict[str, Children] = {}
        self._statuses: dict[str, str] = {}
        for node in nodes:
            self.put(node)

    def put(self, node: NodeView) -> None:
        """Takes in a node, or a change of it."""
        before = self._statuses.get(node.path)
        self.nodes[node.path] = node
        self._statuses[node.path] = node.status
        self._children.setdefault(node.parent, Children()).put(node.path, node.status, before)

    def clear(self) -> None:
        """Forgets everything."""
        self.nodes.clear()
        self._children.clear()
        self._statuses.clear()

    def rows(self, budget: int) -> list[Row]:
        """The outline in at most `budget` lines (at least one)."""
        return self._beneath("", "", max(1, budget))

    def _beneath(self, parent: str, guides: str, budget: int) -> list[Row]:
        children = self._children.get(parent)
        if children is None or budget <= 0:
            return self._graft(parent, guides, budget)
        chosen = children.choose(budget)
        left = len(children.all) - len(chosen)
        inside = self._inside(chosen, guides, budget - len(chosen) - bool(left))
        rows: list[Row] = []
        for path in chosen:
            rows += [Row(guides, self.nodes[path], _label(path, parent)), *inside[path]]
        return [*rows, Row(guides, None, _rest(children, chosen, self._statuses), left)] if left else rows

    def _inside(self, chosen: list[str], guides: str, room: int) -> dict[str, list[Row]]:
        """What is beneath each node; those that are not over, or in trouble, take their share of the room first."""
        inside: dict[str, list[Row]] = {}
        for path in sorted(chosen, key=lambda path: self._statuses[path] in ("completed", "skipped")):
            inside[path] = self._beneath(path, guides + "  ", room)
            room -= len(inside[path])
        return inside

    def _graft(self, path: str, guides: str, budget: int) -> list[Row]:
        graft = self.grafts.get(path)
        return graft._beneath("", guides, budget) if graft is not None and path else []


def _label(path: str, parent: str) -> str:
    """A node's path without that of the node around it: `[3].fetch` within `each`."""
    return path[len(parent) :] if path.startswith(f"{parent}[") else path.rpartition(".")[2]


def _rest(children: Children, chosen: list[str], statuses: dict[str, str]) -> str:
    """`… 9,940 more completed, 3 more running`."""
    counts = children.counts.copy()
    counts.subtract(statuses[path] for path in chosen)
    return "… " + ", ".join(f"{count:,} more {status}" for status, count in sorted(counts.items()) if count > 0)
