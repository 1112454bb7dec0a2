"""Laws of pausing and terminating, over generated workflows, orders of completion and crash points."""

from __future__ import annotations

from random import Random

from documents import any_workflow
from driver import Driver, state, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kagzi_dsl.runtime.core.commands import BEGINNINGS, EndRun
from kagzi_dsl.runtime.core.events import Event, RunPaused, RunUnpaused, TerminateRequested
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.machine import Machine

seeds = st.integers(0, 2**32 - 1)
thorough = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
PAUSES = (EntryType.RUN_PAUSED, EntryType.RUN_UNPAUSED)


def played(seed: int) -> Driver:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    list(driver.play())
    return driver


def with_pauses(events: list[Event], random: Random) -> list[Event]:
    """The same events, the run being paused and unpaused at any moments between them."""
    mixed: list[Event] = []
    for event in events:
        mixed.append(event)
        if random.random() < 0.3:
            mixed += [RunPaused("a break", event.at), RunUnpaused(event.at)][: random.choice((1, 2))]
    return mixed


def content(entries: list[Entry]) -> list[Entry]:
    """Entries without pauses, and without what tells their place in the journal."""
    kept = [entry for entry in entries if entry.type not in PAUSES]
    return [entry._replace(seq=0, previous=None, digest=None) for entry in kept]


def fed(machine: Machine, events: list[Event]) -> list[Entry]:
    """Feeds what fits the state of pausing as a shell does: an unpause before whatever needs one."""
    entries: list[Entry] = []
    for event in events:
        if machine.over is not None:
            break
        if isinstance(event, RunPaused | RunUnpaused):
            if machine.paused != isinstance(event, RunPaused):
                entries += machine.feed(event).entries
            continue
        if machine.paused and (getattr(event, "path", None) in machine.withheld or hasattr(event, "purpose")):
            entries += machine.feed(RunUnpaused(event.at)).entries
        entries += machine.feed(event).entries
    return entries


@thorough
@given(seeds)
def test_pausing_and_unpausing_at_any_moment_changes_nothing_in_the_end(seed: int) -> None:
    driver = played(seed)
    machine = driver.fresh()
    entries = fed(machine, with_pauses(driver.events, Random(seed)))
    assert content(entries) == content(driver.entries)
    assert machine.over == driver.machine.over


@thorough
@given(seeds)
def test_a_paused_run_begins_nothing_and_asks_for_all_of_it_when_it_goes_on(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random, cancelling=0)
    for step in driver.play():
        machine = driver.machine
        if machine.paused:
            assert not [command for command in step.commands if isinstance(command, BEGINNINGS)]
        if machine.over is None and not machine.paused and random.random() < 0.2:
            machine.feed(RunPaused("a break", driver.at))
            assert (machine.next_due(), machine.fired(driver.at + 10**9)) == (None, None)
        if machine.paused and random.random() < 0.5:
            commands = machine.feed(RunUnpaused(driver.at)).commands
            wanted = [command for command in machine.pending.values() if isinstance(command, BEGINNINGS)]
            assert [told(command) for command in commands] == [told(command) for command in wanted]


@thorough
@given(seeds)
def test_a_paused_run_recovers_from_a_crash_at_any_moment(seed: int) -> None:
    driver = played(seed)
    machine = driver.fresh()
    entries: list[Entry] = []
    for event in with_pauses(driver.events, Random(seed)):
        entries += fed(machine, [event])
        recovered = driver.fresh()
        recovered.replay(entries)
        assert state(recovered) == state(machine)
        assert (recovered.paused, recovered.withheld) == (machine.paused, machine.withheld)


@thorough
@given(seeds)
def test_a_terminated_run_is_over_at_once_and_recovers_so(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    for _ in driver.play():
        if driver.machine.over is not None:
            return
        if random.random() < 0.1:
            break
    if driver.machine.over is not None:
        return
    step = driver.machine.feed(TerminateRequested("enough of this", driver.at))
    assert [entry.type for entry in step.entries] == [EntryType.TERMINATE_REQUESTED, EntryType.RUN_ENDED]
    [end] = step.commands
    assert isinstance(end, EndRun)
    assert end.failure is not None
    assert (end.status, end.failure.type, end.failure.message) == ("cancelled", "Terminated", "enough of this")
    assert not driver.machine.pending
    recovered = driver.fresh()
    recovered.replay([*driver.entries, *step.entries])
    assert state(recovered) == state(driver.machine)


@thorough
@given(seeds)
def test_a_terminated_run_that_is_taken_up_again_goes_on_where_it_stood(seed: int) -> None:
    random = Random(seed)
    driver = Driver(any_workflow(random), random)
    stopping = random.randrange(30)
    for count, _ in enumerate(driver.play()):
        if count == stopping:
            break
    if driver.machine.over is not None:
        return
    stood = state(driver.machine)
    driver.entries += driver.machine.feed(TerminateRequested("enough", driver.at)).entries
    driver.take_up_again()
    assert {**state(driver.machine), "seq": 0} == {**stood, "seq": 0}
    list(driver.go_on())
    assert driver.machine.over is not None
