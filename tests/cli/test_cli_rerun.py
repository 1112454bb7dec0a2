"""`kagzi-dsl rerun`, and `retry` of many runs, as they are typed."""

from __future__ import annotations

import signal

import pytest
from terminal import Terminal

FLOW = """\
workflow: flow
input: {type: object, properties: {n: {type: integer, default: 1}}}
run: {labels: {team: shop}}
seq:
  - {id: first, activity: mark, with: {what: first}}
  - {id: second, activity: mark, with: {what: "${ format('{} {}', steps.first, input.n) }"}}
  - {id: last, activity: mark, with: {what: "${ format('{} last', steps.second) }"}}
"""


@pytest.fixture
def done(terminal: Terminal) -> str:
    """The id of a run that completed."""
    terminal.write("flow.yaml", FLOW)
    run_id = terminal.type("run", "flow.yaml", "--id", "F-1").run_id
    terminal.write("marks", "")
    return run_id


def anew(terminal: Terminal, *arguments: str) -> str:
    """The id of the new run."""
    typed = terminal.type("rerun", *arguments)
    assert typed.status == 0, typed.err
    return typed.out.strip()


def test_a_rerun_runs_everything_again(terminal: Terminal, done: str) -> None:
    run_id = anew(terminal, "F-1")
    assert terminal.type("resume", run_id).json == "first 1 last"
    assert terminal.marks == ["first", "first 1", "first 1 last"]
    record = terminal.type("show", run_id, "--json").json
    assert (record["labels"], record["external_id"]) == ({"team": "shop"}, None)
    assert f"rerun of     {done}" in terminal.type("show", run_id).out


def test_a_rerun_from_a_node_reuses_what_came_before_it(terminal: Terminal, done: str) -> None:
    run_id = anew(terminal, done, "--from", "second")
    assert terminal.type("resume", run_id).json == "first 1 last"
    assert terminal.marks == ["first 1", "first 1 last"]
    assert terminal.type("verify", run_id).status == 0


def test_nodes_can_be_given_another_output(terminal: Terminal, done: str) -> None:
    run_id = anew(terminal, done, "--set", 'second="given"')
    assert terminal.type("resume", run_id).json == "given last"
    replaced = anew(terminal, done, "--from", "second", "--set", 'first="another"', "--input", '{"n": 7}')
    assert terminal.type("resume", replaced).json == "another 7 last"
    assert terminal.marks == ["given last", "another 7", "another 7 last"]


def test_what_follows_from_other_nodes_is_given_no_output(terminal: Terminal) -> None:
    terminal.write("sum.yaml", "workflow: sum\nseq: [{id: total, set: 5}, {activity: mark}]\n")
    run_id = terminal.type("run", "sum.yaml").run_id
    refused = terminal.type("rerun", run_id, "--set", "total=6")
    assert (refused.status, refused.out) == (1, "")
    assert "'total' cannot be given an output: only activities and calls can" in refused.err


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (["--from", "nowhere"], 1, "'nowhere' never began in this run"),
        (["--from", "second", "--set", "last=1"], 1, "'last' has not begun where the new run begins"),
        (["--set", "second"], 2, "--set 'second' is not of the form NODE=JSON"),
        (["--set", "second={"], 2, "--set second is not JSON"),
        (["--input", '{"n": "x"}'], 2, 'input.n is "x", and must be a whole number'),
    ],
)
def test_what_makes_no_sense_starts_nothing(
    terminal: Terminal, done: str, arguments: list[str], status: int, complaint: str
) -> None:
    typed = terminal.type("rerun", done, *arguments)
    assert (typed.status, typed.out) == (status, "")
    assert complaint in typed.err


def test_many_failed_runs_are_retried_and_rerun_for_workers(terminal: Terminal) -> None:
    terminal.write("bad.yaml", "workflow: bad\nactivity: decline\n")
    failed = [terminal.type("run", "bad.yaml").run_id for _ in range(2)]
    refused = terminal.type("retry", "--status", "failed")
    assert "this would retry 2 runs; add --yes to do it" in refused.err
    new = terminal.type("rerun", "--workflow", "bad", "--json", "--yes").json
    assert [one["done"] for one in new] == [f"rerun of {run_id}" for run_id in failed]
    retried = terminal.type("retry", "--workflow", "bad", "--yes", "--since", "1h")
    assert retried.status == 0
    assert [line.split() for line in retried.out.splitlines()[1:]] == [
        [run_id, "bad", "pending", "goes", "on"] for run_id in failed
    ]
    again = terminal.type("retry", failed[0], "--detach")
    assert (again.status, "is pending" in again.err) == (1, True)


def test_a_rerun_can_be_waited_for_and_tells_how_it_ended(terminal: Terminal, done: str) -> None:
    with terminal.typing("worker", "--poll-interval", "50ms") as worker:
        assert worker.line().startswith("worker for")
        typed = terminal.type("rerun", "F-1", "--from", "second", "--input", '{"n": 7}', "--wait")
        assert (typed.status, typed.json) == (0, "first 7 last")
        word, run_id, *rest = typed.err.split()
        assert (word, " ".join(rest)) == ("run", f"is a rerun of {done}")
        assert terminal.type("wait", run_id).json == "first 7 last"
        record = terminal.type("rerun", "F-1", "--wait", "--json", "--quiet").json
        assert (record["status"], record["output"]) == ("completed", "first 1 last")


def test_the_exit_status_of_a_rerun_that_is_waited_for_is_that_of_run(terminal: Terminal) -> None:
    terminal.write("bad.yaml", "workflow: bad\nactivity: decline\n")
    failed = [terminal.type("run", "bad.yaml").run_id for _ in range(2)]
    with terminal.typing("worker", "--poll-interval", "50ms") as worker:
        assert worker.line().startswith("worker for")
        alone = terminal.type("rerun", failed[0], "--wait")
        assert (alone.status, alone.out) == (1, "")
        assert "failed: decline: InvalidArgument: card declined" in alone.err
        both = terminal.type("rerun", *failed, "--wait", "--json", "--quiet")
        assert (both.status, [one["status"] for one in both.json]) == (1, ["failed", "failed"])
        found = terminal.type("rerun", "--workflow", "nosuch", "--wait")
        assert (found.status, found.err) == (0, "no such runs\n")


def test_what_a_rerun_waits_for_can_be_cancelled_and_the_waiting_interrupted(terminal: Terminal) -> None:
    terminal.write("sleepy.yaml", "workflow: sleepy\nsleep: 1h\n")
    old = terminal.type("start", "sleepy.yaml", "--quiet").out.strip()
    with terminal.typing("worker", "--poll-interval", "50ms") as worker:
        assert worker.line().startswith("worker for")
        with terminal.typing("rerun", old, "--wait") as waiting:
            new = waiting.line().split()[1]
            assert terminal.type("cancel", new).status == 0
            assert waiting.end().status == 3
        with terminal.typing("rerun", old, "--wait") as waiting:
            new = waiting.line().split()[1]
            terminal.type("show", new)  # by then it is at its work
            waiting.process.send_signal(signal.SIGINT)
            assert waiting.end().status == 130
    assert terminal.type("cancel", new).status == 0
