"""A folder with workflows and activities, and the commands somebody types in it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from patience import PATIENCE

COMMAND = [sys.executable, "-W", "error", "-m", "kagzi_dsl"]

ACTIVITIES = '''
import asyncio
import os

from kagzi_dsl import ActivityError, activity


@activity
def mark(what: str = "") -> str:
    """Leaves a line in `marks`, so that a test can count how often it ran."""
    with open("marks", "a") as file:
        file.write(what + "\\n")
    return what


@activity
def gate(name: str) -> str:
    """Where a test has put a gate: tells the test that it is here, and stays. (A pipe waits for its other side.)"""
    mark(name)
    if os.path.exists(f"{name}.here"):
        with open(f"{name}.here", "w") as here:
            here.write("here")
        open(f"{name}.go").read()
    return "no gate"


@activity
async def hang() -> None:
    print("hanging", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        mark("stopped")


@activity
def decline(code: str = "InvalidArgument") -> None:
    raise ActivityError("card declined", code=code)


@activity
def crash() -> None:
    return 1 / 0


@activity
def chatter() -> str:
    """Writes to stdout in every way there is."""
    print("from python")
    os.system("echo from a program")
    return "done"


@activity
def undo(what: str) -> None:
    mark("undo " + what)
    if os.path.exists("undo-fails"):
        raise ActivityError("cannot be undone", code="InvalidArgument")
'''


def place_of(line: str) -> str:
    """Where a line of the activities stands."""
    return f"activities.py:{ACTIVITIES.splitlines().index(line) + 1}"


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of a command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on stdout."""
        return json.loads(self.out)

    @property
    def run_id(self) -> str:
        """The run's id, which is the first thing on stderr."""
        word, run_id = self.err.splitlines()[0].split(" ")
        assert word == "run", self.err
        return run_id


@dataclass(slots=True)
class Terminal:
    """Types commands in `folder`; `env` is added to the environment."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("KAGZI_DB", "PYTEST_"))}
        person = {"NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "100", "KAGZI_LOG_FORMAT": "text"}
        return {**inherited, **person, **self.env, **more}

    def write(self, name: str, text: str) -> str:
        """Writes a file, and gives its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    def type(self, *arguments: str, stdin: str = "", cwd: Path | None = None, **env: str) -> Typed:
        """Types a command and waits for its end."""
        done = subprocess.run(
            [*COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            cwd=cwd or self.folder,
            env=self.environment(**env),
            check=False,
        )
        return Typed(done.returncode, done.stdout, done.stderr)

    def imports(self, *arguments: str) -> set[str]:
        """Types a command that ends well, and gives the modules it has imported by its end."""
        program = (
            "import sys\n"
            "before = set(sys.modules)\n"
            "from kagzi_dsl.cli.main import run\n"
            f"assert run({arguments!r}) == 0\n"
            "print(*sorted(set(sys.modules) - before))\n"
        )
        command = [sys.executable, "-c", program]
        environment = self.environment()
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, env=environment, check=True)
        return set(done.stdout.splitlines()[-1].split())

    def watch(self, reference: str, words: str) -> None:
        """Watches a run until something is told in which these words stand."""
        with self.typing("watch", reference) as watching:
            assert watching.process.stdout is not None
            assert any(words in line for line in iter(watching.process.stdout.readline, ""))

    @contextmanager
    def typing(self, *arguments: str, **env: str) -> Iterator[Started]:
        """Types a command and does not wait; it is killed at the end, if it still runs."""
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment(**env),
        )
        try:
            yield Started(process)
        finally:
            process.kill()
            process.communicate()

    def gate(self, name: str) -> Gate:
        """Makes the activity `gate` wait under this name."""
        return Gate(self.folder, name)

    @property
    def marks(self) -> list[str]:
        """The lines that activities have left."""
        path = self.folder / "marks"
        return path.read_text().splitlines() if path.exists() else []


@dataclass(slots=True)
class Started:
    """A command that is running."""

    process: subprocess.Popen[str]

    def line(self) -> str:
        """The next line it says on stderr."""
        assert self.process.stderr is not None
        return self.process.stderr.readline().rstrip("\n")

    def end(self) -> Typed:
        """Waits for its end; what was read of stderr before is not in the result."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return Typed(self.process.returncode, out, err)


class Gate:
    """Where an activity stays once it has come to it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._here = folder / f"{name}.here"
        self._go = folder / f"{name}.go"
        os.mkfifo(self._here)
        os.mkfifo(self._go)

    def reached(self) -> None:
        """Returns when the activity is at the gate."""
        pipe = os.open(self._here, os.O_RDONLY | os.O_NONBLOCK)
        try:
            assert select.select([pipe], [], [], PATIENCE)[0], "nobody came to the gate"
            assert os.read(pipe, 4) == b"here"
        finally:
            os.close(pipe)

    def open(self) -> None:
        """Lets through who stands at it, and whoever comes next."""
        os.close(os.open(self._go, os.O_WRONLY))
        self.remove()

    def remove(self) -> None:
        """Takes the gate away: whoever comes next goes through."""
        self._here.unlink()
        self._go.unlink()
