"""One run that does much at once: a `parallel` of activities, and a `foreach` over a long list with its memory."""

from __future__ import annotations

from typing import Any

from benchmarks.harness.bench import Bench, bench
from benchmarks.harness.documents import linked
from benchmarks.harness.figure import Figures, figure
from benchmarks.harness.stage import Stage
from kagzi_dsl.dsl.link import Linked


def branches(count: int) -> Linked:
    """A `parallel` of so many activities."""
    nodes: list[Any] = [{"id": f"b{index}", "activity": "work", "with": {"n": index}} for index in range(count)]
    return linked(f"branches-{count}", parallel=nodes)


def loop(count: int) -> Linked:
    """A `foreach` over so many items, with the limit it has by default."""
    body = {"activity": "work", "with": {"n": "${ item }"}}
    return linked(f"loop-{count}", foreach=f"${{ range(`0`, `{count}`) }}", do=body)


async def measure(stage: Stage, *, width: int = 1_000, items: int = 10_000, rounds: int = 5) -> Figures:
    """Seconds of both, and what a worker that did one such `foreach` and nothing else had in memory at most."""
    async with bench(stage, "fanout") as here:
        figures = await _times(here, width, items, rounds)
        peaks = {count: [await _peak(here, count) for _ in range(min(rounds, 3))] for count in (1, items // 2, items)}
    growth = [(all_ - none) / (half - none) for none, half, all_ in zip(*peaks.values(), strict=True)]
    return {
        **figures,
        "foreach_half_memory": figure("MB", peaks[items // 2]),
        "foreach_memory": figure("MB", peaks[items]),
        "foreach_memory_growth": figure("×", growth),
    }


async def _times(here: Bench, width: int, items: int, rounds: int) -> Figures:
    wide: list[float] = []
    looped: list[float] = []
    async with here.workers(1) as workers:
        wide_one, long_one = branches(width), loop(items)
        for one in (wide_one, long_one):
            await here.seconds(one, 1, workers=workers)
        for _ in range(rounds):
            wide.append(await here.seconds(wide_one, 1, workers=workers))
            looped.append(await here.seconds(long_one, 1, workers=workers))
    return {"parallel": figure("s", wide), "foreach": figure("s", looped)}


async def _peak(here: Bench, items: int) -> float:
    async with here.workers(1) as workers:
        await here.seconds(loop(items), 1, workers=workers)
        return workers[0].memory().peak
