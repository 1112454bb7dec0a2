"""The event loop of a command: uvloop where there is one, and an end that nothing can hold up."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
_GRACE_S = 2.0
_LEAVE_S = 5.0


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end on a loop of its own, and ends what it left behind.

    Unlike asyncio.run it waits for nobody longer than moments: neither for a task that will not be cancelled, nor for a
    thread that somebody's activity keeps busy. Raises KeyboardInterrupt on Ctrl-C, when `work` has been cancelled.
    """
    # What imports left is no garbage; nobody is to look at it again (see __main__.py).
    gc.freeze()
    # A thousand live runs are 60,000 objects, and what an ended one leaves goes without the collector.
    gc.set_threshold(100_000, 20, 20)
    loop = _new_loop()
    asyncio.set_event_loop(loop)
    try:
        task = loop.create_task(work)
        with _cancelled_by_an_interrupt(task):
            return loop.run_until_complete(task)
    finally:
        try:
            loop.run_until_complete(_end_the_rest())
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


@contextlib.contextmanager
def _cancelled_by_an_interrupt(task: asyncio.Task[Any]) -> Iterator[None]:
    """Ctrl-C cancels the task; raised wherever it comes, it would break what a connection is just reading.

    A second one is raised where it comes.
    """
    if (
        threading.current_thread() is not threading.main_thread()  # which alone is told of signals
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    ):
        yield
        return
    told = False

    def tell(*_: object) -> None:
        nonlocal told
        told = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        task.get_loop().call_soon_threadsafe(task.cancel)

    signal.signal(signal.SIGINT, tell)
    try:
        yield
    except asyncio.CancelledError:
        if told:
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
