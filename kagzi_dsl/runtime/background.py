"""Ending tasks, also those that a cancellation got lost in."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

_AGAIN_S = 1.0


async def end_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancels tasks and waits for their end, whatever it is.

    A task is told again when it has not ended after a while: before Python 3.12 `asyncio.wait_for`, which drivers use,
    forgets a cancellation that comes as its work completes (python/cpython#86296).
    """
    while rest := [task for task in tasks if not task.done()]:
        for task in rest:
            task.cancel()
        await asyncio.wait(rest, timeout=_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
