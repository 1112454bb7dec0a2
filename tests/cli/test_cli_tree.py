"""The live tree, on a real terminal."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pexpect
from patience import PATIENCE
from terminal import COMMAND, Terminal

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@contextmanager
def on_a_terminal(terminal: Terminal, *arguments: str, **env: str) -> Iterator[pexpect.spawn]:
    """Types a command on a screen of 24 lines of 80 columns."""
    environment = {**terminal.environment(**env), "TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES"):
        environment.pop(name, None)
    child = pexpect.spawn(
        COMMAND[0], [*COMMAND[1:], *arguments], cwd=terminal.folder, env=environment, encoding="utf-8",
        dimensions=(24, 80), timeout=PATIENCE,
    )  # fmt: skip
    try:
        yield child
    finally:
        child.close(force=True)


def last_picture(output: str) -> list[str]:
    """What stays on the screen: the lines behind the last time the tree was wiped away."""
    return [line.rstrip() for line in _ESCAPES.sub("", output.rpartition("\x1b[2K")[2]).splitlines()]


def test_a_tree_of_nodes_is_drawn_and_stays_and_the_output_is_indented(terminal: Terminal) -> None:
    terminal.write(
        "flow.yaml",
        'workflow: flow\nversion: "2"\n'
        "seq:\n"
        "  - {activity: mark, with: {what: one}}\n"
        "  - {id: skipped, activity: mark, when: '`false`'}\n"
        "  - {id: both, parallel: {left: {activity: mark, with: {what: l}}, right: {sleep: 1ms}}}\n",
    )
    with on_a_terminal(terminal, "run", "flow.yaml") as child:
        child.expect("run [0-9a-f-]{36}\r\n")
        child.expect(pexpect.EOF)
        output = child.before
    assert child.exitstatus == 0
    picture = last_picture(output)
    assert picture[0].startswith("flow 2 completed ")
    assert [re.sub(r" [0-9.]+m?s$", "", line) for line in picture[1:7]] == [
        "✓ seq",
        "  ✓ mark",
        "  – skipped mark",
        "  ✓ both parallel",
        "    ✓ left mark",
        "    ✓ right sleep",
    ]
    assert picture[7:] == ["{", '  "left": "l",', '  "right": null', "}"]


def test_running_nodes_backoffs_and_errors_are_seen_live(terminal: Terminal) -> None:
    terminal.write(
        "flow.yaml",
        "workflow: flow\n"
        "parallel:\n"
        "  waits: {wait_for: approval, timeout: 1h}\n"
        "  tries:\n"
        "    activity: decline\n"
        "    with: {code: Unavailable}\n"
        "    retry: {max_attempts: 2, initial_interval: 1h, max_interval: 1h}\n",
    )
    with on_a_terminal(terminal, "run", "flow.yaml") as child:
        child.expect("run ([0-9a-f-]{36})\r\n")
        run_id = child.match[1]
        child.expect(r"waits[^\n]* wait_for[^\n]*until its timeout")
        child.expect(r"tries[^\n]* decline[^\n]*attempt 2[^\n]*retries in[^\n]*card declined")
        child.kill(signal.SIGINT)
        child.expect(f"interrupted; run {run_id} stands as it is, and goes on with: kagzi-dsl resume {run_id}")
        child.expect(pexpect.EOF)
    assert child.exitstatus == 130


def test_a_large_fan_out_never_outgrows_the_screen(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nforeach: ${ range(`0`, `300`) }\ndo: {activity: mark}\noutput: done\n")
    with on_a_terminal(terminal, "run", "flow.yaml") as child:
        child.expect(pexpect.EOF)
        output = child.before
    assert child.exitstatus == 0
    pictures = output.split("\x1b[2K")
    assert max(picture.count("\n") for picture in pictures[:-1]) <= 24
    final = last_picture(output)
    assert any(re.fullmatch(r"  … [0-9]{3} more completed", line) for line in final)
    assert len(terminal.marks) == 300


def test_what_activities_print_stands_above_the_tree(terminal: Terminal) -> None:
    terminal.write(
        "flow.yaml", "workflow: flow\nseq:\n  - activity: chatter\n  - {activity: log, with: {message: hi}}\n"
    )
    with on_a_terminal(terminal, "run", "flow.yaml") as child:
        child.expect(pexpect.EOF)
        output = child.before
    assert "from python\r\n" in output
    assert "log: hi" in output
    assert "from python" not in last_picture(output)


def test_no_color_and_dumb_terminals_are_respected(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nactivity: decline\n")
    with on_a_terminal(terminal, "run", "flow.yaml", NO_COLOR="1") as child:
        child.expect(pexpect.EOF)
        assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", child.before)
    with on_a_terminal(terminal, "run", "flow.yaml", NO_COLOR="") as child:
        child.expect(pexpect.EOF)
        assert "\x1b[31m" in child.before


def test_a_piped_stdout_keeps_the_tree_on_the_terminal(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nactivity: mark\nwith: {what: x}\n")
    script = " ".join([*COMMAND, "run", "flow.yaml"]) + " > out.json"
    environment = {**terminal.environment(), "TERM": "xterm-256color"}
    child = pexpect.spawn(
        "sh", ["-c", script], cwd=terminal.folder, env=environment, encoding="utf-8", timeout=PATIENCE
    )
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "✓ mark" in _ESCAPES.sub("", child.before)
    assert (terminal.folder / "out.json").read_text() == '"x"\n'


def test_a_run_of_another_process_is_shown_until_its_end(terminal: Terminal) -> None:
    terminal.write("flow.yaml", "workflow: flow\nseq:\n  - {activity: mark, with: {what: x}}\n  - wait_for: go\n")
    with terminal.typing("run", "flow.yaml", "--id", "F") as working:
        assert working.line().startswith("run ")
        with on_a_terminal(terminal, "resume", "F") as looking:
            looking.expect("works on it; following|it waits")
            looking.expect("wait_for")
            assert terminal.type("signal", "F", "go", "--payload", "1").status == 0
            looking.expect(pexpect.EOF)
            final = last_picture(looking.before)
    assert final[0].startswith("flow completed")
    assert final[1].startswith("✓ seq")
    assert final[-1] == "1"


def test_child_runs_are_drawn_below_their_call(terminal: Terminal) -> None:
    terminal.write("child.yaml", "workflow: child\nactivity: mark\n")
    terminal.write("parent.yaml", "workflow: parent\ncall: ./child.yaml\n")
    with on_a_terminal(terminal, "run", "parent.yaml") as child:
        child.expect(pexpect.EOF)
        picture = last_picture(child.before)
    assert [re.sub(r" [0-9.]+m?s$", "", line) for line in picture[1:3]] == ["✓ call", "  ✓ mark"]
