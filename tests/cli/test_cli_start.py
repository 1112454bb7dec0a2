"""`kagzi-dsl start`, and what `run` can say of the run it starts, as they are typed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from terminal import Terminal

ORDER = """\
workflow: order
version: "1"
input: {type: object, required: [n], properties: {n: {type: integer}, tag: {type: string, default: x}}}
run: {labels: {team: shop}, priority: 1}
output: "${ input.n }"
activity: mark
with: {what: "${ format('{} {}', run.version, input.n) }"}
"""


def shown(terminal: Terminal, reference: str) -> dict[str, Any]:
    record: dict[str, Any] = terminal.type("show", reference, "--json").json
    return record


def started(terminal: Terminal, *options: str, file: str = "order.yaml") -> str:
    terminal.write("order.yaml", ORDER)
    typed = terminal.type("start", file, *options)
    assert typed.status == 0, typed.err
    return typed.out.strip()


def test_start_prints_the_id_of_a_run_that_waits_for_a_worker(terminal: Terminal) -> None:
    run_id = started(terminal, "-i", "n=5", "--label", "tier=gold", "--priority", "7", "--queue", "q", "--version", "2")
    record = shown(terminal, run_id)
    assert (record["status"], record["input"]) == ("pending", {"n": 5, "tag": "x"})
    assert record["labels"] == {"team": "shop", "tier": "gold"}
    assert (record["priority"], record["queue"], record["version"]) == (7, "q", "2")
    assert terminal.type("resume", run_id).json == 5
    assert terminal.marks == ["2 5"]


def test_start_tells_when_nobody_is_about_to_take_the_run_up(terminal: Terminal) -> None:
    terminal.write("order.yaml", ORDER)
    typed = terminal.type("start", "order.yaml", "-i", "n=5")
    here = f"this goes on with it here: kagzi-dsl resume {typed.out.strip()}"
    assert typed.err == f"warning: no worker is about to take it up; {here}\n"


def test_a_stored_workflow_is_started_by_its_name(terminal: Terminal) -> None:
    started(terminal, "-i", "n=1")
    run_id = started(terminal, "-i", "n=2", file="order")
    assert shown(terminal, run_id)["input"]["n"] == 2
    missing = terminal.type("start", "order")
    assert (missing.status, missing.err.splitlines()[0]) == (2, "error: input.n is missing; it must be a whole number")
    unknown = terminal.type("start", "ordre")
    assert unknown.status == 1
    assert "there is no workflow 'ordre' in the database; start its file, or store it with" in unknown.err


def test_start_names_what_the_workers_of_the_queue_lack(terminal: Terminal) -> None:
    terminal.write("order.yaml", ORDER)
    terminal.write("none/activities.py", "")
    with terminal.typing("worker", "--activities", "none/activities.py", "--namespace", "a shop") as worker:
        assert worker.line().startswith("worker for default in a shop")
        typed = terminal.type("start", "order.yaml", "-i", "n=5", "--namespace", "a shop")
    lacking = "no worker is about to take it up (those of queue default lack mark)"
    here = f"this goes on with it here: kagzi-dsl resume {typed.out.strip()} --namespace 'a shop'"
    assert typed.err == f"warning: {lacking}; {here}\n"


def test_a_used_id_gives_the_run_that_has_it(terminal: Terminal) -> None:
    run_id = started(terminal, "-i", "n=1", "--id", "A-1")
    again = terminal.type("start", "order.yaml", "-i", "n=2", "--id", "A-1", "--json")
    assert (again.status, again.json["run_id"], again.json["already_exists"]) == (0, run_id, True)
    assert again.json["input"]["n"] == 1
    assert again.err == "it was started before (pending)\n"
    assert terminal.type("start", "order.yaml", "-i", "n=2", "--id", "A-2", "--json").json["already_exists"] is False


@pytest.mark.parametrize("command", ["run", "start"])
def test_a_used_id_can_be_refused(terminal: Terminal, command: str) -> None:
    run_id = started(terminal, "-i", "n=1", "--id", "A-1")
    typed = terminal.type(command, "order.yaml", "-i", "n=2", "--id", "A-1", "--on-conflict", "reject")
    assert (typed.status, typed.out) == (1, "")
    assert f"there is a run of the id 'A-1' already: {run_id}" in typed.err


def test_the_id_of_a_failed_run_can_go_to_a_new_one(terminal: Terminal) -> None:
    terminal.write("bad.yaml", "workflow: bad\nactivity: decline\n")
    first = terminal.type("run", "bad.yaml", "--id", "A-1").run_id
    assert terminal.type("run", "bad.yaml", "--id", "A-1").run_id == first
    second = terminal.type("run", "bad.yaml", "--id", "A-1", "--on-conflict", "restart_failed").run_id
    assert second != first
    assert shown(terminal, first)["external_id"] == f"A-1~{first}"
    third = terminal.type("start", "bad.yaml", "--id", "A-1", "--on-conflict", "restart_failed").out.strip()
    assert third not in (first, second)
    assert shown(terminal, "A-1")["run_id"] == third


def test_start_waits_for_a_worker_to_end_the_run_when_told_to(terminal: Terminal) -> None:
    terminal.write("order.yaml", ORDER)
    with terminal.typing("worker") as worker:
        assert worker.line().startswith("worker for")
        typed = terminal.type("start", "order.yaml", "-i", "n=3", "--wait")
    assert (typed.status, typed.out, typed.err) == (0, "3\n", "")


def test_a_run_begins_after_its_delay_and_not_before_its_date(terminal: Terminal) -> None:
    late = started(terminal, "-i", "n=1", "--at", "2999-01-31 09:00")
    assert "pending until 2999-01-31 09:00:00" in terminal.type("show", late).out
    soon = terminal.type("run", "order.yaml", "-i", "n=2", "--delay", "300ms", "--json")
    assert soon.status == 0
    entries = terminal.type("history", soon.run_id, "--json").json
    began = next(entry["at"] for entry in entries if entry["type"] == "run_started")
    assert began > soon.json["created_at"]
    assert terminal.type("start", "order.yaml", "--at", "2999-01-01", "--delay", "1s").status == 2


def test_a_message_does_not_make_a_delayed_run_begin(terminal: Terminal) -> None:
    terminal.write("waits.yaml", "workflow: waits\nwait_for: go\n")
    run_id = terminal.type("start", "waits.yaml", "--delay", "1h").out.strip()
    assert terminal.type("signal", run_id, "go", "--payload", "7").status == 0
    with terminal.typing("resume", run_id, "--quiet"), terminal.typing("watch", run_id, "--json") as watching:
        assert watching.process.stdout is not None
        assert json.loads(watching.process.stdout.readline())["type"] == "signal_arrived"
        assert terminal.type("cancel", run_id).status == 0
        assert [json.loads(line)["type"] for line in watching.end().out.splitlines()] == [
            "cancel_requested",
            "run_ended",
        ]


def test_the_whole_run_is_tried_again_as_often_as_the_start_says(terminal: Terminal) -> None:
    terminal.write(
        "bad.yaml",
        "workflow: bad\nseq: [{activity: mark, with: {what: go}}, {activity: crash, retry: {max_attempts: 1}}]\n",
    )
    typed = terminal.type("run", "bad.yaml", "--run-retry", "max_attempts=3", "--run-retry", "initial_interval=1ms")
    assert typed.status == 1
    assert terminal.marks == ["go"] * 3
    wrong = terminal.type("run", "bad.yaml", "--run-retry", "attempts=3")
    assert wrong.status == 2
    assert "'attempts=3' is not KEY=VALUE with a KEY of max_attempts" in wrong.err


def test_a_bulk_start_makes_a_run_of_every_line_and_can_be_typed_again(terminal: Terminal) -> None:
    terminal.write("order.yaml", ORDER)
    terminal.write("inputs.jsonl", '{"n": 1}\n\n{"n": 2, "tag": "y"}\n')
    command = ("start", "order.yaml", "--bulk", "inputs.jsonl", "--id", "order-${ input.n }", "--label", "b=1")
    typed = terminal.type(*command)
    assert typed.status == 0
    first, second = typed.out.split()
    assert "started 2 runs\n" in typed.err
    assert [run["run_id"] for run in terminal.type("list", "--label", "b=1", "--json").json] == [second, first]
    record = shown(terminal, "order-2")
    assert (record["run_id"], record["input"]) == (second, {"n": 2, "tag": "y"})
    terminal.write("inputs.jsonl", '{"n": 1}\n{"n": 3}\n')
    again = terminal.type(*command, "--json")
    assert [one["already_exists"] for one in again.json] == [True, False]
    assert [one["external_id"] for one in again.json] == ["order-1", "order-3"]
    assert "started 1 run; 1 was there already" in again.err
    assert terminal.type(*command, "--on-conflict", "reject").status == 1


def test_a_wrong_line_is_named_and_nothing_is_started(terminal: Terminal) -> None:
    terminal.write("order.yaml", ORDER)
    typed = terminal.type("start", "order.yaml", "--bulk", "-", stdin='{"n": 1}\n{"n": "x"}\n\n{}\n')
    assert (typed.status, typed.out) == (2, "")
    assert typed.err.splitlines()[1:] == [
        '  stdin:2: input.n is "x", and must be a whole number',
        "  stdin:4: input.n is missing; it must be a whole number",
    ]
    broken = terminal.type("start", "order.yaml", "--bulk", "-", stdin='{"n": 1}\n{"n": \n')
    assert broken.err == "error: stdin:2: it is not JSON: Expecting value at line 1 column 6\n"
    odd = terminal.type("start", "order.yaml", "--bulk", "-", "--id", "${ input.x }", stdin='{"n": 1}\n')
    assert (odd.status, odd.err) == (2, "error: stdin:1: --id: an id is text or a number, and this is None\n")
    assert terminal.type("start", "order.yaml", "--bulk", "-", stdin="\n").status == 2
    assert terminal.type("list", "--json").json == []


def test_start_refuses_a_document_that_cannot_be_run(no_database: Terminal) -> None:
    no_database.write("wrong.yaml", "workflow: wrong\nactivity: nothing\n")
    typed = no_database.type("start", "wrong.yaml")
    assert typed.status == 2
    assert "unknown-activity" in typed.err


def test_a_run_is_told_apart_by_the_trace_it_belongs_to(terminal: Terminal) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    given = ("--traceparent", f"00-{trace}-00f067aa0ba902b7-01", "--correlation-id", "checkout 7")
    run_id = started(terminal, "-i", "n=1", *given)
    record = shown(terminal, run_id)
    assert (record["trace_id"], record["correlation_id"]) == (trace, "checkout 7")
    assert f"trace        {trace}\ncorrelation  checkout 7\n" in terminal.type("show", run_id).out
    wrong = terminal.type("start", "order.yaml", "-i", "n=1", "--traceparent", trace)
    assert wrong.status == 2
    assert "is not a traceparent" in wrong.err


def test_a_run_that_is_not_done_by_its_deadline_is_undone(terminal: Terminal) -> None:
    saga = "{activity: mark, with: {what: done}, compensate: {activity: mark, with: {what: undone}}}"
    terminal.write("late.yaml", f"workflow: late\nsaga:\n  - {saga}\n  - sleep: 1h\n")
    for deadline in ("2s", "10s", "60s"):  # enough for the first step, if not on this machine then the next one
        typed = terminal.type("run", "late.yaml", "--deadline", deadline)
        if terminal.marks:
            break
    assert typed.status == 1
    assert "the run was not done by its deadline" in typed.err
    assert terminal.marks == ["done", "undone"]
    passed = terminal.type("run", "late.yaml", "--deadline", "2020-01-01")
    assert passed.status == 1
    assert terminal.marks == ["done", "undone"]


@pytest.mark.parametrize("command", ["run", "start"])
def test_an_id_that_is_empty_is_refused(terminal: Terminal, command: str) -> None:
    terminal.write("one.yaml", "workflow: one\nset: {x: 1}\n")
    typed = terminal.type(command, "one.yaml", "--id", "")
    assert typed.status == 2
    assert "--id is empty" in typed.err
