"""What runs are sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import UUID

from kagzi_dsl.runtime.store.memory.hints import Hints
from kagzi_dsl.runtime.store.memory.rows import Row, message_of
from kagzi_dsl.runtime.store.records import ENDING, STIRRING, Message, NewMessage


class Inboxes:
    """The inboxes of the runs that are not over: `live`."""

    def __init__(self, live: Mapping[UUID, Row], hints: Hints, now: Callable[[], int]) -> None:
        self._live = live
        self._hints = hints
        self._now = now
        self._last_message = 0

    def send(self, new: NewMessage) -> bool:
        """Puts a message into its run's inbox, and makes the run available for it; false when the run is over."""
        row = self._live.get(new.run_id)
        if row is None:
            return False
        self._last_message += 1
        row.inbox.append(message_of(new, self._last_message, self._now()))
        row.messages_sent += 1
        if new.kind in ENDING and row.seen_seq is None and not row.has_started():
            row.withdrawn = True
        if row.run.owner is not None:
            self._hints.publish("inbox", str(row.run.owner))
        elif row.run.status != "paused" or new.kind in STIRRING:
            due = row.run.available_at
            row.run = replace(row.run, available_at=self._now() if due is None else min(due, self._now()))
            self._hints.publish_ready(row.run)
        return True

    def of_owner(self, owner: UUID) -> list[Message]:
        """The unread messages of all runs of a worker, in the order in which they came."""
        unread = [message for row in self._live.values() if row.run.owner == owner for message in row.inbox]
        return sorted(unread, key=lambda message: message.id)
