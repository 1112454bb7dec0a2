"""Does a step cost the same in a long run as in a short one?

Runs a sequence, and a `foreach`, of 100 steps and of many more, each a few times in turn, and compares the medians of
the cost of one step.
"""

from __future__ import annotations

import asyncio
import statistics
from typing import Any

from benchmarks.bench import Bench, bench, database


def sequence(steps: int) -> dict[str, Any]:
    """A run of `steps` activities, one after the other."""
    body = [{"id": f"s{index}", "activity": "work", "with": {"n": index}} for index in range(steps)]
    return {"workflow": f"sequence-{steps}", "seq": body}


def loop(steps: int) -> dict[str, Any]:
    """A run of `steps` rounds of a foreach."""
    items = f"${{ range(`0`, `{steps}`) }}"
    return {"workflow": f"loop-{steps}", "foreach": items, "do": {"activity": "work", "with": {"n": "${ item }"}}}


async def measure(url: str, *, long: int, repeats: int) -> dict[str, float]:
    """Milliseconds a step, in short runs and long ones, and their ratio."""
    async with bench(url) as here:
        figures: dict[str, float] = {}
        for name, make in (("sequence", sequence), ("foreach", loop)):
            short_ms, long_ms = await _compare(here, make(100), make(long), long, repeats)
            figures[f"{name}: ms a step, 100 steps"] = short_ms
            figures[f"{name}: ms a step, {long} steps"] = long_ms
            figures[f"{name}: long / short"] = long_ms / short_ms
        return figures


async def _compare(
    here: Bench, short: dict[str, Any], longer: dict[str, Any], long: int, repeats: int
) -> tuple[float, float]:
    await here.seconds(short)
    shorts: list[float] = []
    longs: list[float] = []
    for _ in range(repeats):
        # As many short runs as make up a tenth of a long one, in turn with it, so that noise falls on both.
        shorts.extend([await here.seconds(short) / 100 for _ in range(max(1, long // 1_000))])
        longs.append(await here.seconds(longer) / long)
    return statistics.median(shorts) * 1_000, statistics.median(longs) * 1_000


def run(*, long: int = 10_000, repeats: int = 3) -> dict[str, float]:
    """The figures of this benchmark."""
    with database() as url:
        return asyncio.run(measure(url, long=long, repeats=repeats))
