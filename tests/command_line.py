"""The command `kagzi-dsl` in a process of its own, typed in the folder of this repository if not in another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from patience import PATIENCE

import kagzi_dsl

ROOT = Path(__file__).parent.parent
_COMMAND = [sys.executable, "-m", "kagzi_dsl"]


def kagzi(
    *arguments: str, db: str | None = None, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Types a command and waits for its end; `db` is the URL of the database, `environment` is added to ours."""
    process = start_kagzi(*arguments, db=db, cwd=cwd, **environment)
    try:
        stdout, stderr = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def start_kagzi(*arguments: str, db: str | None = None, cwd: Path = ROOT, **environment: str) -> subprocess.Popen[str]:
    """Types a command and does not wait. Log records are written as for a person, if not told otherwise."""
    # The package that is tested here is the one that the command runs, wherever it is typed.
    path = os.pathsep.join(filter(None, [str(Path(kagzi_dsl.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]))
    named = {"KAGZI_DB_URL": db} if db is not None else {}
    return subprocess.Popen(
        [*_COMMAND, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", "KAGZI_LOG_FORMAT": "text", **named, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_id_of(process: subprocess.Popen[str]) -> str:
    """The id of the run a `run` has begun: the first thing it says."""
    assert process.stderr is not None
    line = process.stderr.readline()
    word, _, run_id = line.strip().partition(" ")
    assert word == "run", line + process.stderr.read()
    return run_id
