"""`now`: the time, recorded when the node first runs."""

from __future__ import annotations

from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.decorator import activity


@activity
async def now(context: ActivityContext) -> str:
    """The time in UTC as RFC 3339 text with milliseconds, such as `2025-01-31T09:30:00.000Z`."""
    return context.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
