"""`kagzi-dsl migrate`, as it is typed."""

from __future__ import annotations

import time

import pytest
from patience import PATIENCE
from terminal import Terminal

OLD = """\
workflow: flow
seq:
  - {id: first, activity: mark, with: {what: first}}
  - {id: answer, wait_for: go}
  - {id: last, activity: mark, with: {what: old}}
"""


@pytest.fixture
def waiting(terminal: Terminal) -> str:
    """The id of a run that waits for a signal, its process killed."""
    terminal.write("flow.yaml", OLD)
    with terminal.typing("run", "flow.yaml", "--id", "F-1") as running:
        run_id = running.line().removeprefix("run ")
        terminal.watch(run_id, "node completed")
        running.process.kill()
        running.process.wait(timeout=PATIENCE)
    return run_id


def test_a_waiting_run_goes_on_by_a_changed_definition(terminal: Terminal, waiting: str) -> None:
    terminal.write("flow.yaml", OLD.replace("what: old", "what: new"))
    checked = terminal.type("migrate", "F-1", "flow.yaml", "--dry-run")
    assert (checked.status, checked.err) == (0, f"run {waiting} can be moved\n")
    before = terminal.type("show", "F-1", "--json").json["digest"]
    moved = terminal.type("migrate", "F-1", "flow.yaml")
    assert moved.status == 0
    after = terminal.type("show", "F-1", "--json").json["digest"]
    assert after != before
    assert f"run {waiting} goes by {after[:12]} now" in moved.err
    assert f"nobody works on it now; `kagzi-dsl resume {waiting}` goes on with it" in moved.err
    assert terminal.type("signal", "F-1", "go").status == 0
    assert terminal.type("resume", "F-1").json == "new"
    assert terminal.marks == ["first", "new"]


def test_the_node_that_forbids_a_move_is_named(terminal: Terminal, waiting: str) -> None:
    terminal.write("flow.yaml", OLD.replace("id: first", "id: renamed"))
    one = terminal.type("migrate", "F-1", "flow.yaml")
    complaint = "'first' has completed, and in the new definition it does not come at this point"
    assert (one.status, one.err) == (1, f"error: {complaint}\n")
    [many] = terminal.type("migrate", "flow.yaml", "--workflow", "flow", "--json").json
    assert (many["run_id"], many["done"], many["error"]) == (waiting, None, complaint)
    assert terminal.type("migrate", "flow.yaml", "--workflow", "flow").status == 1


def test_a_document_that_cannot_be_run_moves_nothing(no_database: Terminal) -> None:
    no_database.write("flow.yaml", "workflow: flow\nactivity: nothing\n")
    typed = no_database.type("migrate", "F-1", "flow.yaml")
    assert typed.status == 2
    assert "unknown-activity" in typed.err


BUSY = """\
workflow: flow
seq:
  - {id: first, activity: gate, with: {name: a}}
  - {id: last, activity: mark, with: {what: old}}
"""
INTERRUPTED = "was left paused by a move that was interrupted"


@pytest.fixture
def half_moved(terminal: Terminal) -> str:
    """The id of a run that a move has paused, killed while it waited for what the run was doing; F-1."""
    terminal.write("flow.yaml", BUSY)
    terminal.write("new.yaml", BUSY.replace("what: old", "what: new"))
    gate = terminal.gate("a")
    with terminal.typing("run", "flow.yaml", "--id", "F-1", "--quiet") as running:
        gate.reached()
        run_id = str(terminal.type("show", "F-1", "--json").json["run_id"])
        with terminal.typing("migrate", "F-1", "new.yaml") as moving:
            terminal.watch(run_id, "run paused")
            moving.process.kill()
            moving.process.wait(timeout=PATIENCE)
        gate.open()
        terminal.watch(run_id, "node completed")
        running.process.kill()
        running.process.wait(timeout=PATIENCE)
    return run_id


def test_typing_it_again_ends_a_move_whose_process_was_killed(terminal: Terminal, half_moved: str) -> None:
    again = terminal.type("migrate", "F-1", "new.yaml")
    assert again.status == 0
    assert f"run {half_moved} {INTERRUPTED}\n" in again.err
    assert terminal.type("resume", "F-1", "--quiet").json == "new"
    assert terminal.marks == ["a", "new"]
    types = [entry["type"] for entry in terminal.type("history", "F-1", "--json").json]
    assert types.count("run_paused") == types.count("run_unpaused") == types.count("run_migrated") == 1
    assert terminal.type("verify", "F-1").status == 0


def test_a_move_that_was_interrupted_and_cannot_be_made_leaves_no_pause(terminal: Terminal, half_moved: str) -> None:
    terminal.write("wrong.yaml", BUSY.replace("id: first", "id: renamed"))
    again = terminal.type("migrate", "F-1", "wrong.yaml")
    assert again.status == 1
    assert f"run {half_moved} {INTERRUPTED}\n" in again.err
    assert "'first' has completed, and in the new definition it does not come at this point" in again.err
    assert terminal.type("resume", "F-1", "--quiet").json == "old"


def test_show_tells_of_a_move_that_was_interrupted_and_unpausing_undoes_it(terminal: Terminal, half_moved: str) -> None:
    with terminal.typing("worker", "--poll-interval", "50ms") as worker:
        assert worker.line().startswith("worker for")
        # Whoever takes over from the process that was killed puts it down as paused.
        told, deadline = "", time.monotonic() + PATIENCE
        while "paused to be moved to another definition; if that was interrupted" not in told:
            assert time.monotonic() < deadline, told
            told = terminal.type("show", "F-1").out
        assert f"`kagzi-dsl unpause {half_moved}` lets it go on as it was" in told
        assert terminal.type("unpause", "F-1").status == 0
        assert terminal.type("wait", "F-1").json == "old"
    assert terminal.marks == ["a", "old"]


def test_a_run_that_somebody_paused_stays_paused_when_it_is_moved(terminal: Terminal) -> None:
    terminal.write("flow.yaml", BUSY)
    terminal.write("new.yaml", BUSY.replace("what: old", "what: new"))
    run_id = terminal.type("start", "flow.yaml", "--id", "F-1", "--quiet").out.strip()
    assert terminal.type("pause", run_id, "--reason", "it is Friday").status == 0
    assert "paused: it is Friday\n" in terminal.type("show", "F-1").out
    assert terminal.type("migrate", "F-1", "new.yaml").status == 0
    assert "paused: it is Friday\n" in terminal.type("show", "F-1").out
