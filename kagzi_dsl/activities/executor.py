"""Threads for plain functions.

Not concurrent.futures.ThreadPoolExecutor, because the interpreter waits for its threads when it exits, and an activity
that hangs, abandoned after its timeout, would keep the process alive. These threads are daemons, and die with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Executor(Protocol):
    """What `invoke` needs to run a plain function: this module's Threads, or any executor of concurrent.futures."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Has the call made in another thread."""


class Threads:
    """At most `slots` threads, started as they are needed. A call that never returns keeps its slot."""

    def __init__(self, slots: int, *, name: str = "kagzi-activity") -> None:
        self.slots = slots
        self._name = name
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._started = 0
        self._unfinished = 0
        self._closed = False

    @property
    def unfinished(self) -> int:
        """How many calls run or wait for a thread."""
        return self._unfinished

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Has the call made as soon as a thread is free. Raises RuntimeError after `shutdown`."""
        future: Future[T] = Future()

        def call() -> None:
            if future.set_running_or_notify_cancel():
                _settle(future, lambda: fn(*args, **kwargs))

        with self._lock:
            if self._closed:
                raise RuntimeError("the threads for activities are shut down")
            if self._unfinished >= self._started and self._started < self.slots:
                self._start()
            self._unfinished += 1
        self._calls.put(call)
        return future

    def shutdown(self) -> None:
        """Takes no more calls and ends the threads as they become idle; waits for none."""
        with self._lock:
            self._closed = True
            for _ in range(self._started):
                self._calls.put(None)

    def _start(self) -> None:
        name = f"{self._name}-{self._started}"
        threading.Thread(target=self._work, name=name, daemon=True).start()
        self._started += 1

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            del call  # or it would hold its arguments and its result until the next one comes
            with self._lock:
                self._unfinished -= 1


def _settle(future: Future[T], call: Callable[[], Any]) -> None:
    try:
        result = call()
    except BaseException as error:  # a thread must outlive whatever its call raises
        future.set_exception(error)
    else:
        future.set_result(result)
