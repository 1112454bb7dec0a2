"""What a worker that has nothing to do costs the database: statements a minute, counted on its real connections."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from typing import Any

import asyncpg
import pytest
from command_line import ROOT
from patience import PATIENCE

from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.store.postgres import open_postgres
from kagzi_dsl.runtime.worker import Worker

POLLS = 4


class Counted:
    """Counts the statements of every connection that is opened, by the name each carries."""

    def __init__(self) -> None:
        self.statements: Counter[str] = Counter()
        self.changed = asyncio.Event()

    def note(self, record: Any) -> None:
        name = re.search(r"/\* kagzi: (\w+) \*/", record.query)
        self.statements[name[1] if name else " ".join(record.query.split())[:40]] += 1
        self.changed.set()

    async def until(self, name: str, times: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.statements[name] < times:
                self.changed.clear()
                await self.changed.wait()


async def test_an_idle_worker_costs_no_more_than_the_documentation_says(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, connect = Counted(), asyncpg.connect

    async def counting(*arguments: Any, **options: Any) -> Any:
        connection = await connect(*arguments, **options)
        connection.add_query_logger(counted.note)
        return connection

    monkeypatch.setattr(asyncpg, "connect", counting)
    store = await open_postgres(database_url)
    worker = Worker(Client(store), Registry())
    working = asyncio.ensure_future(worker.run())
    await counted.until("claim", 2)
    began, before = time.monotonic(), counted.statements.total()
    await counted.until("claim", 2 + POLLS)
    # Where claims take long, whatever else is polled goes on meanwhile.
    polls = max(POLLS, round((time.monotonic() - began) / worker.options.settings.poll))
    a_poll = (counted.statements.total() - before) / polls
    worker.stop()
    await working
    await store.close()
    assert POLLS / polls <= a_poll <= stated(), counted.statements


def stated() -> int:
    """The most statements a poll that the documentation admits."""
    told = re.search(r"at most \*\*(\d+) statements at each poll\*\*", (ROOT / "docs" / "operations.md").read_text())
    assert told is not None
    return int(told[1])
