"""Failpoints: a hook before and after every SQL statement and every activity.

They stand in the tests alone. What is shipped knows nothing of them, so they cost nothing when they are off: a test
hands asyncpg a connection class of its own, and the runtime another `invoke`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeAlias
from unittest.mock import patch

import asyncpg

Moment: TypeAlias = Literal["before", "after"]
Hook: TypeAlias = Callable[[Moment, str, Any], Awaitable[None]]
"""Called with the moment, the name of the point, and the connection (None at an activity)."""

_NAMED = re.compile(r"/\* kagzi: (\w+) \*/")


def name_of(statement: str) -> str:
    """What a statement is called in the .sql files, else its first word."""
    named = _NAMED.match(statement)
    return named[1] if named else statement.split()[0].strip(";").lower()


def watched(hook: Hook) -> type[asyncpg.Connection]:
    """A class of connections which calls `hook` around each statement."""

    class Watched(asyncpg.Connection):  # type: ignore[misc]
        async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:
            if args:  # comes by `_execute`
                return str(await super().execute(query, *args, timeout=timeout))
            return str(await self._around(query, super().execute, query, timeout=timeout))

        async def _execute(self, query: str, *args: Any, **options: Any) -> Any:
            return await self._around(query, super()._execute, query, *args, **options)

        async def _around(self, query: str, send: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
            name = name_of(query)
            await hook("before", name, self)
            result = await send(*args, **options)
            await hook("after", name, self)
            return result

    return Watched


def watch(hook: Hook) -> Any:
    """Calls `hook` around each statement and each activity, for as long as the context manager returned is entered."""
    from kagzi_dsl.runtime import attempt

    invoke = attempt.invoke

    async def invoked(definition: Any, arguments: Any, context: Any, **options: Any) -> Any:
        name = f"activity {context.run_id} {context.node_path} {context.attempt}"
        await hook("before", name, None)
        result = await invoke(definition, arguments, context, **options)
        await hook("after", name, None)
        return result

    connect = functools.partial(asyncpg.connect, connection_class=watched(hook))
    return _Both(patch.object(asyncpg, "connect", connect), patch.object(attempt, "invoke", invoked))


class _Both:
    def __init__(self, *patches: Any) -> None:
        self._patches = patches

    def __enter__(self) -> None:
        for one in self._patches:
            one.start()

    def __exit__(self, *_: object) -> None:
        for one in self._patches:
            one.stop()
