"""Looking on as nodes start and end: how a live view, or `show`, learns of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from kagzi_dsl.runtime.core.commands import Pending
from kagzi_dsl.runtime.core.events import AttemptFailed
from kagzi_dsl.runtime.core.outcome import Outcome

if TYPE_CHECKING:
    from kagzi_dsl.runtime.core.course import Course
    from kagzi_dsl.runtime.core.frame import Frame


class Watcher(Protocol):
    """Somebody who looks on as nodes start and end: a live view, or `show`."""

    def started(self, frame: Frame[Any]) -> None:
        """A node began."""

    def asked(self, command: Pending) -> None:
        """A node asked the outside for something."""

    def failed(self, frame: Frame[Any], event: AttemptFailed) -> None:
        """An attempt failed, and another is due."""

    def ended(self, frame: Frame[Any], outcome: Outcome) -> None:
        """A node ended."""

    def restarted(self, machine: Course) -> None:
        """The run begins an attempt, from the first node."""


class Nobody:
    """The watcher of a run that nobody watches."""

    def started(self, frame: Frame[Any]) -> None: ...

    def asked(self, command: Pending) -> None: ...

    def failed(self, frame: Frame[Any], event: AttemptFailed) -> None: ...

    def ended(self, frame: Frame[Any], outcome: Outcome) -> None: ...

    def restarted(self, machine: Course) -> None: ...
