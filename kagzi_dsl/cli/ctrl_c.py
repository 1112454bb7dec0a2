"""Ctrl-C where no event loop runs: while modules are imported, while a command gets ready, and at the very end.

An error raised amid an import can be lost there, or crash a module written in C. So Ctrl-C ends the process outright
while the command line itself is imported; later it is raised as ever, and remembered for the event loop (loop.py).
"""

from __future__ import annotations

import signal
from types import FrameType

_came = False


def end_outright() -> None:
    """From here on Ctrl-C ends the process as it ends any other program, without a word."""
    if is_ours():
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_and_remember() -> None:
    """From here on Ctrl-C raises KeyboardInterrupt wherever it comes, and `came` says so, should that get lost."""
    global _came
    _came = False
    if is_ours():
        signal.signal(signal.SIGINT, _interrupt)


def came() -> bool:
    """Whether Ctrl-C was pressed since `raise_and_remember`."""
    return _came


def is_ours() -> bool:
    """Whether nobody else said what Ctrl-C is to do: it is ignored in the background, and a caller may heed it."""
    return signal.getsignal(signal.SIGINT) in (signal.default_int_handler, signal.SIG_DFL, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _came
    _came = True
    signal.default_int_handler(number, frame)
