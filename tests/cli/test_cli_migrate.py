"""`kagzi-dsl migrate`, as it is typed."""

from __future__ import annotations

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
        with terminal.typing("watch", run_id) as watching:
            assert watching.process.stdout is not None
            assert any("node completed" in line for line in iter(watching.process.stdout.readline, ""))
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
