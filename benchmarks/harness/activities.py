"""The activities of the workers that are measured; each does the least its benchmark needs."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from kagzi_dsl import activity

HOLD = "BENCHMARKS_HOLD"
"""A worker with this variable set never gets past `gate`."""
_LONG_S = 3_600


@activity
async def work(n: int = 0) -> dict[str, Any]:
    """The least an activity can do."""
    return {"ok": True, "n": n, "value": "some small result"}


@activity
async def gate(n: int = 0) -> dict[str, Any]:
    """The same, but on a worker that is going to be killed it is what the kill interrupts."""
    if HOLD in os.environ:
        await asyncio.sleep(_LONG_S)
    return {"ok": True, "n": n, "value": "some small result"}
