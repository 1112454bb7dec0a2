"""Forks: a new run in the middle of another one's journal."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from documents import any_workflow, workflow_of
from driver import FACTS, Driver, state
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kagzi_dsl.errors import RunConflict
from kagzi_dsl.payload import dumps
from kagzi_dsl.runtime.core.commands import RunActivity
from kagzi_dsl.runtime.core.events import Event, NodeCompleted, RunStarted
from kagzi_dsl.runtime.core.fork import facts_before, forked, paths_of
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.core.machine import Machine

NEW = replace(FACTS, id="0197a000-0000-7000-8000-000000000001")
THREE = {"workflow": "w", "seq": [{"id": name, "activity": name, "with": {}} for name in ("a", "b", "c")]}


def played(document: dict[str, Any]) -> tuple[Machine, list[Entry]]:
    """A run of activities that all complete with their own path."""
    machine = Machine(workflow_of(document), FACTS)
    entries = list(machine.feed(RunStarted(1_000)).entries)
    while machine.pending:
        path = next(iter(machine.pending))
        entries.extend(machine.feed(NodeCompleted(path, path, dumps(path), 1, 2_000, 2_000)).entries)
    return machine, entries


def taken_up(document: dict[str, Any], entries: list[Entry]) -> Machine:
    machine = Machine(workflow_of(document), NEW)
    machine.replay(entries)
    return machine


def test_a_fork_keeps_what_was_done_before_the_node() -> None:
    old, entries = played(THREE)
    told = facts_before(old.workflow, FACTS, entries, "b").told
    fresh = taken_up(THREE, forked(old.workflow, NEW, told, {}))
    (command,) = fresh.pending.values()
    assert isinstance(command, RunActivity)
    assert (command.path, command.idempotency_key) == ("b", f"{NEW.id}:b")


def test_an_output_can_be_replaced_and_added() -> None:
    old, entries = played(THREE)
    told = facts_before(old.workflow, FACTS, entries, "b").told
    fresh = taken_up(THREE, forked(old.workflow, NEW, told, {"a": 1, "b": 2}))
    assert [*fresh.pending] == ["c"]
    journal = forked(old.workflow, NEW, told, {"a": 1, "b": 2})
    assert [(entry.path, entry.output) for entry in journal if entry.status] == [("a", "1"), ("b", "2")]


def test_a_node_that_never_began_is_no_place_to_start_from() -> None:
    old, entries = played(THREE)
    with pytest.raises(RunConflict, match="'d' never began"):
        facts_before(old.workflow, FACTS, entries, "d")


def test_a_name_that_is_nearly_that_of_a_node_is_told() -> None:
    workflow = {"workflow": "w", "seq": [{"id": "reserve", "activity": "a"}, {"id": "charge", "activity": "b"}]}
    old, entries = played(workflow)
    with pytest.raises(RunConflict, match="'chrage' never began in this run; did you mean 'charge'"):
        facts_before(old.workflow, FACTS, entries, "chrage")


def test_a_fact_that_does_not_fit_the_new_definition_is_named() -> None:
    old, entries = played(THREE)
    told = facts_before(old.workflow, FACTS, entries, "c").told
    changed = {"workflow": "w", "seq": [{"id": name, "activity": name, "with": {}} for name in ("a", "x", "c")]}
    with pytest.raises(RunConflict, match="waits for 'b'"):
        forked(workflow_of(changed), NEW, told, {})


def test_what_counts_from_the_past_counts_from_now_in_the_fork() -> None:
    document = {"workflow": "w", "timeout": "1m", "seq": [{"sleep": "10s"}, {"id": "b", "activity": "b"}]}
    machine = Machine(workflow_of(document), FACTS)
    entries = list(machine.feed(RunStarted(1_000)).entries)
    fired = machine.fired(11_000)
    assert fired is not None
    entries += machine.feed(fired).entries
    told = facts_before(machine.workflow, FACTS, entries, "b").told
    fresh = taken_up(document, forked(machine.workflow, NEW, told, {}, at=5_000_000))
    assert (fresh.started_at, fresh.deadline) == (4_990_000, 5_050_000)


def test_a_node_that_began_often_is_named_by_its_path() -> None:
    document = {"workflow": "w", "foreach": "`[1, 2]`", "do": {"id": "each", "activity": "a"}}
    old, entries = played(document)
    told = facts_before(old.workflow, FACTS, entries, "each").told
    with pytest.raises(RunConflict, match="'each' began 2 times; give a path, such as 'foreach"):
        paths_of(old.workflow, FACTS, told, ["each"])


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32 - 1))
def test_a_fork_from_any_node_stands_where_the_run_stood_when_it_began(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    list(driver.play())
    ended = [entry.path for entry in driver.entries if entry.status == "completed" and entry.path]
    if not ended:
        return
    told: list[Event] = facts_before(driver.workflow, FACTS, driver.entries, random.choice(ended)).told
    stood = Machine(driver.workflow, FACTS)
    for event in told:
        stood.feed(event)
    fresh = Machine(driver.workflow, NEW)
    fresh.replay(forked(driver.workflow, NEW, told, {}))
    assert state(fresh) == state(stood)
