"""A network that cuts, resets or stalls a connection at the n-th message, whichever it is: also a COMMIT's answer."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from typing import TypeAlias, get_args

import pytest
from faults.conftest import Fault
from faults.cutting import Cutter, How, cutting
from faults.voyage import Voyage, prepare

AT_ONCE = {"cut": 1, "reset": 1, "stall": 5}
"""Of a stall there is nothing to do but wait."""
WRITING = ("commit", "start", "append", "append_one", "append_and_leave", "append_and_end_one")
"""The statements after which it is not known, when their answers are lost, whether something was written."""
Point: TypeAlias = tuple[str, int]
"""The n-th message, or the n-th answer to a statement that is named."""


async def all_played(direct: str, points: Iterable[Point], how: How) -> list[Cutter]:
    """One voyage for each point; what was said of tasks and futures that nobody asked how they ended is an error."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    slots = asyncio.Semaphore(AT_ONCE[how])

    async def one(point: Point) -> Cutter:
        async with slots:
            return await played(direct, point, how)

    cutters = await asyncio.gather(*map(one, points))
    gc.collect()
    assert complaints == [], [cutter.broke for cutter in cutters]
    return cutters


async def played(direct: str, point: Point, how: How) -> Cutter:
    of, at = point
    async with cutting(direct, at, how, of=of) as cutter:
        voyage = Voyage(cutter.url, direct, others=AT_ONCE[how] > 1)
        try:
            run_id = await voyage.made()
            await voyage.ended_well(run_id)
        except Exception as error:
            raise AssertionError(f"{cutter.broke} ({of or 'message'} {at})") from error
    return cutter


@pytest.mark.parametrize("how", get_args(How))
def test_whatever_is_lost_on_the_way_nothing_happens_twice(
    how: How, fault: Fault, database_url: str, runner: asyncio.Runner
) -> None:
    runner.run(prepare(database_url))
    [undisturbed] = runner.run(all_played(database_url, [("", 0)], how))
    messages = range(1, undisturbed.count + 1)
    wanted = [("", at) for at in (messages if fault.long else sorted(fault.chance(how).sample(messages, k=10)))]
    # Chance would mostly choose other messages. One way to lose them is enough where time is short.
    unsure = [(name, at) for name in WRITING for at in range(1, undisturbed.done[name] + 1)]
    wanted += unsure if fault.long or how == "cut" else []
    broken = [cutter.broke for cutter in runner.run(all_played(database_url, wanted, how)) if cutter.broke]
    fault.tell(
        how, "Cut, reset or stalled at any message, a connection is replaced; a commit whose answer was lost is read "
        "back, and neither done twice nor left out.",
        case="lost connections", held=len(broken), of=len(broken), messages=len(messages),
        answers_of_the_server=sum(" from the server: " in one for one in broken),
        kinds_of_messages=len(set(broken)),
    )  # fmt: skip
