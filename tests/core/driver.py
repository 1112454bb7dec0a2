"""A shell without a world: answers a machine's commands by the choices of a random source, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.payload import dumps
from kagzi_dsl.runtime.core.commands import (
    EndRun,
    Pending,
    RunActivity,
    SendSignal,
    StartChild,
    StopActivity,
    StopChild,
)
from kagzi_dsl.runtime.core.events import (
    AttemptFailed,
    CancelRequested,
    Event,
    NodeCompleted,
    NodeFailed,
    RunRetried,
    RunStarted,
    SignalArrived,
)
from kagzi_dsl.runtime.core.facts import Facts
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.machine import Machine, Step
from kagzi_dsl.runtime.core.revive import starts_again

FACTS = Facts(id="0197a000-0000-7000-8000-000000000000", workflow="w", input={"n": 3, "go": True, "items": [1, 2, 3]})
SIGNALS = ("go", "stop")


@dataclass
class Driver:
    """Plays one run. `failing` and `cancelling` are the odds, in percent, of an answer being a failure or a
    cancellation.
    """

    workflow: Workflow
    random: Random
    failing: int = 8
    cancelling: int = 1
    at: int = 1_000_000
    events: list[Event] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    commands: list[Any] = field(default_factory=list)
    signals: int = 6

    def __post_init__(self) -> None:
        self.machine = self.fresh()

    def fresh(self) -> Machine:
        """A machine that knows nothing yet."""
        return Machine(self.workflow, FACTS)

    def play(self, most: int = 400) -> Iterator[Step]:
        """Feeds one event after the other until the run is over, or `most` have been fed; yields after each."""
        yield self._feed(RunStarted(self.at))
        yield from self.go_on(most)

    def take_up_again(self) -> None:
        """Takes up a run that has ended, as the engine does when it is reopened."""
        last = self.entries[-1]
        if starts_again(last):
            self.entries.append(Entry(seq=last.seq + 1, type=EntryType.RUN_RETRIED, at=self.at))
            self.machine = self.fresh()
            self.machine.replay(self.entries)
        else:
            self._feed(RunRetried(self.at))

    def go_on(self, most: int = 400) -> Iterator[Step]:
        """As `play`, for a run that has begun."""
        while self.machine.over is None and len(self.events) < most:
            self.at += self.random.choice((0, 1, 10, 1_000))
            yield self._feed(self._next())

    def _feed(self, event: Event) -> Step:
        step = self.machine.feed(event)
        self.events.append(event)
        self.entries.extend(step.entries)
        self.commands.extend(step.commands)
        return step

    def _next(self) -> Event:
        if self.random.randrange(100) < self.cancelling:
            return CancelRequested("enough", self.at)
        if self.signals and self.random.randrange(100) < 10:
            return self._signal()
        options: list[Pending | None] = list(self.machine.pending.values())
        if self.machine.next_due() is not None:
            options.append(None)
        if not options:
            return self._signal() if self.signals else CancelRequested("nobody will signal any more", self.at)
        chosen = self.random.choice(options)
        return self._timer() if chosen is None else self._answer(chosen)

    def _signal(self) -> Event:
        self.signals -= 1
        name = self.random.choice(SIGNALS)
        return SignalArrived(name, {"n": self.signals}, dumps({"n": self.signals}), self.at)

    def _timer(self) -> Event:
        due = self.machine.next_due()
        assert due is not None
        self.at = max(self.at, due)
        fired = self.machine.fired(self.at)
        assert fired is not None
        return fired

    def _answer(self, command: Pending) -> Event:
        attempt = getattr(command, "attempt", 1)
        match command:
            case StopActivity(path=path) | StopChild(path=path) if self.random.random() < 0.8:
                return NodeFailed(path, Failure.of(Code.CANCELLED, "stopped", path=path), attempt, self.at, self.at)
            case RunActivity(path=path, not_before=due):
                self.at = max(self.at, due or 0)
            case StopActivity(path=path) | StopChild(path=path) | StartChild(path=path) | SendSignal(path=path):
                pass
        if self.random.randrange(100) < self.failing:
            return self._failed(command, path, attempt)
        output = {"path": path, "n": self.random.randrange(5)}
        return NodeCompleted(path, output, dumps(output), attempt, self.at, self.at)

    def _failed(self, command: Pending, path: str, attempt: int) -> Event:
        code = self.random.choice((Code.CONFLICT, Code.TIMEOUT, Code.UNAVAILABLE))
        failure = Failure.of(code, "as it happens", path=path)
        if isinstance(command, RunActivity) and attempt < 3 and failure.retryable:
            return AttemptFailed(path, failure, attempt, self.at, self.at + 500, self.at)
        return NodeFailed(path, failure, attempt, self.at, self.at)


def state(machine: Machine) -> dict[str, Any]:
    """What two machines of one run must agree on."""
    return {
        "seq": machine.seq,
        "over": machine.over,
        "pending": [told(command) for command in machine.pending.values()],
        "due": machine.next_due(),
        "awaited": sorted(machine.mailbox.awaited()),
        "compensation": machine.compensation,
        "attempt": machine.attempt,
    }


def told(command: Any) -> Any:
    """A command as something that can be compared: without its scope."""
    if isinstance(command, EndRun):
        return command
    shown = {
        name: getattr(command, name, None)
        for name in ("path", "attempt", "arguments", "input", "not_before", "payload")
    }
    return type(command).__name__, shown
