"""What is known of many runs together: how many there are, how long they take, how they fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Runs of a namespace that began at `since` (ms) or later, of one workflow or of all."""

    namespace: str
    since: int
    workflow: str | None = None


@dataclass(frozen=True, slots=True)
class Durations:
    """How long something took, in ms: the smallest durations that half, 95 % and 99 % of all do not exceed.

    That is the nearest rank, as `percentile_disc` of SQL has it.
    """

    p50: int
    p95: int
    p99: int

    @classmethod
    def of(cls, durations: Sequence[int]) -> Durations | None:
        """Those of some durations; None of none."""
        ordered = sorted(durations)
        ranks = (-(-len(ordered) * percent // 100) for percent in (50, 95, 99))
        return cls(*(ordered[rank - 1] for rank in ranks)) if ordered else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStats:
    """A node that works outside the run (an activity, a call, a signal), over all runs and rounds of loops.

    `ended` counts how often it came to its end, `failed` how often by failing, `retries` the attempts that failed and
    were followed by another.
    """

    node: str
    kind: str
    ended: int
    failed: int
    retries: int
    durations: Durations | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowStats:
    """The runs of a workflow: how many there are by status, how long those that ended took, how many failed by code."""

    workflow: str
    runs: Mapping[str, int]
    durations: Durations | None
    failures: Mapping[str, int] = field(default_factory=dict)
    nodes: Sequence[NodeStats] = ()

    @property
    def retries(self) -> int:
        """The attempts that failed and were followed by another, of all its nodes."""
        return sum(node.retries for node in self.nodes)
