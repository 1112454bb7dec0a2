"""Every behaviour case with all its activities made by workers of another queue: it must end as it does without."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from cases.runner import judge, load_cases
from runtime.test_crash_points import Fatal, Killed, Play, undisturbed_width, verdict

from kagzi_dsl.dsl.source import load_source
from kagzi_dsl.runtime.store.tasks import TaskAnswer


def elsewhere(case: Mapping[str, Any]) -> dict[str, Any]:
    """The case with a queue named on every activity."""
    return {**case, "document": json.dumps(_queued(load_source(case["document"]).source.value), indent=1)}


def _queued(value: Any) -> Any:
    match value:
        case dict():
            named = {"queue": "elsewhere"} if isinstance(value.get("activity"), str) and "workflow" not in value else {}
            return {key: _queued(item) for key, item in value.items()} | named
        case list():
            return [_queued(item) for item in value]
        case _:
            return value


CASES = [(name, elsewhere(case)) for name, case in load_cases() if "activity:" in case["document"]]
ENDING = [(name, case) for name, case in CASES if case["expect"]["status"] != "waiting"]


class FatalTasks:
    """Dies with the n-th commit too, of those that bring an answer."""

    def __init__(self, fatal: FatalStore) -> None:
        self._fatal = fatal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fatal.tasks_inside, name)

    async def finish(self, owner: Any, answers: Sequence[TaskAnswer]) -> list[bool]:
        dying = self._fatal.dying()
        if dying and not self._fatal.after:
            raise Killed
        answer = await self._fatal.tasks_inside.finish(owner, answers)
        if dying:
            raise Killed
        return answer


class FatalStore(Fatal):
    def __init__(self, store: Any, at: int, *, after: bool) -> None:
        super().__init__(store, at, after=after)
        self.at, self.after = at, after
        self.tasks_inside = store.tasks
        self.tasks = FatalTasks(self)

    def dying(self) -> bool:
        self.commits += 1
        return self.commits == self.at


class PlayElsewhere(Play):
    def __init__(self, case: Mapping[str, Any], at: int, *, after: bool) -> None:
        super().__init__(case, at, after=after)
        self.fatal = FatalStore(self.store, at, after=after)


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
def test_a_case_ends_as_it_says_wherever_its_activities_run(case: Mapping[str, Any]) -> None:
    judge(case)


@pytest.mark.parametrize("case", [case for _, case in ENDING], ids=[name for name, _ in ENDING])
def test_a_kill_at_any_commit_changes_nothing_but_what_was_in_flight(case: Mapping[str, Any]) -> None:
    undisturbed = PlayElsewhere(case, 0, after=False)
    expected = verdict(undisturbed.run())
    for at in range(1, undisturbed.fatal.commits + 1):
        for after in (False, True):
            play = PlayElsewhere(case, at, after=after)
            assert verdict(play.run()) == expected, (at, after)
            twice = Counter(play.calls) - Counter(undisturbed.calls)
            assert sum(twice.values()) <= undisturbed_width(case), (at, after, play.calls)
