"""What the checker says of a document is what a run of it shows."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from core.documents import any_workflow
from core.driver import Driver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import documents

from kagzi_dsl.dsl.check import check
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.parse import parse_text
from kagzi_dsl.dsl.sight import Moment, Sight, sight, spots
from kagzi_dsl.payload import dumps
from kagzi_dsl.runtime.core.commands import RunActivity

SEEDS = range(150)


def _done_steps(scope: Any) -> set[str]:
    """The steps with an output in a scope and all around it."""
    found: set[str] = set()
    while scope is not None:
        found.update(scope.values)
        scope = scope._outer
    return found


def _activities(workflow: Workflow, random: Random) -> list[tuple[RunActivity, set[str]]]:
    """The activities that a run starts, each with the steps done by then in its scope."""
    commands = (command for step in Driver(workflow, random).play() for command in step.commands)
    return [(command, _done_steps(command.scope)) for command in commands if isinstance(command, RunActivity)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_that_is_certain_is_done_whenever_its_reader_runs(seed: int) -> None:
    workflow = any_workflow(Random(seed))
    by_id = {spot.node.id: spot for spot in spots(workflow.root)}
    for command, done in _activities(workflow, Random(seed + 1)):
        for step in by_id.values():
            if sight(by_id[command.node.id], Moment.BEFORE, step) is Sight.CERTAIN:
                assert step.node.id in done, f"{command.path} reads {step.node.id}"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_step_inside_another_loop_is_never_found_at_run_time(seed: int) -> None:
    workflow = any_workflow(Random(seed))
    by_id = {spot.node.id: spot for spot in spots(workflow.root)}
    for command, done in _activities(workflow, Random(seed + 1)):
        hidden = {
            step_id
            for step_id, step in by_id.items()
            if sight(by_id[command.node.id], Moment.BEFORE, step) is Sight.IN_LOOP
        }
        assert not hidden & done


FAILING = frozenset({"wrong-operand", "value-in-text", "foreach-not-a-list", "not-a-duration", "not-a-moment"})
"""Errors about a node that can never complete."""


def _culprit(document: Document, pointer: tuple[str | int, ...]) -> str:
    """The node that holds what stands at a pointer."""
    holders = [(len(place), step_id) for step_id, place in document.places.items() if pointer[: len(place)] == place]
    return max(holders)[1]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(documents(), st.integers(0, 1000))
def test_a_node_with_an_error_that_fails_it_never_completes(value: dict[str, Any], seed: int) -> None:
    parsed = parse_text(dumps(value), "generated.json")
    assert parsed.document is not None
    found = check(parsed.document, signatures=None)
    culprits = {
        _culprit(parsed.document, one.path) for one in found if one.code in FAILING and one.path[:1] != ("output",)
    }
    driver = Driver(parsed.document.workflow, Random(seed), failing=0)
    for _ in driver.play(60):
        pass
    completed = {entry.path.rpartition(".")[2] for entry in driver.entries if entry.status == "completed"}
    assert not culprits & completed


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(documents())
def test_checking_twice_says_the_same(value: dict[str, Any]) -> None:
    text = dumps(value)
    first, second = parse_text(text, "g.json").document, parse_text(text, "g.json").document
    assert first is not None
    assert second is not None
    assert check(first, signatures=None, workflows={}) == check(second, signatures=None, workflows={})


@pytest.mark.parametrize("condition", ["input.nothing", "upper(`1`)"], ids=["skipped", "failing"])
@pytest.mark.parametrize("kind", ["activity: book", "call: book"])
def test_a_node_that_never_ran_is_not_undone(kind: str, condition: str) -> None:
    text = f"""
    workflow: trip
    saga:
      - {{{kind}, when: "{condition}", compensate: {{activity: cancel}}}}
      - fail: at last
    """
    document = parse_text(text).document
    assert document is not None
    driver = Driver(document.workflow, Random(0))
    list(driver.play())
    assert not any(isinstance(command, RunActivity) for command in driver.commands)
