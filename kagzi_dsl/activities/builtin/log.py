"""`log`: a line among the run's log records."""

from __future__ import annotations

from typing import Any, Literal

from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.payload import dumps

Level = Literal["debug", "info", "warning", "error"]
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


@activity
async def log(context: ActivityContext, message: str, level: Level = "info", data: Any = None) -> None:
    """Writes `message`, and `data` as JSON behind it, to the log; secrets appear as ***."""
    text = message if data is None else f"{message} {dumps(data)}"
    context.logger.log(_LEVELS[level], text)
