"""The event loop of a command: uvloop where there is one, and an end that nothing can hold up."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
_GRACE_S = 2.0
_LEAVE_S = 5.0


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end on a loop of its own, and ends what it left behind.

    Unlike asyncio.run it waits for nobody longer than moments: neither for a task that will not be cancelled, nor for a
    thread that somebody's activity keeps busy.
    """
    # What imports left is no garbage; nobody is to look at it again (see __main__.py).
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    loop = _new_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(work)
    finally:
        try:
            loop.run_until_complete(_end_the_rest())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # half again as fast; it does not run everywhere
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _end_the_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    if rest:
        await asyncio.wait(rest, timeout=_GRACE_S)


def leave_soon(status: int) -> None:
    """Ends the process with `status` if it has not ended by itself in a few seconds.

    To be called when all is written and said: a thread of an activity that was abandoned must not keep the process.
    """

    def leave() -> None:
        time.sleep(_LEAVE_S)
        os._exit(status)

    threading.Thread(target=leave, daemon=True, name="kagzi-leave").start()
