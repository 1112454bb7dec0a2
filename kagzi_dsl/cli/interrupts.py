"""Ctrl-C, and other signals to end, while something is waited for."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


class Interrupted(Exception):
    """Ctrl-C or a signal to end came first."""


@contextlib.asynccontextmanager
async def signals() -> AsyncIterator[asyncio.Event]:
    """An event that is set by the first SIGINT, SIGTERM or SIGHUP; a second one ends us at once."""
    loop, event = asyncio.get_running_loop(), asyncio.Event()
    before = signal.getsignal(signal.SIGINT)
    wanted = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup sets it
        wanted.append(signal.SIGHUP)

    def release() -> None:
        for one in wanted:
            loop.remove_signal_handler(one)

    def set_once() -> None:
        release()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        event.set()

    for one in wanted:
        loop.add_signal_handler(one, set_once)
    try:
        yield event
    finally:
        release()
        if not event.is_set():
            signal.signal(signal.SIGINT, before)


async def interruptible(work: Awaitable[T]) -> T:
    """The result of `work`. Raises Interrupted when a signal comes before."""
    async with signals() as interrupted:
        task: asyncio.Future[T] = asyncio.ensure_future(work)
        stop = asyncio.ensure_future(interrupted.wait())
        futures: set[asyncio.Future[Any]] = {task, stop}
        try:
            await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Interrupted
            return task.result()
        finally:
            for future in (task, stop):
                future.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)
