"""The event loop of a command: uvloop where there is one, and an end that nothing can hold up."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
import time
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from kagzi_dsl.cli import ctrl_c

T = TypeVar("T")
_GRACE_S = 2.0
_LEAVE_S = 5.0


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Runs `work` to its end on a loop of its own, and ends what it left behind.

    Unlike asyncio.run it waits for nobody longer than moments: neither for a task that will not be cancelled, nor for a
    thread that somebody's activity keeps busy. Raises KeyboardInterrupt on Ctrl-C, when `work` has been cancelled.
    """
    with _Interrupts() as interrupts:
        # What imports left is no garbage; nobody is to look at it again (see __main__.py).
        gc.freeze()
        # A thousand live runs are 60,000 objects, and what an ended one leaves goes without the collector.
        gc.set_threshold(100_000, 20, 20)
        loop = _new_loop()
        asyncio.set_event_loop(loop)
        try:
            task = loop.create_task(work)
            interrupts.cancel(task)
            return loop.run_until_complete(task)
        finally:
            try:
                loop.run_until_complete(_end_the_rest())
                loop.run_until_complete(loop.shutdown_asyncgens())
            finally:
                asyncio.set_event_loop(None)
                loop.close()


class _Interrupts:
    """Ctrl-C cancels a task; raised wherever it comes, it would break what a connection is just reading.

    A second one is raised where it comes.
    """

    def __init__(self) -> None:
        self._came = False
        self._task: asyncio.Task[Any] | None = None

    def __enter__(self) -> Self:
        # Only the main thread is told of signals.
        self._heeding = threading.current_thread() is threading.main_thread() and ctrl_c.is_ours()
        if self._heeding:
            self._before = signal.signal(signal.SIGINT, self._come)
            if ctrl_c.came():
                self._came = True
        return self

    def cancel(self, task: asyncio.Task[Any]) -> None:
        """This is the task; it is cancelled at once if Ctrl-C came already."""
        self._task = task
        if self._came:
            task.cancel()

    def _come(self, *_: object) -> None:
        self._came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if self._task is not None:
            self._task.get_loop().call_soon_threadsafe(self._task.cancel)

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if self._heeding:
            signal.signal(signal.SIGINT, self._before)
        if self._came and isinstance(error, asyncio.CancelledError):
            raise KeyboardInterrupt from None


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
