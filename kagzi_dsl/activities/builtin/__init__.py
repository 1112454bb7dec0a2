"""The activities every workflow has: `http.request`, `log`, `uuid` and `now`."""

from __future__ import annotations

from kagzi_dsl.activities.builtin import http, log, now, uuid
from kagzi_dsl.activities.definition import Definition, definition_of

BUILTIN: tuple[Definition, ...] = tuple(
    definition
    for function in (http.request, log.log, now.now, uuid.uuid)
    if (definition := definition_of(function)) is not None
)


async def close() -> None:
    """Gives back what built-in activities hold for the running event loop: the pooled connections of `http.request`.

    Whoever runs activities calls it before its event loop ends.
    """
    await http.close()
