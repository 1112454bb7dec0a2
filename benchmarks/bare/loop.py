"""`python -m benchmarks.bare.loop URL`: takes runs from a queue and makes each of their steps durable before the next.

What the runtime also does to that end is here: runs are claimed in batches, everything that is ready to be stored goes
into one statement and one commit, a fence refuses rows of a run that is somebody else's by now, and hints wake whoever
waits. All the rest is left out: there are no documents, expressions, retries, timeouts, no journal that tells what
happened, and what is interrupted is lost. So it shows how much of a figure is the machine's.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
import uvloop

BATCH = 100
READY, DONE = "bare_ready", "bare_done"
_FEW = 8
"""So many ends at most are told of one by one."""
_PINNED = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
_CLAIM = """
with found as materialized (
    select run_id from bare_runs where owner is null and not done order by number limit $2 for update skip locked
)
update bare_runs r set owner = $1 from found f where r.run_id = f.run_id returning r.run_id, r.steps
"""
_STORE = """
with owned as materialized (
    select r.run_id from unnest($2::uuid[]) as w(run_id) cross join lateral (
        select run_id from bare_runs where bare_runs.run_id = w.run_id and owner = $1 for update
    ) r
), added as (
    insert into bare_steps
    select s.* from unnest($2::uuid[], $3::integer[], $4::json[]) as s(run_id, step, output)
    where s.run_id in (select run_id from owned)
), ended as (
    update bare_runs r set done = true, owner = null, output = e.output
    from unnest($5::uuid[], $6::json[]) as e(run_id, output)
    where r.run_id = e.run_id and r.run_id in (select run_id from owned)
)
select run_id, case when $7 and run_id = any($5) then pg_notify('bare_done', run_id::text) end from owned
"""


class Group:
    """Stores what is ready, all of it in one commit, while the next gathers."""

    def __init__(self, connection: asyncpg.Connection, owner: UUID) -> None:
        self._connection = connection
        self._owner = owner
        self._steps: list[tuple[UUID, int, str]] = []
        self._ends: list[tuple[UUID, str]] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._ready = asyncio.Event()

    def put(self, run_id: UUID, step: int, output: str, *, last: bool) -> asyncio.Future[None]:
        """A step's output, which is durable once the future is done; after the `last` one its run is over."""
        self._steps.append((run_id, step, output))
        if last:
            self._ends.append((run_id, output))
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._ready.set()
        return future

    async def run(self) -> None:
        """Stores for ever. Raises RuntimeError when a run was somebody else's."""
        while True:
            await self._ready.wait()
            self._ready.clear()
            steps, ends, waiting = self._steps, self._ends, self._waiting
            self._steps, self._ends, self._waiting = [], [], []
            columns = [list(column) for column in zip(*steps, strict=True)]
            ended = [list(column) for column in zip(*ends, strict=True)] or [[], []]
            stored = await self._connection.fetch(_STORE, self._owner, *columns, *ended, len(ends) <= _FEW)
            if len(stored) != len(steps):
                raise RuntimeError("a run was taken away")
            for future in waiting:
                future.set_result(None)


async def work(n: int) -> dict[str, Any]:
    """The step."""
    return {"ok": True, "n": n, "value": "some small result"}


async def _run(group: Group, run_id: UUID, steps: int) -> None:
    n = 0
    for step in range(steps):
        output = await work(n)
        await group.put(run_id, step, orjson.dumps(output).decode(), last=step == steps - 1)
        n = output["n"]


async def main(url: str) -> None:
    """Works until the process is ended; prints a line when it is ready."""
    owner = uuid4()
    claims = await asyncpg.connect(url, server_settings={**_PINNED, "synchronous_commit": "off"})
    group = Group(await asyncpg.connect(url, server_settings=_PINNED), owner)
    hinted = asyncio.Event()
    listening = await asyncpg.connect(url)
    await listening.add_listener(READY, lambda *_: hinted.set())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(group.run())
        print("ready", flush=True)
        while True:
            await hinted.wait()
            hinted.clear()
            while taken := await claims.fetch(_CLAIM, owner, BATCH):
                for run_id, steps in taken:
                    tasks.create_task(_run(group, run_id, steps))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
