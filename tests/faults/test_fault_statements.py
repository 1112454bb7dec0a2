"""The server says 40001 or 40P01, or ends the session, at the n-th statement, for every n."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from faults.conftest import Fault
from faults.failpoints import watch
from faults.voyage import Voyage, prepare

RAISE = "do $$ begin raise exception 'injected' using errcode = '{}'; end $$"
FAULTS = {
    "serialization failure": RAISE.format("40001"),
    "deadlock": RAISE.format("40P01"),
    "disconnect": "select pg_terminate_backend(pg_backend_pid())",
}


class Striking:
    """Lets the server itself fail, once, at the n-th point where it can: so the transaction there is really lost."""

    def __init__(self, at: int, statement: str) -> None:
        self.at = at
        self.statement = statement
        self.count = 0
        self.struck = ""

    async def __call__(self, moment: str, name: str, connection: Any) -> None:
        # What was answered cannot be refused any more: afterwards a session can only be lost.
        if connection is None or (moment == "after" and "terminate" not in self.statement):
            return
        self.count += 1
        if self.count == self.at:
            self.struck = f"{moment} {name}"
            await asyncpg.Connection.execute(connection, self.statement)


async def played(url: str, at: int, statement: str) -> Striking:
    striking = Striking(at, statement)
    voyage = Voyage(url, url)
    try:
        with watch(striking):
            run_id = await voyage.made()
        await voyage.ended_well(run_id)
    except Exception as error:
        raise AssertionError(f"{statement!r} {striking.struck} (point {at})") from error
    return striking


@pytest.mark.parametrize("what", FAULTS)
def test_a_statement_that_fails_for_a_passing_reason_is_tried_again(
    what: str, fault: Fault, database_url: str, runner: asyncio.Runner
) -> None:
    runner.run(prepare(database_url))
    points = runner.run(played(database_url, 0, FAULTS[what])).count
    struck = set()
    wanted = range(1, points + 1) if fault.long else sorted(fault.chance(what).sample(range(1, points + 1), k=12))
    for at in wanted:
        if (name := runner.run(played(database_url, at, FAULTS[what])).struck) != "":
            struck.add((at, name))
    fault.tell(
        what.replace(" ", "_"), "A statement that fails with 40001 or 40P01, or with its connection, is tried again, "
        "whichever it is, and the run ends in the same way.",
        case="failures", held=len(struck), of=len(struck), points=points,
        different_statements=len({name for _, name in struck}),
    )  # fmt: skip
