"""Exit statuses, and the one place where an error becomes lines on stderr.

0 completed or valid · 1 failed or invalid, or the operation was refused (by the run's state, by the database) · 2 wrong
usage, or a document, an input, activities or a reference to a run that cannot be used · 3 cancelled · 124 waited for
long enough · 130 interrupted · 141 the reader of our output left.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from kagzi_dsl.cli.output import colourful, say, write_text
from kagzi_dsl.errors import (
    AmbiguousRun,
    ConfigError,
    DocumentError,
    InputError,
    KagziError,
    PayloadError,
    RegistrationError,
    RunNotFound,
    ScheduleNotFound,
)

COMPLETED = 0
FAILED = 1
USAGE = 2
CANCELLED = 3
TIMED_OUT = 124
INTERRUPTED = 130
PIPE_CLOSED = 141

_OF_STATUS = {"completed": COMPLETED, "failed": FAILED, "cancelled": CANCELLED}
_WRONG = (
    DocumentError,
    InputError,
    ConfigError,
    RegistrationError,
    PayloadError,
    RunNotFound,
    AmbiguousRun,
    ScheduleNotFound,
)


def exit_status(run_status: str) -> int:
    """The exit status for a run that is over."""
    return _OF_STATUS[run_status]


def exit_status_of_all(run_statuses: Iterable[str]) -> int:
    """The exit status for several runs that are over: failed if one did, else cancelled if one was."""
    statuses = {exit_status(status) for status in run_statuses}
    return next((one for one in (FAILED, CANCELLED) if one in statuses), COMPLETED)


def report_error(error: Exception, *, debug: bool) -> int:
    """Says what went wrong, in a line or two, and gives the exit status. `debug` adds the traceback."""
    if debug:
        import traceback  # only for those who ask

        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, DocumentError) and error.diagnostics:
        _report_document(error)
        return USAGE
    if isinstance(error, KagziError):
        for line in lines_of(error):
            say(line)
        return USAGE if isinstance(error, _WRONG) else FAILED
    if isinstance(error, OSError):
        say(f"error: {error.strerror or error}" + (f": {error.filename}" if error.filename else ""))
        return FAILED
    hint = "" if debug else "; --debug shows where it came from"
    say(f"internal error: {type(error).__name__}: {error}{hint}")
    return FAILED


def _report_document(error: DocumentError) -> None:
    from kagzi_dsl.cli.report import summary_of, text_of  # only for those who make mistakes
    from kagzi_dsl.dsl.diagnostic import Diagnostic

    diagnostics = [one for one in error.diagnostics if isinstance(one, Diagnostic)]
    write_text(text_of(diagnostics, colour=colourful(sys.stderr)), sys.stderr)
    say(f"it cannot be run: {summary_of(diagnostics)}")


def lines_of(error: KagziError) -> list[str]:
    """What to tell of an error that was foreseen."""
    match error:
        case InputError(problems=[only], hint=hint):
            return [f"error: {only}", *_hinted(hint)]
        case InputError(problems=problems, hint=hint):
            listed = [f"  {problem}" for problem in problems]
            return ["error: the input does not fit the workflow", *listed, *_hinted(hint)]
        case ConfigError():
            return [f"error: {line}" for line in str(error).splitlines()]
        case _:
            return [f"error: {error}"]


def _hinted(hint: str | None) -> list[str]:
    return [] if hint is None else [f"hint: {hint}"]
