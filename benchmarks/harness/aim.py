"""An aim: a bound that a figure, or a figure as a multiple of others, is to keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.harness.figure import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """`figure` is `benchmark.name`; `over` names figures of which the best is what it is divided by."""

    figure: str
    kind: Literal["≥", "≤"]
    bound: float
    what: str
    over: tuple[str, ...] = ()

    def reached(self, figures: Mapping[str, Figure]) -> float | None:
        """What came of it; None when a figure it needs was not measured."""
        if self.figure not in figures or (self.over and not any(name in figures for name in self.over)):
            return None
        value = figures[self.figure].median
        best = max if self.kind == "≥" else min
        return value / best(figures[name].median for name in self.over if name in figures) if self.over else value

    def unit(self, figures: Mapping[str, Figure]) -> str:
        """What it is measured in."""
        return "×" if self.over else figures[self.figure].unit

    def is_met(self, figures: Mapping[str, Figure]) -> bool | None:
        """Whether it is kept; None when that was not measured."""
        value = self.reached(figures)
        if value is None:
            return None
        return value >= self.bound if self.kind == "≥" else value <= self.bound


def at_least(figure: str, bound: float, what: str, *, over: tuple[str, ...] = ()) -> Aim:
    """More is better."""
    return Aim(figure=figure, kind="≥", bound=bound, what=what, over=over)


def at_most(figure: str, bound: float, what: str, *, over: tuple[str, ...] = ()) -> Aim:
    """Less is better."""
    return Aim(figure=figure, kind="≤", bound=bound, what=what, over=over)
