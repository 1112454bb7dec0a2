"""Telling those who listen that there may be something for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from kagzi_dsl.runtime.store.protocol import Listener, Topic
from kagzi_dsl.runtime.store.records import Run


class Hints:
    """The listeners of one store. They are called by the loop, never from within the store."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Adds a listener; what is returned removes it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def close(self) -> None:
        """Forgets all listeners."""
        self._listeners.clear()

    def publish(self, topic: Topic, subject: str) -> None:
        """Tells all listeners."""
        for listener in self._listeners:
            asyncio.get_running_loop().call_soon(listener, topic, subject)

    def publish_later(self, wait_ms: int, topic: Topic, subject: str) -> None:
        """Tells all who listen then."""
        asyncio.get_running_loop().call_later(wait_ms / 1000, self.publish, topic, subject)

    def publish_ready(self, run: Run) -> None:
        """Tells of a run that can be claimed now, if it can."""
        if run.owner is None and run.available_at is not None and run.available_at <= self._now():
            self.publish("ready", run.queue)
