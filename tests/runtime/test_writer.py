"""Group commit: who hears of a write that was refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.records import Parked, Refused, Write
from kagzi_dsl.runtime.writer import Writer

PARK = Parked("waiting", None, 0)


class Slow:
    """A store whose first commit is answered when the test says so, and refuses what is written by fence 1."""

    def __init__(self) -> None:
        self.asked, self.answer = asyncio.Event(), asyncio.Event()
        self.committed: list[list[int]] = []

    async def commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        self.committed.append([write.fence for write in writes])
        self.asked.set()
        await self.answer.wait()
        return [Refused.stale(write.run_id) if write.fence == 1 else None for write in writes]


class Answers:
    """What is answered to each write, by the name the test gives it."""

    def __init__(self) -> None:
        self.given: dict[str, Refused | None] = {}

    def to(self, name: str) -> Any:
        return lambda refused: self.given.update({name: refused})


async def played(*fences: int) -> tuple[Slow, Answers]:
    """Lets a run be parked by fence 1 and, while that is not answered, puts writes of it by these fences."""
    store, answers, run_id = Slow(), Answers(), uuid7()
    writer = Writer(store, uuid7())  # type: ignore[arg-type]
    running = asyncio.create_task(writer.run())
    writer.put(Write(run_id=run_id, fence=1, leave=PARK), answers.to("park"))
    await store.asked.wait()
    for fence in fences:
        writer.put(Write(run_id=run_id, fence=fence), answers.to(f"by {fence}"))
    store.answer.set()
    await writer.flush()
    running.cancel()
    return store, answers


async def test_a_refused_write_takes_with_it_what_its_run_put_since() -> None:
    store, answers = await played(1)
    assert store.committed == [[1]]
    assert all(refused is not None for refused in answers.given.values())


async def test_a_late_refusal_leaves_alone_what_was_put_by_a_later_claim() -> None:
    store, answers = await played(2)
    assert store.committed == [[1], [2]]
    assert answers.given["park"] is not None
    assert answers.given["by 2"] is None


async def test_writes_by_different_fences_are_never_one() -> None:
    store, answers = await played(1, 2)
    assert store.committed == [[1], [2]]
    assert [answers.given["by 1"] is None, answers.given["by 2"] is None] == [False, True]
