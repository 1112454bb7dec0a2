"""Moving a live run to a changed definition: allowed where every finished node still stands where it stood."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from documents import any_workflow, workflow_of
from driver import FACTS, Driver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kagzi_dsl.errors import RunConflict
from kagzi_dsl.payload import dumps
from kagzi_dsl.runtime.core.events import NodeCompleted, RunStarted
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.core.machine import Machine
from kagzi_dsl.runtime.core.move import check_move


def act(name: str) -> dict[str, Any]:
    return {"id": name, "activity": name}


def document(*body: Any) -> dict[str, Any]:
    return {"workflow": "w", "seq": list(body)}


def after(count: int, doc: dict[str, Any]) -> list[Entry]:
    """The journal of a run whose first `count` activities have completed."""
    machine = Machine(workflow_of(doc), FACTS)
    entries = list(machine.feed(RunStarted(1_000)).entries)
    for _ in range(count):
        path = next(iter(machine.pending))
        entries.extend(machine.feed(NodeCompleted(path, 1, dumps(1), 1, 2_000, 2_000)).entries)
    return entries


OLD = document(act("a"), act("b"), act("c"))


@pytest.mark.parametrize(
    "new",
    [
        document(act("a"), act("b"), act("c"), act("d")),
        document(act("a"), act("x"), act("y")),
        document(act("a")),
        document({"set": 1, "id": "early"}, act("a"), act("b")),
        document({"id": "around", "parallel": [act("a")]}, act("c")),
    ],
)
def test_what_has_not_ended_may_change(new: dict[str, Any]) -> None:
    check_move(workflow_of(OLD), workflow_of(new), FACTS, after(1, OLD))


@pytest.mark.parametrize(
    ("new", "complaint"),
    [
        (document(act("b"), act("a"), act("c")), "'a' has completed, and in the new definition it does not come"),
        (document(act("b"), act("c")), "'a' has completed"),
        (document({"id": "a", "set": 1}, act("b")), "'a' has completed"),
        (document(act("first"), act("a"), act("b")), "'a' has completed"),
    ],
)
def test_what_has_ended_must_stand_where_it_stood(new: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RunConflict, match=complaint):
        check_move(workflow_of(OLD), workflow_of(new), FACTS, after(1, OLD))


def test_a_branch_that_was_skipped_must_still_be_skipped() -> None:
    old = document({**act("a"), "when": "input.n > `5`"}, act("b"))
    new = document({**act("a"), "when": "input.n > `1`"}, act("b"))
    with pytest.raises(RunConflict, match="'a' was skipped"):
        check_move(workflow_of(old), workflow_of(new), FACTS, after(0, old))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32 - 1))
def test_a_run_can_always_be_moved_to_the_definition_it_has(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    for count, _ in enumerate(driver.play()):
        if count % 5 == 0:
            check_move(driver.workflow, driver.workflow, FACTS, driver.entries)
