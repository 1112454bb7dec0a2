"""`kagzi-dsl validate`, as it is typed: one small file, and a thousand larger ones.

Beside it check-jsonschema reads the same files with the language's JSON Schema. That tells it less than it tells
`validate`, which also looks into expressions, types and activities.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness.figure import Figures, figure, ratios
from benchmarks.harness.process import COMMAND, wall
from benchmarks.harness.stage import Stage
from benchmarks.peers.table import CHECK_JSONSCHEMA
from kagzi_dsl import schemas

SCHEMA = Path(schemas.__path__[0]) / "workflow.schema.json"
SAMPLES = Path(__file__).parents[1] / "samples"
SMALL = SAMPLES / "small" / "greeting.yaml"
ORDER = SAMPLES / "order" / "order.yaml"


def write_many(folder: Path, count: int) -> list[Path]:
    """Writes so many workflows of 45 lines, no two alike, beside the activities they name."""
    shutil.copytree(ORDER.parent, folder, ignore=lambda _, names: set(names) - {"activities.py"})
    files = [folder / f"order-{n}.yaml" for n in range(count)]
    text = ORDER.read_text()
    for n, file in enumerate(files):
        file.write_text(text.replace("order-0", f"order-{n}").replace("default: 0", f"default: {n}"))
    return files


async def measure(stage: Stage, *, files: int = 1_000, rounds: int = 5) -> Figures:
    """Milliseconds for one file and seconds for all, of both programs in turn where the other one is installed."""
    written = await asyncio.to_thread(write_many, stage.scratch / "many", files)
    own, other = (
        [*COMMAND, "validate"],
        [str(CHECK_JSONSCHEMA.command("check-jsonschema")), "--schemafile", str(SCHEMA)],
    )
    one: list[float] = []
    many: list[float] = []
    other_one: list[float] = []
    other_many: list[float] = []
    for _ in range(rounds):
        one.append(1_000 * await _quickest([*own, str(SMALL)]))
        many.append(await _quickest([*own, *map(str, written)], times=1))
        if CHECK_JSONSCHEMA.is_installed:
            other_one.append(1_000 * await _quickest([*other, str(SMALL)]))
            other_many.append(await _quickest([*other, *map(str, written)], times=1))
    return {"one": figure("ms", one), "many": figure("s", many), **_beside(one, many, other_one, other_many)}


def _beside(
    one: Sequence[float], many: Sequence[float], other_one: Sequence[float], other_many: Sequence[float]
) -> Figures:
    if not other_one:
        return {}
    return {
        "check_jsonschema_one": figure("ms", other_one),
        "check_jsonschema_many": figure("s", other_many),
        "one_over_check_jsonschema": ratios("×", one, other_one),
        "many_over_check_jsonschema": ratios("×", many, other_many),
    }


async def _quickest(command: Sequence[str], *, times: int = 3) -> float:
    """The seconds of the best of a few tries: a process that starts is easily held up by others."""
    return min([await asyncio.to_thread(wall, command) for _ in range(times)])
