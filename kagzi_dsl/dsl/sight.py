"""What each node can see: lexical scope, worked out from where two nodes stand in the tree.

Theory of operation. Nothing is stored per node but its way up (`Spot`: node, parent, slot), so a document of any size
costs one walk. Whether a reader sees a step is answered when asked, from the deepest node that holds both: the slots in
which the two ways part decide the order of reader and step, and the slots below it, on the way down to the step, decide
whether the step can be seen from outside at all.

A step is *certain* when it has completed wherever the reader runs, *possible* when it may have been skipped or may have
failed (it is null then); every other `Sight` says why it cannot be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal, NamedTuple, assert_never

from kagzi_dsl.dsl.model import (
    Activity,
    Assert,
    Call,
    Fail,
    Foreach,
    Node,
    Parallel,
    Race,
    Repeat,
    Return,
    Saga,
    Seq,
    Set,
    Signal,
    Sleep,
    Switch,
    Try,
    WaitFor,
)


class Slot(Enum):
    """The part a node plays in its parent."""

    ROOT = auto()
    STEP = auto()
    BRANCH = auto()
    CASE = auto()
    ROUND = auto()
    TRIED = auto()
    HANDLER = auto()
    FINALLY = auto()
    ELSE = auto()
    ON_FAILURE = auto()
    COMPENSATE = auto()


class Moment(Enum):
    """When a node evaluates an expression of its own: before all else, in a round of its loop, or when it is done."""

    BEFORE = auto()
    ROUND = auto()
    AFTER = auto()


class Sight(Enum):
    """Whether a reader sees a step, and why not."""

    CERTAIN = auto()
    POSSIBLE = auto()
    ITSELF = auto()
    AROUND = auto()
    INSIDE = auto()
    LATER = auto()
    OTHER_BRANCH = auto()
    OTHER_CASE = auto()
    OTHER_HANDLER = auto()
    IN_LOOP = auto()
    IN_COMPENSATION = auto()
    IN_ON_FAILURE = auto()

    @property
    def visible(self) -> bool:
        return self in (Sight.CERTAIN, Sight.POSSIBLE)


BoundAs = Literal["item", "index", "previous", "error", "maybe_error", "forward"]


class Binding(NamedTuple):
    """What a root name stands for here, and the node that binds it."""

    what: BoundAs
    owner: Spot


@dataclass(frozen=True, slots=True, eq=False)
class Spot:
    """Where a node stands: the part it plays in its parent, and the names bound around it."""

    node: Node
    parent: Spot | None
    slot: Slot
    index: int
    depth: int
    names: Mapping[str, Binding]

    def up(self) -> Iterator[Spot]:
        """This spot and everything around it, from the inside out."""
        spot: Spot | None = self
        while spot is not None:
            yield spot
            spot = spot.parent


FIXED_ROOTS = ("input", "steps", "run", "secrets")
"""The roots that are there wherever an expression stands."""


def spots(root: Node) -> list[Spot]:
    """Every node of a tree with its place, in document order, a node's `compensate` last."""
    found: list[Spot] = []
    stack = [Spot(root, None, Slot.ROOT, 0, 0, {})]
    while stack:
        spot = stack.pop()
        found.append(spot)
        stack.extend(reversed([_placed(spot, slot, index, node) for slot, index, node in _inside(spot.node)]))
    return found


def _placed(parent: Spot, slot: Slot, index: int, node: Node) -> Spot:
    return Spot(node, parent, slot, index, parent.depth + 1, _names(parent, slot, index))


def _inside(node: Node) -> Iterator[tuple[Slot, int, Node]]:
    """The nodes directly inside one, as `children` tells them, each with the part it plays."""
    match node:
        case Seq() | Saga():
            yield from ((Slot.STEP, index, step) for index, step in enumerate(node.body))
            if isinstance(node, Saga) and node.on_failure is not None:
                yield Slot.ON_FAILURE, 0, node.on_failure
        case Parallel() | Race():
            yield from ((Slot.BRANCH, index, branch) for index, branch in enumerate(node.branches))
        case Switch():
            yield from ((Slot.CASE, index, case.do) for index, case in enumerate(node.cases))
        case Foreach() | Repeat():
            yield Slot.ROUND, 0, node.do
        case Try():
            yield from _inside_try(node)
        case WaitFor():
            if node.else_ is not None:
                yield Slot.ELSE, 0, node.else_
        case Activity() | Sleep() | Signal() | Call() | Set() | Assert() | Fail() | Return():
            pass
        case _:
            assert_never(node)
    if node.compensate is not None:
        yield Slot.COMPENSATE, 0, node.compensate


def _inside_try(node: Try) -> Iterator[tuple[Slot, int, Node]]:
    yield Slot.TRIED, 0, node.body
    yield from ((Slot.HANDLER, index, handler.do) for index, handler in enumerate(node.handlers))
    if node.finally_ is not None:
        yield Slot.FINALLY, 0, node.finally_


def _names(parent: Spot, slot: Slot, index: int) -> Mapping[str, Binding]:
    """The names bound around a child: its parent's, and what its slot adds."""
    node = parent.node
    match slot:
        case Slot.ROUND if isinstance(node, Foreach):
            return {**parent.names, node.item_name: Binding("item", parent), "index": Binding("index", parent)}
        case Slot.ROUND:
            return {**parent.names, "index": Binding("index", parent), "previous": Binding("previous", parent)}
        case Slot.HANDLER if isinstance(node, Try):
            return {**parent.names, node.handlers[index].error_name: Binding("error", parent)}
        case Slot.FINALLY:
            return {**parent.names, "error": Binding("maybe_error", parent)}
        case Slot.ON_FAILURE:
            return {**parent.names, "error": Binding("error", parent)}
        case Slot.COMPENSATE:
            return {**parent.names, "error": Binding("error", parent), "forward": Binding("forward", parent)}
        case _:
            return parent.names


def round_names(spot: Spot) -> Mapping[str, Binding]:
    """The names a loop's own expressions see when they are evaluated inside a round."""
    return _names(spot, Slot.ROUND, 0)


def sight(reader: Spot, moment: Moment, step: Spot) -> Sight:
    """Whether an expression of `reader`, evaluated at `moment`, sees `step`."""
    if reader is step:
        return Sight.ITSELF
    to_reader, to_step = _parting(reader, step)
    if to_step is None:
        assert to_reader is not None
        return _of_an_ancestor(to_reader)
    if to_reader is None:
        return _of_own_inside(moment, to_step, step)
    order = _order(to_reader, to_step)
    return _down(to_step, step, order) if order.visible else order


def _parting(reader: Spot, step: Spot) -> tuple[Spot | None, Spot | None]:
    """The children, of the deepest node that holds both, through which the ways to reader and step lead."""
    to_reader: Spot | None = None
    to_step: Spot | None = None
    while reader.depth > step.depth:
        to_reader, reader = reader, _above(reader)
    while step.depth > reader.depth:
        to_step, step = step, _above(step)
    while reader is not step:
        to_reader, reader = reader, _above(reader)
        to_step, step = step, _above(step)
    return to_reader, to_step


def _above(spot: Spot) -> Spot:
    assert spot.parent is not None
    return spot.parent


def _of_an_ancestor(to_reader: Spot) -> Sight:
    """Of a node around the reader only a compensation knows how it ended."""
    return Sight.POSSIBLE if to_reader.slot is Slot.COMPENSATE else Sight.AROUND


def _of_own_inside(moment: Moment, first: Spot, step: Spot) -> Sight:
    """How a node sees what is inside it: not before it ran; a loop's steps only in their round."""
    if first.slot is Slot.COMPENSATE:
        return Sight.IN_COMPENSATION
    if first.slot is Slot.ON_FAILURE:
        return Sight.IN_ON_FAILURE
    if first.slot is Slot.ROUND:
        if moment is not Moment.ROUND:
            return Sight.IN_LOOP
        return _down(first, step, Sight.CERTAIN, entered=True)
    if moment is Moment.BEFORE:
        return Sight.INSIDE
    return _down(first, step, Sight.CERTAIN)


def _order(reader: Spot, step: Spot) -> Sight:
    """Of two children of one node: whether the one that holds the step is done when the reader's runs."""
    match reader.slot, step.slot:
        case _, Slot.COMPENSATE:
            return Sight.IN_COMPENSATION
        case Slot.COMPENSATE, Slot.ON_FAILURE:
            return Sight.IN_ON_FAILURE
        case (Slot.COMPENSATE | Slot.ON_FAILURE, _) | (Slot.FINALLY, _) | (Slot.HANDLER, Slot.TRIED):
            return Sight.POSSIBLE
        case Slot.STEP, Slot.STEP:
            return Sight.CERTAIN if step.index < reader.index else Sight.LATER
        case Slot.BRANCH, Slot.BRANCH:
            return Sight.OTHER_BRANCH
        case Slot.CASE, Slot.CASE:
            return Sight.OTHER_CASE
        case Slot.HANDLER, Slot.HANDLER:
            return Sight.OTHER_HANDLER
        case _, Slot.ON_FAILURE:
            return Sight.IN_ON_FAILURE
        case _:
            return Sight.LATER


def _down(first: Spot, step: Spot, best: Sight, *, entered: bool = False) -> Sight:
    """What is left of `best` on the way down from `first`, which has ended, to `step` inside it."""
    seen = best
    spot = step
    while True:
        if not (entered and spot is first):
            closed = _closed(spot, best)
            if closed is not None and (spot is not first or closed is Sight.IN_LOOP):
                return closed
        if may_be_null(spot):
            seen = Sight.POSSIBLE
        if spot is first:
            return seen
        spot = _above(spot)


def _closed(spot: Spot, best: Sight) -> Sight | None:
    """Why what is in this slot cannot be seen from outside; None when it can."""
    match spot.slot:
        case Slot.ROUND:
            return Sight.IN_LOOP
        case Slot.COMPENSATE:
            return Sight.IN_COMPENSATION
        case Slot.ON_FAILURE if best is Sight.CERTAIN:
            # Whoever runs only because the saga completed can be sure that its `on_failure` did not.
            return Sight.IN_ON_FAILURE
        case _:
            return None


def may_be_null(spot: Spot) -> bool:
    """Whether the node can be left out although its parent completes."""
    if spot.node.when is not None:
        return True
    match spot.slot:
        case Slot.CASE | Slot.HANDLER | Slot.ELSE | Slot.ON_FAILURE:
            return True
        case Slot.BRANCH:
            return spot.parent is not None and isinstance(spot.parent.node, Race)
        case Slot.TRIED:
            return spot.parent is not None and isinstance(spot.parent.node, Try) and bool(spot.parent.node.handlers)
        case _:
            return False
