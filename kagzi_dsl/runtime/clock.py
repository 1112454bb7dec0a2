"""The runtime's clock: the database's time, carried on between two looks at it by the event loop's monotonic clock.

A worker whose own clock is wrong is thus as right as any other. Under a virtual-time loop (see kagzi_dsl.testing) time
passes as that loop says.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

_ROUNDING = 1e-3
"""In ms: makes up for sums of floating-point seconds that fall short of the millisecond they stand for."""


class Clock:
    """Milliseconds since the epoch by the database's clock; never goes back."""

    def __init__(self, now: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._base = now
        self._since = self._loop.time()
        self._last = now

    def now(self) -> int:
        """The time now, in ms."""
        now = self._base + int((self._loop.time() - self._since) * 1000 + _ROUNDING)
        if now > self._last:
            self._last = now
        return self._last

    def utc(self) -> datetime:
        """The time now, as people's libraries want it."""
        return datetime.fromtimestamp(self.now() / 1000, UTC)

    def seconds_until(self, at: int) -> float:
        """How long until a moment (ms), in seconds; 0 when it has passed."""
        return max(0.0, (at - self.now()) / 1000)

    def set(self, now: int) -> None:
        """Takes in what the database says the time is."""
        self._base = now
        self._since = self._loop.time()
