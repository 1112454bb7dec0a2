"""Commands typed into processes of their own that die where they are told to.

The processes are forked from one that has imported everything, so that each costs as little as a connection; they are
real ones all the same, and end by a real SIGKILL. Each leaves a trail: a line for each failpoint it passed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from patience import PATIENCE

_LOOKING = threading.Lock()
"""Who starts a process looks how others have ended, which a process tells only once: so one thread at a time."""
PRELOADED = (
    "faults.failpoints",
    "kagzi_dsl.cli.main",
    "kagzi_dsl.cli.run",
    "kagzi_dsl.cli.steer",
    "kagzi_dsl.cli.starting",
    "kagzi_dsl.cli.resuming",
    "kagzi_dsl.cli.worker",
    "kagzi_dsl.runtime.worker",
    "kagzi_dsl.runtime.store.postgres",
    "kagzi_dsl.activities.builtin.http_call",
    "pydantic",
    "uvloop",
)


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, where, and the failpoint (from 1) before which the process dies; 0: it does not.

    One that is not `watched` leaves no trail, and costs what it costs without failpoints.
    """

    words: tuple[str, ...]
    cwd: Path
    trail: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    dies_at: int = 0
    watched: bool = True

    @property
    def out(self) -> Path:
        """Where its stdout is kept."""
        return self.trail.with_suffix(".out")

    @property
    def err(self) -> Path:
        """Where its stderr is kept."""
        return self.trail.with_suffix(".err")


@dataclass(frozen=True, slots=True)
class Gone:
    """A command that has ended: its exit status (negative: the signal), and the points it passed."""

    status: int
    out: str
    err: str
    passed: tuple[str, ...]
    died_at: str | None

    @property
    def killed(self) -> bool:
        """Whether it died at a failpoint."""
        return self.status == -signal.SIGKILL


def fork(work: Callable[..., None], *arguments: object) -> Any:
    """Calls a function in a process of its own, one of multiprocessing's."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    process = context.Process(target=work, args=arguments)
    with _LOOKING:
        process.start()
    return process


def start(command: Command) -> Any:
    """Starts a command; the process is one of multiprocessing's."""
    return fork(_type, command)


def ended(command: Command, process: Any) -> Gone:
    """Waits for the end of a command."""
    wait([process.sentinel], timeout=PATIENCE)
    with _LOOKING:
        process.join(timeout=0)
    if process.exitcode is None:
        process.kill()
        raise AssertionError(f"{' '.join(command.words)} did not end:\n{command.err.read_text()}")
    lines = command.trail.read_text().splitlines() if command.watched else []
    died = lines.pop().removeprefix("died ") if lines and lines[-1].startswith("died ") else None
    return Gone(process.exitcode, command.out.read_text(), command.err.read_text(), tuple(lines), died)


def run(command: Command) -> Gone:
    """Types a command and waits for its end."""
    return ended(command, start(command))


def _type(command: Command) -> None:
    from kagzi_dsl.cli.main import main

    os.chdir(command.cwd)
    os.environ.update(command.environment)
    for path, number in ((command.out, 1), (command.err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(file, number)
        os.close(file)
    with leaving_a_trail(command.trail, command.dies_at) if command.watched else nullcontext():
        main(list(command.words))


def leaving_a_trail(path: Path, at: int = 0, how: signal.Signals = signal.SIGKILL) -> Any:
    """Notes each point in a file, and sends this process a signal at one of them."""
    from faults.failpoints import watch

    trail = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    word = "died" if how is signal.SIGKILL else "stopped"
    count = 0

    async def hook(moment: str, name: str, _: Any) -> None:
        nonlocal count
        count += 1
        if count == at:
            os.write(trail, f"{word} {moment} {name}\n".encode())
            os.kill(os.getpid(), how)
        os.write(trail, f"{moment} {name}\n".encode())

    return watch(hook)
