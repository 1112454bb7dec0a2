"""Log records on stderr while runs go on here: those of activities, and the engine's warnings."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from kagzi_dsl.cli.output import say

_COLOURS = {logging.WARNING: "yellow", logging.ERROR: "red", logging.CRITICAL: "red"}


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            path = getattr(record, "node_path", "")
            text = self.format(record)
            for line in text.split("\n"):
                say(f"{path}: {line}" if path else line, fg=_COLOURS.get(record.levelno))
        except Exception:
            self.handleError(record)


@contextlib.contextmanager
def logged(*, quiet: bool, debug: bool) -> Iterator[None]:
    """Shows records from `info` on; only warnings when quiet, everything with `debug`."""
    logger = logging.getLogger("kagzi_dsl")
    handler = _Lines()
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if debug else logging.WARNING if quiet else logging.INFO)
    # An application that is imported with the activities may have set up logging of its own.
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
