"""Cancelling what is at work at a moment of the test's choice."""

from __future__ import annotations

import asyncio
from typing import Any


async def cancelled_after(turns: int, work: asyncio.Task[Any]) -> bool:
    """Cancels `work` after so many turns of the event loop; whether it was over before."""
    for _ in range(turns):
        await asyncio.sleep(0)
    over = work.done()
    work.cancel()
    await asyncio.wait({work})
    assert work.cancelled() is not over
    return over
