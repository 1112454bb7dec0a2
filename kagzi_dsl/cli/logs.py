"""Log records on stderr while runs go on here: lines for a person, or one JSON object each for a program.

What a record says beside its message is its `extra`: whatever is there is written. An exception is told by its type and
where it came from; its words may hold what a run was given, so only `debug` shows them.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from kagzi_dsl.cli.debug import debugging
from kagzi_dsl.cli.output import is_terminal, say
from kagzi_dsl.cli.settings import configuration, value_of
from kagzi_dsl.config import table

_COLOURS = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
"""What every record has; the rest is `extra`."""
_SHORT_ID = 13


@contextlib.contextmanager
def logged(*, quiet: bool = False, service: bool = False) -> Iterator[None]:
    """Writes the records of this package, as the settings and `--debug` say; only warnings when quiet.

    A `service` also tells how its runs go, which a command that follows one run shows in its own way. Raises
    ConfigError.
    """
    logger, runs = logging.getLogger("kagzi_dsl"), logging.getLogger("kagzi_dsl.run")
    handler = _handler(service=service)
    before = [(one, one.level, one.propagate) for one in (logger, runs)]
    logger.addHandler(handler)
    logger.setLevel(_level(quiet=quiet))
    # An application that is imported with the activities may have set up logging of its own.
    logger.propagate = False
    if not (service or debugging()):
        runs.setLevel(logging.ERROR)
    try:
        with _the_rest(handler):
            yield
    finally:
        logger.removeHandler(handler)
        for one, level, propagate in before:
            one.setLevel(level)
            one.propagate = propagate


@contextlib.contextmanager
def _the_rest(handler: logging.Handler) -> Iterator[None]:
    """Writes the warnings of libraries in the same way, where nobody has decided otherwise."""
    root = logging.getLogger()
    if root.handlers:
        yield
        return
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def _level(*, quiet: bool) -> int:
    if debugging():
        return logging.DEBUG
    level = logging.getLevelNamesMapping()[value_of(table.LOG_LEVEL).upper()]
    typed = configuration().origin(table.LOG_LEVEL).source == "flag"
    return max(level, logging.WARNING) if quiet and not typed else level


def _handler(*, service: bool) -> logging.Handler:
    chosen = value_of(table.LOG_FORMAT)
    as_json = chosen == "json" or (chosen == "auto" and not is_terminal(sys.stderr))
    return _JsonLines() if as_json else _Lines(service=service)


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.write(record)
        except Exception:
            self.handleError(record)

    def write(self, record: logging.LogRecord) -> None:
        raise NotImplementedError


class _JsonLines(_Handler):
    def write(self, record: logging.LogRecord) -> None:
        told = as_json(record)
        try:
            line = orjson.dumps(told, default=str).decode()
        except TypeError:  # an integer beyond 64 bits, or half of a surrogate pair
            line = json.dumps(told, ensure_ascii=False, default=str)
        say(line)


class _Lines(_Handler):
    """`charge: attempt 1 failed`, and behind it, for a service, which run that was."""

    def __init__(self, *, service: bool) -> None:
        super().__init__()
        self._service = service

    def write(self, record: logging.LogRecord) -> None:
        before = f"{_clock(record)} " if self._service and is_terminal(sys.stderr) else ""
        path = getattr(record, "node_path", "")
        message = f"{'error: ' if record.levelno >= logging.ERROR else ''}{record.getMessage()}"
        text = "\n".join(filter(None, [message, _exception(record)]))
        first, *rest = text.split("\n")
        behind = _which(record) if self._service else ""
        for line in (f"{first}{behind}", *rest):
            say(f"{before}{path}: {line}" if path else f"{before}{line}", fg=_COLOURS.get(record.levelno))


def _clock(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created).strftime("%H:%M:%S")


def _which(record: logging.LogRecord) -> str:
    """` (order-processing 0198c2f4-0d3a)`, the run a record is about."""
    run_id = getattr(record, "run_id", None)
    return "" if run_id is None else f" ({getattr(record, 'workflow', '')} {str(run_id)[:_SHORT_ID]})"


def as_json(record: logging.LogRecord) -> dict[str, Any]:
    """A record as a JSON object: `time` (UTC), `level`, `logger`, `message`, its `extra`, and `exception`."""
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    told: dict[str, Any] = {
        "time": time.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    told |= {name: value for name, value in vars(record).items() if name not in _OWN and name not in told}
    if exception := _exception(record):
        told["exception"] = exception
    return told


def _exception(record: logging.LogRecord) -> str:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    if debugging():
        return "".join(traceback.format_exception(error)).rstrip("\n")
    return "".join([*traceback.format_tb(error.__traceback__), type(error).__name__])
