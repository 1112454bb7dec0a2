"""Sagas made by chance: killed at every commit, compensations failing, cancelled while they compensate: exact order."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest
from faults.conftest import Fault
from runtime.test_crash_points import Play, verdict

SECOND = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """An activity that takes `takes` ms, and its compensation."""

    name: str
    takes: int


@dataclass(frozen=True, slots=True)
class Together:
    """Steps side by side."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Inner:
    """A saga in the saga: when it completes, its compensations are the outer one's."""

    parts: tuple[Any, ...]


Part: TypeAlias = Step | Together | Inner


@dataclass
class Story:
    """A saga whose last step fails, the activities it has, and what must be undone in which order."""

    chance: random.Random
    failures: int
    cancelled: bool = False
    count: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.parts = tuple(self._part(2) for _ in range(self.chance.randint(2, 4)))
        done = [step for part in self.parts for step in completed(part)]
        self.undone = [f"undo_{step.name}" for step in reversed(done)]

    def _part(self, depth: int) -> Part:
        kind = self.chance.choice(("step", "step", "together", "inner")) if depth else "step"
        if kind == "inner":
            return Inner(tuple(self._part(depth - 1) for _ in range(self.chance.randint(1, 3))))
        if kind == "together":
            return Together(tuple(self._step() for _ in range(self.chance.randint(2, 3))))
        return self._step()

    def _step(self) -> Step:
        number = next(self.count)
        # Never two at the same moment, so that the order in which they end is known.
        return Step(f"s{number}", self.chance.randint(1, 9) * 100 + number)

    @property
    def case(self) -> dict[str, Any]:
        """The story in the words of tests/cases/runner.py."""
        names = [name.removeprefix("undo_") for name in self.undone]
        takes = {step.name: f"{step.takes}ms" for part in self.parts for step in completed(part)}
        undoing = {"returns": None, "takes": "50ms"}
        if self.failures:
            undoing |= {"fails": {"code": "Unavailable", "message": "not now"}, "times": self.failures}
        activities: dict[str, Any] = {name: {"returns": name, "takes": takes[name]} for name in names}
        activities |= {f"undo_{name}": undoing for name in names}
        activities |= {"break": {"fails": {"code": "Conflict", "message": "broken"}}}
        case = {"document": self._document(), "activities": activities}
        if self.cancelled:
            case["cancel_after"] = self._length() / SECOND + self.chance.uniform(0.01, 0.05 * len(names))
        return case

    def _document(self) -> str:
        lines = [line for part in self.parts for line in written(part, self.failures + 1)]
        return "workflow: story\nsaga:\n" + "\n".join(f"  {line}" for line in [*lines, "- {activity: break}"]) + "\n"

    def _length(self) -> int:
        return sum(max(step.takes for step in part.steps) if isinstance(part, Together) else part.takes
                   for part in flat(self.parts))  # fmt: skip


def flat(parts: tuple[Part, ...]) -> list[Step | Together]:
    """The parts one after the other, inner sagas opened."""
    return [one for part in parts for one in (flat(part.parts) if isinstance(part, Inner) else [part])]


def completed(part: Part) -> list[Step]:
    """The steps of a part in the order in which they end."""
    match part:
        case Step():
            return [part]
        case Together(steps):
            return sorted(steps, key=lambda step: step.takes)
        case Inner(parts):
            return [step for inner in parts for step in completed(inner)]


def written(part: Part, attempts: int) -> list[str]:
    """A part as YAML."""
    match part:
        case Step(name, _):
            retry = f"retry: {{max_attempts: {attempts}, initial_interval: 100ms}}"
            return [f"- {{activity: {name}, compensate: {{activity: undo_{name}, {retry}}}}}"]
        case Together(steps):
            branches = [written(step, attempts)[0].removeprefix("- ") for step in steps]
            return ["- parallel:", *(f"    {step.name}_b: {text}" for step, text in zip(steps, branches, strict=True))]
        case Inner(parts):
            return ["- saga:", *(f"    {line}" for inner in parts for line in written(inner, attempts))]


def order_of(calls: list[str]) -> list[str]:
    """The compensations that were called, each once, by its first call."""
    return list(dict.fromkeys(call for call in calls if call.startswith("undo_")))


def told(story: Story, play: Play, run: Any) -> None:
    calls = [call for call in play.calls if call.startswith("undo_")]
    assert order_of(calls) == story.undone, story.case["document"]
    # Each as often as it fails and once more, and in one go: a kill may repeat one of all.
    assert [call for call, _ in itertools.groupby(calls)] == story.undone
    assert 0 <= len(calls) - len(story.undone) * (story.failures + 1) <= (1 if play.fatal.commits else 0)
    assert run.status == "failed" or (story.cancelled and run.status == "cancelled")
    assert run.compensation == "completed"


@pytest.mark.parametrize("how", ["killed", "failing", "cancelled"])
def test_a_saga_undoes_what_is_due_in_the_exact_order(how: str, fault: Fault) -> None:
    plays = due = 0
    for number in range(fault.size(10, 150)):
        failures = 0 if how == "killed" else fault.chance(how, number, "failures").randint(0, 3)
        story = Story(fault.chance(how, number), failures, cancelled=how == "cancelled")
        case = story.case
        undisturbed = Play(case, 0, after=False)
        run = undisturbed.run()
        told(story, undisturbed, run)
        points = [(at, after) for at in range(1, undisturbed.fatal.commits + 1) for after in (False, True)]
        for at, after in (
            points if fault.long else fault.chance(how, number, "kills").sample(points, k=min(6, len(points)))
        ):
            play = Play(case, at, after=after)
            ended = play.run()
            if story.cancelled and "break" not in play.calls[: play.in_flight]:
                continue  # killed earlier it goes on later, and the cancellation comes before it compensates
            assert verdict(ended) == verdict(run), (case["document"], at, after)
            told(story, play, ended)
            plays += 1
            due += len(story.undone)
    fault.tell(
        how, "Every compensation that is due is done, in the exact order, wherever the process is killed, however "
        "often compensations fail, and when the run is cancelled while it compensates.",
        case="kills", held=plays, of=plays, compensations_due=due,
    )  # fmt: skip
