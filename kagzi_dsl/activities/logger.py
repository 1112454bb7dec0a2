"""The logger an activity is handed: it knows the run, and says no secret."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any

from kagzi_dsl.activities.secrets import Secrets

LOGGER = logging.getLogger("kagzi_dsl.activity")
"""Where the records of activities go."""


class ActivityLogger(logging.LoggerAdapter[logging.Logger]):
    """Adds what the context says of the run and the node to each record, and scrubs its text of secrets.

    Those are `run_id`, `workflow`, `namespace`, `node_path`, `activity`, `attempt`, `trace_id` and `correlation_id`.
    The message is put together with its arguments, and a traceback made into text, before anything is handed on, so
    that no handler ever sees a secret.
    """

    def __init__(self, facts: Mapping[str, object], secrets: Secrets | None) -> None:
        super().__init__(LOGGER, facts)
        self._secrets = secrets

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """Puts the run's facts beside the caller's own `extra`."""
        kwargs["extra"] = {**self._scrubbed(kwargs.get("extra") or {}), **(self.extra or {})}
        return msg, kwargs

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """As logging.Logger.log."""
        if not self.isEnabledFor(level):
            return
        text = _formatted(msg, args) + _traceback_of(kwargs.pop("exc_info", None))
        kwargs["stacklevel"] = kwargs.get("stacklevel", 1) + 1
        text, kwargs = self.process(self._secrets.scrub(text) if self._secrets else text, kwargs)  # type: ignore[assignment]
        # Without arguments logging does not format again, so a percent sign in the text is safe.
        self.logger.log(level, text, **kwargs)

    def _scrubbed(self, extra: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._secrets is None:
            return extra
        scrub = self._secrets.scrub
        return {key: scrub(value) if isinstance(value, str) else value for key, value in extra.items()}


def _formatted(msg: object, args: tuple[object, ...]) -> str:
    text = str(msg)
    if not args:
        return text
    # logging takes a single mapping as the source of named fields.
    values = args[0] if len(args) == 1 and isinstance(args[0], Mapping) and args[0] else args
    try:
        return text % values
    except (TypeError, ValueError, KeyError):
        return f"{text} {args!r}"


def _traceback_of(exc_info: object) -> str:
    match exc_info:
        case BaseException():
            lines = traceback.format_exception(exc_info)
        case (type(), BaseException() as error, _):
            lines = traceback.format_exception(error)
        case True | 1:
            lines = [traceback.format_exc()]
        case _:
            return ""
    return "\n" + "".join(lines).rstrip("\n")
