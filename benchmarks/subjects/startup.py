"""`kagzi-dsl run` of a file with one step, as it is typed, with the database already up."""

from __future__ import annotations

import asyncio

from benchmarks.harness.bench import bench
from benchmarks.harness.figure import Figures, figure
from benchmarks.harness.process import ACTIVITIES, COMMAND, wall
from benchmarks.harness.stage import Stage

DOCUMENT = f"""\
workflow: one-step
activities: {ACTIVITIES}
activity: work
with: {{n: 1}}
"""


async def measure(stage: Stage, *, rounds: int = 10) -> Figures:
    """Seconds of wall-clock time, from the start of the process to its end."""
    file = stage.scratch / "one-step.yaml"
    file.write_text(DOCUMENT)
    async with bench(stage, "startup") as here:
        command = [*COMMAND, "run", str(file), "--quiet", "--db", here.url]
        times = [await asyncio.to_thread(wall, command) for _ in range(rounds + 1)]
        assert await here.completed() == rounds + 1
    return {"run": figure("s", times[1:])}
