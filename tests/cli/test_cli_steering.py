"""`kagzi-dsl terminate`, `pause` and `unpause`, and steering many runs by a filter, as they are typed."""

from __future__ import annotations

import os

import pexpect
import pytest
from patience import PATIENCE
from terminal import Terminal
from test_cli_tree import on_a_terminal

SAGA = """\
workflow: saga
saga:
  - {id: first, activity: mark, with: {what: charge}, compensate: {activity: undo, with: {what: charge}}}
  - {id: stay, activity: gate, with: {name: stay}}
  - {id: last, activity: mark, with: {what: last}}
"""


@pytest.fixture
def waiting(terminal: Terminal) -> list[str]:
    """The ids of three runs that nobody works on, the first one started last."""
    terminal.write("flow.yaml", "workflow: flow\nactivity: mark\n")
    terminal.write("inputs.jsonl", "{}\n{}\n{}\n")
    ids = terminal.type("start", "flow.yaml", "--bulk", "inputs.jsonl", "--label", "batch=7").out.split()
    return ids[::-1]


def test_a_run_is_paused_while_another_process_works_on_it_and_goes_on_when_unpaused(terminal: Terminal) -> None:
    terminal.write("saga.yaml", SAGA)
    gate = terminal.gate("stay")
    with terminal.typing("run", "saga.yaml", "--id", "S-1") as running:
        run_id = running.line().removeprefix("run ")
        gate.reached()
        paused = terminal.type("pause", "S-1", "--reason", "a look at the books")
        assert (paused.status, paused.out) == (0, "")
        assert paused.err == f"run {run_id} is told to pause; what runs ends first\n"
        with terminal.typing("watch", run_id) as watching:
            assert watching.process.stdout is not None
            lines = iter(watching.process.stdout.readline, "")
            assert any("run paused" in line and "a look at the books" in line for line in lines)
            gate.open()
            assert any("node completed" in line and "stay" in line for line in lines)
        assert terminal.marks == ["charge", "stay"]
        assert terminal.type("unpause", "S-1").err == f"run {run_id} is told to go on\n"
        assert running.end().status == 0
    assert terminal.marks == ["charge", "stay", "last"]


def test_a_paused_run_is_not_taken_up_before_it_is_unpaused(terminal: Terminal, waiting: list[str]) -> None:
    run_id = waiting[0]
    assert terminal.type("pause", run_id).err == f"run {run_id} is paused\n"
    assert terminal.type("show", run_id, "--json").json["status"] == "paused"
    with terminal.typing("resume", run_id) as resuming:
        assert resuming.line() == f"run {run_id}"
        lines = [resuming.line(), resuming.line()]
        assert f"it is paused; `kagzi-dsl unpause {run_id}` lets it go on" in lines
        assert terminal.type("unpause", run_id).status == 0
        assert resuming.end().status == 0


def test_a_terminated_run_undoes_nothing_and_retry_goes_on_with_it(terminal: Terminal) -> None:
    terminal.write("saga.yaml", SAGA)
    gate = terminal.gate("stay")
    with terminal.typing("run", "saga.yaml", "--json") as running:
        run_id = running.line().removeprefix("run ")
        gate.reached()
        terminated = terminal.type("terminate", run_id, "--reason", "no power")
        assert terminated.status == 0
        ended = running.end()
    assert (ended.status, ended.json["status"], ended.json["compensation"]) == (3, "cancelled", None)
    assert (ended.json["error"]["type"], ended.json["error"]["message"]) == ("Terminated", "no power")
    assert terminal.marks == ["charge", "stay"]
    gate.remove()
    again = terminal.type("retry", run_id)
    assert again.status == 0
    assert "it was terminated; it goes on where it stood" in again.err
    assert terminal.marks == ["charge", "stay", "stay", "last"]


def test_a_run_whose_process_was_killed_is_terminated_at_once(terminal: Terminal) -> None:
    terminal.write("saga.yaml", SAGA)
    gate = terminal.gate("stay")
    with terminal.typing("run", "saga.yaml") as running:
        run_id = running.line().removeprefix("run ")
        gate.reached()
        running.process.kill()
        running.process.wait(timeout=PATIENCE)
    assert terminal.type("terminate", run_id).err == f"run {run_id} is terminated\n"
    assert terminal.type("show", run_id, "--json").json["status"] == "cancelled"
    again = terminal.type("terminate", run_id)
    assert (again.status, again.err) == (1, f"error: run {run_id} is cancelled and cannot be terminated\n")


def test_many_runs_are_found_by_a_filter_and_touched_only_when_that_is_said(
    terminal: Terminal, waiting: list[str]
) -> None:
    refused = terminal.type("terminate", "--label", "batch=7")
    assert refused.status == 2
    assert "this would terminate 3 runs; add --yes to do it" in refused.err
    paused = terminal.type("pause", "--label", "batch=7", "--yes")
    assert paused.status == 0
    head, *lines = paused.out.splitlines()
    assert head.split() == ["RUN", "WORKFLOW", "STATUS", "DONE"]
    assert [line.split() for line in lines] == [[run_id, "flow", "paused", "paused"] for run_id in waiting[::-1]]
    ended = terminal.type("terminate", "--status", "paused", "--json", "-y").json
    assert [(one["run_id"], one["status"], one["done"]) for one in ended] == [
        (run_id, "cancelled", "terminated") for run_id in waiting[::-1]
    ]
    nothing = terminal.type("cancel", "--label", "batch=7")
    assert (nothing.status, nothing.err) == (0, "no such runs\n")


def test_several_runs_are_named_and_each_is_answered_for(terminal: Terminal, waiting: list[str]) -> None:
    terminal.type("terminate", waiting[0])
    typed = terminal.type("terminate", waiting[0], waiting[1])
    assert typed.status == 1
    first, second = typed.out.splitlines()[1:]
    assert first.endswith("is cancelled and cannot be terminated")
    assert second.endswith("terminated")


@pytest.mark.parametrize(
    "arguments", [["cancel"], ["pause", "A-1", "--status", "running"], ["unpause", "--label", "x"]]
)
def test_runs_are_named_or_filtered(no_database: Terminal, arguments: list[str]) -> None:
    assert no_database.type(*arguments).status == 2


def test_on_a_terminal_a_question_is_asked_before_many_runs_are_touched(terminal: Terminal, waiting: list[str]) -> None:
    with on_a_terminal(terminal, "cancel", "--label", "batch=7") as child:
        child.expect(r"cancel 3 runs\? \[y/N\]")
        child.send("n" + os.linesep)
        child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    with on_a_terminal(terminal, "terminate", "--label", "batch=7") as child:
        child.expect(r"terminate 3 runs\? \[y/N\]")
        child.send("y" + os.linesep)
        child.expect(pexpect.EOF)
    assert {run["status"] for run in terminal.type("list", "--json").json} == {"cancelled"}
