"""Ending tasks, also those that a cancellation got lost in."""

from __future__ import annotations

import asyncio
import contextlib

from kagzi_dsl.runtime import background
from kagzi_dsl.runtime.background import end_all


async def forgetful() -> None:
    """Forgets the first cancellation, as `asyncio.wait_for` may."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def test_a_task_that_forgets_its_cancellation_is_told_again() -> None:
    background._AGAIN_S, before = 0.01, background._AGAIN_S
    try:
        tasks = [asyncio.create_task(work) for work in (forgetful(), asyncio.sleep(0), asyncio.Event().wait())]
        await tasks[1]
        await end_all(tasks)
    finally:
        background._AGAIN_S = before
    assert [task.cancelled() for task in tasks] == [True, False, True]


async def test_how_a_task_ends_is_nobodys_error() -> None:
    async def fails() -> None:
        raise ValueError

    await end_all([asyncio.create_task(fails())])
    await end_all([])
