"""Signals a run has taken in, and the waits that want them.

Signals wait in order of arrival per name, also from before anybody waits; one signal feeds one wait, the one that has
waited longest and whose schema it fits.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

from kagzi_dsl.payload import Json


class Wait(Protocol):
    """A node that waits for a signal."""

    def fits(self, payload: Json) -> bool:
        """Whether the payload is one this wait takes."""

    def receive(self, payload: Json) -> None:
        """The wait is over."""


class Mailbox:
    """Unclaimed payloads and unfed waits, by the signal's name."""

    def __init__(self) -> None:
        self._payloads: dict[str, deque[Json]] = {}
        self._waits: dict[str, dict[int, Wait]] = {}

    def deliver(self, name: str, payload: Json) -> None:
        """Gives a payload to the first wait it fits, or keeps it."""
        waits = self._waits.get(name, {})
        for key, wait in waits.items():
            if wait.fits(payload):
                del waits[key]
                wait.receive(payload)
                return
        self._payloads.setdefault(name, deque()).append(payload)

    def wait(self, name: str, wait: Wait) -> None:
        """Feeds a wait from what is kept, or lets it wait."""
        kept = self._payloads.get(name, deque())
        for index, payload in enumerate(kept):
            if wait.fits(payload):
                del kept[index]
                wait.receive(payload)
                return
        self._waits.setdefault(name, {})[id(wait)] = wait

    def forget(self, name: str, wait: Wait) -> None:
        """A wait is over without a signal."""
        self._waits.get(name, {}).pop(id(wait), None)

    def forget_waits(self) -> None:
        """Every wait is over; payloads stay."""
        self._waits.clear()

    def awaited(self) -> list[str]:
        """The names somebody waits for."""
        return [name for name, waits in self._waits.items() if waits]
