"""Laws of the interpreter, over generated workflows, orders of completion and crash points."""

from __future__ import annotations

from random import Random

from documents import any_workflow, plain_saga
from driver import Driver, state, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kagzi_dsl.dsl.model import Activity, Workflow, walk
from kagzi_dsl.runtime.core.commands import RunActivity
from kagzi_dsl.runtime.core.events import from_entry
from kagzi_dsl.runtime.core.journal import DERIVED

seeds = st.integers(0, 2**32 - 1)
thorough = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@thorough
@given(seeds)
def test_recovering_at_any_moment_equals_never_having_crashed(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    for _ in driver.play():
        recovered = driver.fresh()
        recovered.replay(driver.entries)
        assert state(recovered) == state(driver.machine)


@thorough
@given(seeds)
def test_going_on_after_a_crash_writes_the_entries_that_no_crash_would_have(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    list(driver.play())
    again = driver.fresh()
    entries = []
    for event in driver.events:
        if random.random() < 0.3:
            crashed, again = again, driver.fresh()
            again.replay(entries)
            assert state(again) == state(crashed)
        entries.extend(again.feed(event).entries)
    assert entries == driver.entries


@thorough
@given(seeds)
def test_deciding_twice_says_the_same(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    steps = list(driver.play())
    twin = driver.fresh()
    for event, step in zip(driver.events, steps, strict=True):
        decided = twin.feed(event)
        assert decided.entries == step.entries
        assert [told(command) for command in decided.commands] == [told(command) for command in step.commands]


@thorough
@given(seeds)
def test_a_run_ends_and_every_node_in_it_ends_once(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    list(driver.play())
    assert driver.machine.over is not None
    assert not driver.machine.pending
    ended = [entry.path for entry in driver.entries if entry.status and entry.path]
    assert len(ended) == len(set(ended))
    assert [entry.seq for entry in driver.entries] == list(range(1, len(driver.entries) + 1))


@thorough
@given(seeds)
def test_no_attempt_is_asked_for_twice_and_none_of_a_finished_node(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    asked: set[tuple[str, int]] = set()
    ended: set[str] = set()
    for step in driver.play():
        for command in step.commands:
            if isinstance(command, RunActivity):
                assert (command.path, command.attempt) not in asked
                assert command.path not in ended
                asked.add((command.path, command.attempt))
        ended.update(entry.path for entry in step.entries if entry.status)


@thorough
@given(seeds)
def test_compensations_run_in_the_exact_reverse_order_of_completion(seed: int) -> None:
    random = Random(seed)
    workflow = plain_saga(random)
    driver = Driver(workflow, random, failing=0, cancelling=2)
    done: list[str] = []
    undone: list[str] = []
    for step in driver.play():
        for entry in step.entries:
            if entry.node == "activity" and entry.status in ("completed", "cancelled"):
                (undone if "undo" in entry.path else done).append(entry.path)
    by_node = {node.id: node.compensate.id for node in _activities(workflow) if node.compensate is not None}
    expected = [path[: len(path) - len(_id(path))] + by_node[_id(path)] for path in reversed(done)]
    assert undone == expected


@thorough
@given(seeds)
def test_a_journal_entry_comes_back_as_the_event_it_was(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    list(driver.play())
    facts = [from_entry(entry) for entry in driver.entries if entry.type not in DERIVED]
    assert facts == driver.events


def _activities(workflow: Workflow) -> list[Activity]:
    return [node for node in walk(workflow.root) if isinstance(node, Activity)]


def _id(path: str) -> str:
    return path.rpartition(".")[2]


@thorough
@given(seeds)
def test_a_run_taken_up_again_goes_on_and_recovers_like_any_other(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random, failing=25)
    list(driver.play())
    for _ in range(3):
        over = driver.machine.over
        if over is None or over.status == "completed" or (over.compensation and not driver.machine.undone):
            return
        driver.take_up_again()
        for _ in driver.go_on():
            recovered = driver.fresh()
            recovered.replay(driver.entries)
            assert state(recovered) == state(driver.machine)
