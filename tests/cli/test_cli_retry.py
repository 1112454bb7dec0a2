"""`kagzi-dsl retry`: going on with a run that failed, from the node it failed at."""

from __future__ import annotations

import os

from terminal import Terminal

FLOW = """
workflow: flow
seq:
  - {id: first, activity: mark, with: {what: first}}
  - {id: shaky, activity: sometimes}
  - {id: last, activity: mark, with: {what: last}}
"""
SOMETIMES = """
from kagzi_dsl import ActivityError, activity

@activity
def mark(what: str = "") -> str:
    with open("marks", "a") as file:
        file.write(what + "\\n")
    return what

@activity
def sometimes() -> str:
    mark("shaky")
    import os
    if os.path.exists("broken"):
        raise ActivityError("the bridge is out", code="Conflict")
    return "across"
"""


def failed_run(terminal: Terminal) -> str:
    terminal.write("flow.yaml", FLOW)
    terminal.write("activities.py", SOMETIMES)
    terminal.write("broken", "")
    typed = terminal.type("run", "flow.yaml")
    assert typed.status == 1
    return typed.run_id


def test_a_failed_run_goes_on_from_the_node_it_failed_at(terminal: Terminal) -> None:
    run_id = failed_run(terminal)
    os.remove(f"{terminal.folder}/broken")
    typed = terminal.type("retry", run_id)
    assert (typed.status, typed.json) == (0, "last")
    assert "it failed; it goes on from the node it failed at" in typed.err
    assert terminal.marks == ["first", "shaky", "shaky", "last"]


def test_a_run_that_fails_again_can_be_retried_again(terminal: Terminal) -> None:
    run_id = failed_run(terminal)
    again = terminal.type("retry", run_id)
    assert again.status == 1
    assert "the bridge is out" in again.err
    os.remove(f"{terminal.folder}/broken")
    assert terminal.type("retry", run_id).status == 0


def test_what_has_been_undone_is_not_retried(terminal: Terminal) -> None:
    terminal.write("activities.py", SOMETIMES)
    terminal.write("broken", "")
    terminal.write(
        "saga.yaml",
        "workflow: saga\n"
        "saga:\n"
        "  - {id: a, activity: mark, compensate: {activity: mark, id: undo}}\n"
        "  - activity: sometimes\n",
    )
    run_id = terminal.type("run", "saga.yaml").run_id
    typed = terminal.type("retry", run_id)
    assert typed.status == 1
    assert "what it had done was undone; start a new run" in typed.err


def test_a_completed_run_has_nothing_to_retry(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nset: 1\n")
    run_id = terminal.type("run", "flow.yaml").run_id
    typed = terminal.type("retry", run_id)
    assert typed.status == 1
    assert "there is nothing to retry" in typed.err
