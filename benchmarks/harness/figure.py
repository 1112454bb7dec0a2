"""A figure: what several rounds of one measurement gave."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """The outcome of each round, in the order they were run; what is quoted is the median."""

    unit: str
    rounds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The round in the middle."""
        return statistics.median(self.rounds)

    @property
    def least(self) -> float:
        """The smallest."""
        return min(self.rounds)

    @property
    def most(self) -> float:
        """The largest."""
        return max(self.rounds)

    def as_json(self) -> dict[str, Any]:
        """The figure as it is written to a file; numbers keep four digits, which is more than they are good for."""
        told = {"median": self.median, "min": self.least, "max": self.most}
        return {"unit": self.unit, **{k: short(v) for k, v in told.items()}, "rounds": [short(v) for v in self.rounds]}


Figures = dict[str, Figure]


def figure(unit: str, rounds: Iterable[float]) -> Figure:
    """A figure of these rounds, of which there is at least one."""
    return Figure(unit, tuple(rounds))


def from_json(told: Mapping[str, Any]) -> Figure:
    """A figure read back from a file."""
    return Figure(told["unit"], tuple(told["rounds"]))


def ratios(unit: str, over: Sequence[float], under: Sequence[float]) -> Figure:
    """Round by round, one measurement as a multiple of another taken right beside it."""
    return figure(unit, [one / other for one, other in zip(over, under, strict=True)])


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(share * (len(ranked) - 1)))]


def readable(value: float) -> str:
    """A number for people, with three digits: as many as such a figure deserves."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(rounded) >= 100 else f"{rounded:g}"


def short(value: float) -> float:
    """A number with four digits."""
    return float(f"{value:.4g}")
