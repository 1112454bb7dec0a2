"""A network that cuts, resets or stalls a connection at the n-th message, whichever it is: also a COMMIT's answer."""

from __future__ import annotations

import asyncio
import gc
from typing import get_args

import pytest
from faults.conftest import Fault
from faults.cutting import Cutter, How, cutting
from faults.voyage import Voyage, prepare


async def played(direct: str, at: int, how: How) -> Cutter:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with cutting(direct, at, how) as cutter:
        voyage = Voyage(cutter.url, direct)
        try:
            run_id = await voyage.made()
            await voyage.ended_well(run_id)
        except Exception as error:
            raise AssertionError(f"{cutter.broke} (message {at})") from error
    gc.collect()
    # Nothing of it reaches the log of whoever runs this: neither a task nor a future that nobody asked how it ended.
    assert complaints == [], f"{cutter.broke} (message {at})"
    return cutter


@pytest.mark.parametrize("how", get_args(How))
def test_whatever_is_lost_on_the_way_nothing_happens_twice(
    how: How, fault: Fault, database_url: str, runner: asyncio.Runner
) -> None:
    runner.run(prepare(database_url))
    messages = runner.run(played(database_url, 0, how)).count
    wanted = range(1, messages + 1) if fault.long else sorted(fault.chance(how).sample(range(1, messages + 1), k=10))
    broken = [cutter.broke for at in wanted if (cutter := runner.run(played(database_url, at, how))).broke]
    fault.tell(
        how, "Cut, reset or stalled at any message, a connection is replaced; a commit whose answer was lost is read "
        "back, and neither done twice nor left out.",
        case="lost connections", held=len(broken), of=len(broken), messages=messages,
        answers_of_the_server=sum(" from the server: " in one for one in broken),
        kinds_of_messages=len(set(broken)),
    )  # fmt: skip
