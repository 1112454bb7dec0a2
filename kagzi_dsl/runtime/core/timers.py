"""The timers of a run: a heap of moments, of which those that were disarmed are passed over."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from kagzi_dsl.runtime.core.events import Purpose, TimerFired

if TYPE_CHECKING:
    from kagzi_dsl.runtime.core.frame import Frame


class Timers:
    """Timers by node path and purpose; the frame is None for a timer of the run itself."""

    def __init__(self) -> None:
        self._armed: dict[tuple[str, Purpose], tuple[int, Frame[Any] | None]] = {}
        self._alarms: list[tuple[int, int, str, Purpose]] = []
        self._count = 0

    def arm(self, path: str, purpose: Purpose, due: int, frame: Frame[Any] | None) -> None:
        """Arms a timer, due at `due` (ms)."""
        self._armed[path, purpose] = (due, frame)
        self._count += 1
        heapq.heappush(self._alarms, (due, self._count, path, purpose))
        if len(self._alarms) > 2 * len(self._armed) + 64:
            self._forget_disarmed()

    def _forget_disarmed(self) -> None:
        """Keeps the heap as small as what is armed, so that a long run of short timeouts does not grow."""
        self._alarms = [alarm for alarm in self._alarms if self._armed.get(alarm[2:], (None,))[0] == alarm[0]]
        heapq.heapify(self._alarms)

    def disarm(self, path: str, purpose: Purpose) -> Frame[Any] | None:
        """Disarms a timer, and says whose it was."""
        return self._armed.pop((path, purpose), (0, None))[1]

    def is_armed(self, path: str, purpose: Purpose) -> bool:
        """Whether such a timer is armed."""
        return (path, purpose) in self._armed

    def clear(self) -> None:
        """Disarms everything."""
        self._armed.clear()
        self._alarms.clear()

    def next_due(self) -> int | None:
        """When the next timer is due (ms), None when none is armed."""
        while self._alarms:
            due, _, path, purpose = self._alarms[0]
            armed = self._armed.get((path, purpose))
            if armed is not None and armed[0] == due:
                return due
            heapq.heappop(self._alarms)
        return None

    def due_of(self, path: str, *purposes: Purpose) -> int | None:
        """When the first of a node's timers for these purposes is due (ms), None when none is armed."""
        armed = (self._armed.get((path, purpose)) for purpose in purposes)
        return min((timer[0] for timer in armed if timer is not None), default=None)

    def fired(self, now: int) -> TimerFired | None:
        """The event of the earliest timer that is due by `now` (ms)."""
        due = self.next_due()
        if due is None or due > now:
            return None
        _, _, path, purpose = self._alarms[0]
        return TimerFired(path, purpose, now)
