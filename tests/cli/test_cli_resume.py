"""Runs that were killed or interrupted, and `kagzi-dsl resume`."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from terminal import Gate, Started, Terminal

STEPS = """\
workflow: steps
seq:
  - activity: mark
    with: {what: first}
  - activity: gate
    with: {name: middle}
  - id: last
    activity: mark
    with: {what: last}
output: "${ steps.gate }"
"""


@pytest.fixture
def killed(terminal: Terminal) -> str:
    """The id of a run whose process was killed with -9 in the middle of its second step."""
    terminal.write("steps.yaml", STEPS)
    gate = terminal.gate("middle")
    with terminal.typing("run", "steps.yaml", "--id", "S-1") as running:
        run_id = running.line().removeprefix("run ")
        gate.reached()
        running.process.send_signal(signal.SIGKILL)
        assert running.end().status == -signal.SIGKILL
    gate.remove()
    assert terminal.marks == ["first", "middle"]
    return run_id


def test_a_killed_run_goes_on_after_its_last_finished_node(terminal: Terminal, killed: str) -> None:
    typed = terminal.type("resume", killed)
    assert (typed.status, typed.json, typed.run_id) == (0, "no gate", killed)
    assert "activities: ./activities.py" in typed.err.splitlines()
    assert terminal.marks == ["first", "middle", "middle", "last"]


def test_the_same_command_with_the_same_id_goes_on_too(terminal: Terminal, killed: str) -> None:
    typed = terminal.type("run", "steps.yaml", "--id", "S-1")
    assert (typed.status, typed.json, typed.run_id) == (0, "no gate", killed)
    assert terminal.marks == ["first", "middle", "middle", "last"]


def test_an_edited_file_does_not_touch_a_run_and_a_line_says_so(terminal: Terminal, killed: str) -> None:
    terminal.write("steps.yaml", STEPS.replace("what: last", "what: edited"))
    typed = terminal.type("run", "steps.yaml", "--id", "S-1")
    assert typed.status == 0
    assert (
        "steps.yaml differs from what the run goes by: the definition it was started with, or last migrated to"
        in typed.err.splitlines()
    )
    assert terminal.marks[-1] == "last"


def test_a_comment_is_no_edit(terminal: Terminal, killed: str) -> None:
    terminal.write("steps.yaml", "# a comment\n" + STEPS)
    assert "edited" not in terminal.type("run", "steps.yaml", "--id", "S-1").err


@pytest.mark.parametrize(
    "edited",
    [
        STEPS + "nonsense: 1\n",
        STEPS.replace("seq:", "input: {type: object, required: [x]}\nseq:"),
        STEPS.replace("seq:", "activities: ./nowhere.py\nseq:"),
    ],
    ids=["a mistake", "another input", "other activities"],
)
def test_a_run_goes_on_even_when_its_file_could_not_be_started_any_more(
    terminal: Terminal, killed: str, edited: str
) -> None:
    terminal.write("steps.yaml", edited)
    typed = terminal.type("run", "steps.yaml", "--id", "S-1")
    assert (typed.status, typed.json) == (0, "no gate")
    assert terminal.type("run", "steps.yaml", "--id", "S-2").status == 2


def test_a_run_is_found_by_prefix_and_by_external_id(terminal: Terminal, killed: str) -> None:
    assert terminal.type("show", killed[:8], "--json").json["run_id"] == killed
    assert terminal.type("resume", "S-1").run_id == killed


def test_activities_are_taken_from_where_the_run_was_started(terminal: Terminal, killed: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    typed = terminal.type("resume", killed, cwd=elsewhere)
    assert typed.status == 0
    assert f"activities: ./activities.py in {terminal.folder}, where the run was started from" in typed.err


def test_activities_of_the_same_names_where_one_happens_to_be_are_not_taken(
    terminal: Terminal, killed: str, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    wrong = "from kagzi_dsl import activity\n\n@activity\ndef gate():\n    1 / 0\n\n@activity\ndef mark():\n    1 / 0\n"
    (elsewhere / "activities.py").write_text(wrong)
    typed = terminal.type("resume", killed, cwd=elsewhere)
    assert typed.status == 0
    assert f"activities: ./activities.py in {terminal.folder}, where the run was started from" in typed.err


def test_missing_activities_are_named_before_anything_runs(terminal: Terminal, killed: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "activities.py").write_text("")
    moved = (terminal.folder / "activities.py").rename(elsewhere / "moved.py")
    typed = terminal.type("resume", killed, cwd=elsewhere)
    assert typed.status == 2
    assert "needs gate, mark, and ./activities.py has none of them" in typed.err
    assert f"--activities {terminal.folder}/activities.py" in typed.err
    given = terminal.type("resume", killed, "--activities", str(moved), cwd=elsewhere)
    assert given.status == 0


def test_a_run_whose_activities_are_gone_says_so(terminal: Terminal, killed: str, tmp_path: Path) -> None:
    (terminal.folder / "activities.py").unlink()
    typed = terminal.type("resume", killed)
    assert typed.status == 2
    assert "there is no file ./activities.py" in typed.err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_exits_130_says_how_to_go_on_and_does(terminal: Terminal, how: signal.Signals) -> None:
    terminal.write("steps.yaml", STEPS)
    gate = terminal.gate("middle")
    with terminal.typing("run", "steps.yaml") as running:
        run_id = running.line().removeprefix("run ")
        gate.reached()
        running.process.send_signal(how)
        ended = running.end()
    gate.remove()
    assert (ended.status, ended.out) == (130, "")
    assert ended.err == f"interrupted; run {run_id} stands as it is, and goes on with: kagzi-dsl resume {run_id}\n"
    assert terminal.type("show", run_id, "--json").json["status"] == "pending"
    assert terminal.type("resume", run_id).status == 0
    assert terminal.marks == ["first", "middle", "middle", "last"]


def test_an_async_activity_is_stopped_by_an_interruption_and_runs_again(terminal: Terminal) -> None:
    terminal.write("hangs.yaml", "workflow: hangs\nactivity: hang\n")
    with terminal.typing("run", "hangs.yaml") as running:
        run_id = running.line().removeprefix("run ")
        assert running.line() == "hanging"
        running.process.send_signal(signal.SIGINT)
        assert running.end().status == 130
    with terminal.typing("resume", run_id) as running:
        while running.line() != "hanging":
            pass
        running.process.send_signal(signal.SIGINT)
        assert running.end().status == 130
    assert terminal.marks == ["stopped", "stopped"]


@contextmanager
def followed(terminal: Terminal) -> Iterator[tuple[str, Gate, Started, Started]]:
    """A run, the gate it stands at, who works on it, and who follows."""
    terminal.write("steps.yaml", STEPS)
    gate = terminal.gate("middle")
    with terminal.typing("run", "steps.yaml") as first:
        run_id = first.line().removeprefix("run ")
        gate.reached()
        with terminal.typing("resume", run_id) as second:
            lines = [second.line() for _ in range(3)]
            assert lines[2] == f"process {first.process.pid} works on it; following"
            yield run_id, gate, first, second


def test_a_run_somebody_works_on_is_followed_and_taken_over_when_they_die(terminal: Terminal) -> None:
    with followed(terminal) as (_, gate, first, second):
        gate.remove()
        first.process.kill()
        ended = second.end()
    assert (ended.status, ended.json) == (0, "no gate")
    assert terminal.marks == ["first", "middle", "middle", "last"]


def test_who_only_follows_and_is_interrupted_is_told_who_goes_on(terminal: Terminal) -> None:
    with followed(terminal) as (run_id, gate, first, second):
        second.process.send_signal(signal.SIGINT)
        ended = second.end()
        goes_on = f"process {first.process.pid} goes on with it; to follow it: kagzi-dsl watch {run_id}"
        assert (ended.status, ended.err) == (130, f"interrupted; run {run_id} is left alone, and {goes_on}\n")
        gate.open()
        assert first.end().status == 0


def test_a_completed_run_is_not_resumed_but_told(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nactivity: mark\nwith: {what: once}\n")
    run_id = terminal.type("run", "flow.yaml").run_id
    typed = terminal.type("resume", run_id)
    assert (typed.status, typed.json) == (0, "once")
    assert "it has ended already (completed); there is nothing to resume" in typed.err
    assert terminal.marks == ["once"]


def test_a_failed_run_is_not_resumed_but_told(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nseq:\n  - activity: mark\n  - activity: decline\n")
    run_id = terminal.type("run", "flow.yaml").run_id
    typed = terminal.type("resume", run_id)
    assert (typed.status, typed.out) == (1, "")
    assert "failed: decline: InvalidArgument: card declined" in typed.err
    assert terminal.marks == [""]


def test_a_failed_compensation_is_tried_again(terminal: Terminal) -> None:
    terminal.write(
        "saga.yaml",
        "workflow: saga\n"
        "saga:\n"
        "  - {activity: mark, with: {what: charge}, compensate: {activity: undo, with: {what: charge}}}\n"
        "  - activity: decline\n",
    )
    fails = Path(terminal.folder, "undo-fails")
    fails.touch()
    first = terminal.type("run", "saga.yaml")
    assert first.status == 1
    assert "compensation: failed" in first.err
    assert f"`kagzi-dsl resume {first.run_id}` tries again what was not undone" in first.err
    fails.unlink()
    second = terminal.type("resume", first.run_id)
    assert second.status == 1
    assert "compensation: completed" in second.err
    assert terminal.marks == ["charge", "undo charge", "undo charge"]


def test_a_run_nobody_knows_is_wrong_usage(terminal: Terminal) -> None:
    for command in (["resume", "nobody"], ["show", "nobody"], ["cancel", "nobody"], ["signal", "nobody", "s"]):
        typed = terminal.type(*command)
        assert typed.status == 2
        assert typed.err == "error: there is no run 'nobody'; `kagzi-dsl list` shows the runs there are\n"


def test_no_set_up_is_needed_from_the_first_run_to_the_resumed_one(own_home: Terminal) -> None:
    own_home.write("steps.yaml", STEPS)
    gate = own_home.gate("middle")
    with own_home.typing("run", "steps.yaml") as running:
        run_id = running.line().removeprefix("run ")
        gate.reached()
        running.process.kill()
        running.end()
    gate.remove()
    typed = own_home.type("resume", run_id)
    assert (typed.status, typed.json) == (0, "no gate")
    assert own_home.marks == ["first", "middle", "middle", "last"]
    # The last user stopped it.
    assert own_home.type("db", "status", "--json").json["running"] is False


def test_a_resumed_run_says_that_its_file_was_edited(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nseq:\n  - wait_for: go\n  - {activity: mark, with: {what: old}}\n")
    run_id = terminal.type("run", "flow.yaml", "--detach").out.strip()
    terminal.write("flow.yaml", "workflow: flow\nseq:\n  - wait_for: go\n  - {activity: mark, with: {what: new}}\n")
    terminal.type("signal", run_id, "go")
    typed = terminal.type("resume", run_id)
    assert (typed.status, typed.json) == (0, "old")
    assert "flow.yaml differs from what the run goes by" in typed.err


def test_a_detached_run_left_behind_by_a_run_that_is_over_goes_on_too(terminal: Terminal) -> None:
    terminal.write("aside.yaml", "workflow: aside\nactivity: gate\nwith: {name: middle}\n")
    terminal.write("main.yaml", "workflow: main\nseq:\n  - {call: ./aside.yaml, detach: true}\n  - set: done\n")
    gate = terminal.gate("middle")
    with terminal.typing("run", "main.yaml", "--id", "M-1") as running:
        run_id = running.line().removeprefix("run ")
        gate.reached()
        assert "1 detached run still active" in running.line()
        running.process.kill()
        running.end()
    gate.remove()
    typed = terminal.type("resume", run_id)
    assert (typed.status, typed.json) == (0, "done")
    assert "it has ended already (completed); 1 detached run goes on" in typed.err
    assert terminal.marks == ["middle", "middle"]
    again = terminal.type("run", "main.yaml", "--id", "M-1")
    assert "it has ended already (completed); nothing was started" in again.err
