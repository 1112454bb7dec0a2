"""Ctrl-C at moments when nothing is at work yet."""

from __future__ import annotations

import signal

import pytest
from terminal import Terminal

PRESSED = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
LOST = """
import os, signal
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    pass
"""
FLOW = "workflow: flow\nset: done\n"


def test_ctrl_c_while_the_command_line_is_imported_ends_it_without_a_word(terminal: Terminal) -> None:
    terminal.write("click.py", PRESSED)  # which is imported instead of the real one
    typed = terminal.type("list")
    assert (typed.status, typed.out, typed.err) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("command", ["run flow.yaml --quiet", "worker"])
def test_ctrl_c_that_an_import_swallows_ends_a_command_all_the_same(terminal: Terminal, command: str) -> None:
    terminal.write("flow.yaml", FLOW)
    terminal.write("eager.py", LOST)
    typed = terminal.type(*command.split(), "--activities", "eager.py")
    assert (typed.status, typed.out.strip(), typed.err.strip()) == (130, "", "")
    assert terminal.type("list", "--json").json == []


def test_ctrl_c_that_was_ignored_from_the_beginning_stays_ignored(terminal: Terminal) -> None:
    """As a shell does for what it starts in the background."""
    terminal.write("flow.yaml", FLOW)
    terminal.write("eager.py", PRESSED)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        typed = terminal.type("run", "flow.yaml", "--activities", "eager.py", "--quiet")
    finally:
        signal.signal(signal.SIGINT, before)
    assert (typed.status, typed.json) == (0, "done")
