"""What flow control is made of: the limits of queues, the limits a run brings along, and how a queue stands.

A run that is under a limit holds a slot of it from its first claim until it ends, whatever it does in between. A run
that is called holds no slot of its own where one that waits for it holds one already: it could wait for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kagzi_dsl.duration import format_duration, parse_duration

LONGEST_KEY = 255
"""The characters of a concurrency key."""
MOST = 1_000_000
"""The largest limit there can be."""
LONGEST_WINDOW_MS = 30 * 86_400_000
"""The longest while a rate can count starts over."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `starts` runs begin in any stretch of `window_ms`."""

    starts: int
    window_ms: int

    def __str__(self) -> str:
        return f"{self.starts}/{format_duration(self.window_ms)}"

    @property
    def slice_ms(self) -> int:
        """How finely starts are counted: all of one slice leave the window together, with the last of them."""
        return max(1, self.window_ms // 100)


def parse_rate(text: str) -> Rate:
    """The rate a text such as `100/1m` stands for. Raises ValueError with a sentence that says what would be right."""
    starts, slash, window = (part.strip() for part in text.partition("/"))
    if not slash or not starts.isdecimal() or not 1 <= int(starts) <= MOST:
        raise ValueError(f"{text!r} is no rate; write a number from 1 to {MOST:,} and a duration, for example 100/1m")
    window_ms = parse_duration(window)
    if not 1 <= window_ms <= LONGEST_WINDOW_MS:
        raise ValueError(
            f"{text!r} is no rate: its duration must be between 1ms and {format_duration(LONGEST_WINDOW_MS)}"
        )
    return Rate(int(starts), window_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLimits:
    """The limits of a queue: how many runs hold a slot of it at most, and how many begin in a while. None: no limit."""

    namespace: str
    queue: str
    concurrency: int | None = None
    rate: Rate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    """The limits a run's workflow sets, as they are for this run.

    `limit` is for all runs of the workflow, `key_limit` for those with the same `key`; a key without a limit only makes
    claims go round the keys. `held` names the slots of those who wait for this run (see `slots`).
    """

    limit: int | None = None
    key: str | None = None
    key_limit: int | None = None
    held: frozenset[str] = frozenset()


NOTHING = Concurrency()


def queue_slot(queue: str) -> str:
    """The name of a queue's slots."""
    return f"queue {queue}"


def workflow_slot(workflow: str) -> str:
    """The name of a workflow's slots."""
    return f"workflow {workflow}"


def key_slot(workflow: str, key: str) -> str:
    """The name of the slots of a workflow's runs of one key."""
    return f"key {workflow} {key}"


def slots(workflow: str, queue: str, concurrency: Concurrency) -> Iterator[str]:
    """The names of every slot that is held while this run has begun: its own, and those of who waits for it."""
    yield queue_slot(queue)
    if concurrency.limit is not None:
        yield workflow_slot(workflow)
    if concurrency.key is not None:
        yield key_slot(workflow, concurrency.key)
    yield from concurrency.held


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """The slots a run needs of its own to begin, as the queue keeps them.

    `sheltered`: none of its queue. `workflow` is "" when it is under no limit of its workflow; a limit of 0 is none,
    and so is a `key` "".
    """

    sheltered: bool = False
    workflow: str = ""
    workflow_limit: int = 0
    key: str = ""
    key_limit: int = 0

    @property
    def gated(self) -> bool:
        """Whether its own workflow's limits decide when it begins."""
        return self.workflow != ""


NO_NEEDS = Needs()


def needs(workflow: str, queue: str, concurrency: Concurrency, *, reopened: bool = False) -> Needs:
    """What a run needs, given what those who wait for it hold; for one that was opened again nobody does."""
    held: frozenset[str] = frozenset() if reopened else concurrency.held
    limit = concurrency.limit if workflow_slot(workflow) not in held else None
    key = concurrency.key if concurrency.key and key_slot(workflow, concurrency.key) not in held else None
    return Needs(
        sheltered=queue_slot(queue) in held,
        workflow=workflow if limit or key else "",
        workflow_limit=limit or 0,
        key=key or "",
        key_limit=(concurrency.key_limit or 0) if key else 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How a queue stands. Counts are of runs; times in ms.

    `depth` could be claimed now, the oldest of them for `oldest_wait_ms`; `later` are due at a moment to come.
    `running` are held by a worker, `parked` have begun and wait for something else. `slots` is how many slots of the
    queue are held, `starts` how many runs began within the window of its rate.
    """

    namespace: str
    queue: str
    depth: int = 0
    oldest_wait_ms: int | None = None
    later: int = 0
    running: int = 0
    parked: int = 0
    slots: int = 0
    starts: int = 0
    limits: QueueLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Full:
    """A limit that leaves no room: slots of a queue, a workflow or a key of it, or the rate of a queue.

    `name` is the queue's or the workflow's, `in_use` how many of `limit` are held, or began. Of a rate, `window_ms` is
    the while it counts over, and before `opens_at` (ms; None where it is not known) it leaves no room.
    """

    kind: Literal["queue", "rate", "workflow", "key"]
    name: str
    key: str = ""
    limit: int
    in_use: int
    window_ms: int | None = None
    opens_at: int | None = None


def full_limits(state: QueueState) -> list[Full]:
    """The limits of a queue that leave no room, as it stands."""
    limits, found = state.limits, []
    if limits.concurrency is not None:
        found.append(Full(kind="queue", name=state.queue, limit=limits.concurrency, in_use=state.slots))
    if (rate := limits.rate) is not None:
        window_ms = rate.window_ms
        found.append(Full(kind="rate", name=state.queue, limit=rate.starts, in_use=state.starts, window_ms=window_ms))
    return [full for full in found if full.in_use >= full.limit]
