"""Holding a run still: while an activity commits its own checkpoint, all else that happens to its run waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Hold:
    """Whether a run is held, and what waits for its release."""

    __slots__ = ("_waiting", "on")

    def __init__(self) -> None:
        self.on = False
        """Whether the run is held; only told here, changed by `take` and `release`."""
        self._waiting: list[Callable[[], None]] = []

    def later(self, action: Callable[[], None]) -> None:
        """Does something at the release; it may have to wait again, when another holds the run by then."""
        self._waiting.append(action)

    async def take(self) -> None:
        """Holds the run, when whoever holds it now has let go."""
        while self.on:
            free = asyncio.Event()
            self.later(free.set)
            await free.wait()
        self.on = True

    def release(self) -> None:
        """Lets the run go on, with what has waited first."""
        self.on = False
        waiting, self._waiting = self._waiting, []
        for action in waiting:
            action()
