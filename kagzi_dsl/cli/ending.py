"""How a run ended, told: its output or record on stdout, its error in a line or two on stderr, the exit status."""

from __future__ import annotations

from typing import IO

from kagzi_dsl.cli.exits import exit_status
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.output import say, write_json
from kagzi_dsl.cli.words import failure_text
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.store.records import Run
from kagzi_dsl.runtime.view import record_of


def report_end(run: Run, *, stdout: IO[str], manner: Manner) -> int:
    """Prints what became of a run that is over, and gives the exit status."""
    if manner.as_json:
        write_json(record_of(run), stdout)
    elif run.status == "completed":
        write_json(loads(run.output) if run.output is not None else None, stdout)
    return tell_end(run, manner)


def tell_end(run: Run, manner: Manner) -> int:
    """Says how a run ended that did not complete, and gives the exit status."""
    if run.status == "failed":
        _tell_failure(run, debug=manner.debug)
    elif run.status == "cancelled":
        say(f"cancelled: {run.failure.message if run.failure else 'on request'}", fg="yellow")
    _tell_compensation(run, manner)
    return exit_status(run.status)


def _tell_failure(run: Run, *, debug: bool) -> None:
    failure = run.failure
    if failure is None:
        say("failed", fg="red")
        return
    where = f"{failure.path}: " if failure.path else ""
    say(f"failed: {where}{failure_text(failure)}", fg="red")
    if debug and failure.traceback:
        say(failure.traceback)


def _tell_compensation(run: Run, manner: Manner) -> None:
    look = f"`{manner.command('show', run.id)}` shows it node by node"
    if run.compensation == "failed":
        say("compensation: failed", fg="red")
        say(f"`{manner.command('resume', run.id)}` tries again what was not undone")
    elif run.compensation:
        say(f"compensation: {run.compensation}")
    if run.compensation or run.status == "failed":
        say(look)
