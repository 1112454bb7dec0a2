"""What `wait` does: wait for runs, and tell how they ended."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from kagzi_dsl.cli.ending import report_end
from kagzi_dsl.cli.exits import INTERRUPTED, TIMED_OUT, exit_status_of_all
from kagzi_dsl.cli.interrupts import Interrupted, interruptible
from kagzi_dsl.cli.listing import table
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.open import with_client
from kagzi_dsl.cli.output import colourful, say, write_json, write_text
from kagzi_dsl.cli.words import counted
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.store.records import ENDED, Run
from kagzi_dsl.runtime.view import record_of


def wait_for(manner: Manner, references: Sequence[str], timeout_ms: int | None, *, many: bool = False) -> int:
    """Waits, tells, and gives the exit status; `many`: as of several runs, also when there is one."""

    async def work(client: Client) -> tuple[list[Run], int]:
        return await interruptible(_ended(client, references, timeout_ms))

    try:
        over, count = with_client(manner.database, manner.namespace, work)
    except Interrupted:
        return INTERRUPTED
    many = many or count > 1
    if over and not many:
        return report_end(over[0], stdout=sys.stdout, manner=manner)
    if manner.as_json and many:
        write_json([record_of(run) for run in over])
    elif over:
        write_text("\n".join(table(over, colour=colourful(sys.stdout))))
    if len(over) < count:
        what = "the run is" if count == 1 else f"{count - len(over)} of {counted(count, 'run')} are"
        say(f"{what} not over yet", fg="yellow")
        return TIMED_OUT
    return exit_status_of_all(run.status for run in over)


async def _ended(client: Client, references: Sequence[str], timeout_ms: int | None) -> tuple[list[Run], int]:
    """Those of the runs that ended in time, in the order they were named, and how many runs there are."""
    runs = {run.id: run for run in [await client.run(reference) for reference in references]}
    tasks = {run.id: asyncio.ensure_future(client.wait(run.id)) for run in runs.values() if run.status not in ENDED}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=None if timeout_ms is None else timeout_ms / 1_000)
        runs |= {run_id: task.result() for run_id, task in tasks.items() if task.done()}
        return [run for run in runs.values() if run.status in ENDED], len(runs)
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
