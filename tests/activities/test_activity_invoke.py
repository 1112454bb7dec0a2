from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any

import pytest
from patience import PATIENCE

from kagzi_dsl.activities.context import ActivityContext, current_context
from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.definition import Definition, definition_of
from kagzi_dsl.activities.executor import Threads
from kagzi_dsl.activities.failing import Failed
from kagzi_dsl.activities.invoke import Completed, invoke
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import ActivityError, Code, Failure

Run = Callable[..., Any]
Fail = Callable[..., Failure]
NO_SECRETS = Secrets({})


def defined(function: Any) -> Definition:
    definition = definition_of(function)
    assert definition is not None
    return definition


def test_an_async_function_runs_in_the_callers_task(threads: Threads) -> None:
    @activity
    async def look() -> bool:
        return asyncio.current_task() is caller

    async def main() -> Completed | Failed:
        nonlocal caller
        caller = asyncio.current_task()
        return await invoke(
            defined(look), {}, ActivityContext.for_test(), secrets=NO_SECRETS, executor=threads, timeout_ms=60_000
        )

    caller: Any = None
    assert asyncio.run(main()) == Completed(True, "true")


def test_a_plain_function_runs_in_a_thread_with_the_callers_context(output: Run) -> None:
    variable = contextvars.ContextVar("variable", default="default")

    @activity
    def look() -> list[Any]:
        return [threading.current_thread() is threading.main_thread(), variable.get()]

    variable.set("mine")
    assert output(look) == [False, "mine"]


def test_an_async_function_that_takes_too_long_is_a_timeout(failure: Fail) -> None:
    ended = []

    @activity
    async def hang(ctx: ActivityContext) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(ctx)

    failed = failure(hang, timeout_ms=1)
    assert failed.code is Code.TIMEOUT
    assert failed.message == "hang did not finish within 1ms"
    assert failed.retryable
    assert failed.outcome == "unknown"
    assert ended[0].is_cancelled


@pytest.mark.parametrize("after", ["return", "raise"])
def test_what_a_function_makes_of_its_timeout_does_not_matter(failure: Fail, after: str) -> None:
    @activity
    async def stubborn() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if after == "raise":
                raise ValueError("cleaning up failed") from None
        return "late"

    assert failure(stubborn, timeout_ms=1).code is Code.TIMEOUT


def test_a_timeout_error_of_the_users_is_not_ours(failure: Fail) -> None:
    @activity
    async def impatient() -> None:
        async with asyncio.timeout(0):
            await asyncio.Event().wait()

    failed = failure(impatient, timeout_ms=60_000)
    assert (failed.code, failed.type) == (Code.INTERNAL, "TimeoutError")


def test_a_plain_function_that_takes_too_long_is_abandoned_and_told(threads: Threads) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    seen: list[Any] = []

    class Waiting(asyncio.SelectorEventLoop):
        """A loop on which no time passes before the call has begun, and then an hour at once."""

        def time(self) -> float:
            return 3_600.0 if begun.is_set() else 0.0

    @activity
    def hang(ctx: ActivityContext) -> None:
        begun.set()
        runner.get_loop().call_soon_threadsafe(bool)  # wakes it
        go_on.wait()
        seen.append(ctx.is_cancelled)
        try:
            ctx.heartbeat()
        except asyncio.CancelledError:
            seen.append("stopped")
        finally:
            ended.set()

    async def main() -> Completed | Failed:
        end = await invoke(
            defined(hang), {}, ActivityContext.for_test(), timeout_ms=60_000, secrets=NO_SECRETS, executor=threads
        )
        assert threads.unfinished == 1
        return end

    # The loop is closed when the abandoned thread ends, which must hurt nobody.
    with asyncio.Runner(loop_factory=Waiting) as runner:
        end = runner.run(main())
    assert isinstance(end, Failed)
    assert (end.failure.code, end.failure.outcome) == (Code.TIMEOUT, "unknown")
    go_on.set()
    assert ended.wait(PATIENCE)
    assert seen == [True, "stopped"]


def test_a_plain_function_that_never_got_a_thread_has_surely_not_happened(threads: Threads) -> None:
    go_on, begun = threading.Event(), threading.Semaphore(0)
    ran = []

    def hold() -> None:
        begun.release()
        go_on.wait()

    @activity
    def late() -> None:
        ran.append(1)

    holding = [threads.submit(hold) for _ in range(2)]
    for _ in holding:
        assert begun.acquire(timeout=PATIENCE)
    end = asyncio.run(
        invoke(defined(late), {}, ActivityContext.for_test(), timeout_ms=1, secrets=NO_SECRETS, executor=threads)
    )
    assert isinstance(end, Failed)
    assert end.failure.message == "late did not begin within 1ms: every thread for plain functions is busy"
    assert end.failure.outcome == "none"
    go_on.set()
    for future in holding:
        future.result(PATIENCE)
    assert threads.submit(lambda: "free").result(PATIENCE) == "free"
    assert ran == []


@pytest.mark.parametrize("timeout_ms", [None, 60_000])
@pytest.mark.parametrize("kind", ["async", "plain"])
def test_a_cancellation_of_the_caller_comes_out(threads: Threads, kind: str, timeout_ms: int | None) -> None:
    begun = threading.Event()
    go_on = threading.Event()
    context = ActivityContext.for_test()

    @activity
    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    @activity
    def hang_plain() -> None:
        begun.set()
        go_on.wait()

    async def main() -> None:
        definition = defined(hang if kind == "async" else hang_plain)
        task = asyncio.create_task(
            invoke(definition, {}, context, timeout_ms=timeout_ms, secrets=NO_SECRETS, executor=threads)
        )
        await asyncio.get_running_loop().run_in_executor(None, begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    go_on.set()
    assert context.is_cancelled


def test_a_cancelled_error_nobody_asked_for_is_a_failure(failure: Fail) -> None:
    @activity
    async def confused() -> None:
        inner = asyncio.ensure_future(asyncio.Event().wait())
        inner.cancel()
        await inner

    @activity
    def confused_too() -> None:
        raise asyncio.CancelledError

    for function in (confused, confused_too):
        failed = failure(function)
        assert (failed.code, failed.type) == (Code.INTERNAL, "CancelledError")


def test_a_plain_function_stopped_by_its_heartbeat_was_cancelled(failure: Fail) -> None:
    @activity
    def work(ctx: ActivityContext) -> None:
        ctx.cancel()
        ctx.heartbeat()

    failed = failure(work)
    assert (failed.code, failed.message, failed.outcome) == (Code.CANCELLED, "work was cancelled", "unknown")


def test_the_current_context_is_put_back_after_an_attempt(threads: Threads) -> None:
    @activity
    async def inner() -> str:
        return current_context().run_id

    @activity
    async def outer() -> list[str]:
        context = ActivityContext.for_test(run_id="inner")
        end = await invoke(defined(inner), {}, context, secrets=NO_SECRETS, executor=threads)
        assert isinstance(end, Completed)
        return [end.output, current_context().run_id]

    end = asyncio.run(
        invoke(defined(outer), {}, ActivityContext.for_test(run_id="outer"), secrets=NO_SECRETS, executor=threads)
    )
    assert isinstance(end, Completed)
    assert end.output == ["inner", "outer"]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit("odd"), BaseException("bare")])
@pytest.mark.parametrize("timeout_ms", [None, 60_000])
def test_nothing_a_plain_function_raises_ends_the_worker(
    failure: Fail, error: BaseException, timeout_ms: int | None
) -> None:
    @activity
    def leave() -> None:
        raise error

    failed = failure(leave, timeout_ms=timeout_ms)
    assert (failed.code, failed.type) == (Code.INTERNAL, type(error).__name__)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), BaseException("bare"), StopAsyncIteration()])
@pytest.mark.parametrize("timeout_ms", [None, 60_000])
def test_nothing_an_async_function_raises_ends_the_worker(
    failure: Fail, error: BaseException, timeout_ms: int | None
) -> None:
    @activity
    async def leave() -> None:
        raise error

    failed = failure(leave, timeout_ms=timeout_ms)
    assert (failed.code, failed.type) == (Code.INTERNAL, type(error).__name__)


def test_stop_iteration_comes_through_a_future_too(failure: Fail) -> None:
    @activity
    def stop() -> None:
        raise StopIteration(1)

    assert failure(stop).type == "StopIteration"


def test_a_failure_names_the_node(failure: Fail) -> None:
    @activity
    def fail() -> None:
        raise ActivityError("no")

    assert failure(fail, context=ActivityContext.for_test(node_path="a/b[1]")).path == "a/b[1]"


def test_no_threads_left_is_a_failure() -> None:
    @activity
    def work() -> None: ...

    threads = Threads(1)
    threads.shutdown()
    end = asyncio.run(invoke(defined(work), {}, ActivityContext.for_test(), secrets=NO_SECRETS, executor=threads))
    assert isinstance(end, Failed)
    assert "the threads for activities are shut down" in end.failure.message


def test_a_loop_that_ends_early_leaves_an_attempt_quietly(threads: Threads) -> None:
    @activity
    async def hang() -> None:
        await asyncio.Event().wait()

    attempt = invoke(defined(hang), {}, ActivityContext.for_test(), secrets=NO_SECRETS, executor=threads)
    loop = asyncio.new_event_loop()
    task = loop.create_task(attempt)
    loop.run_until_complete(asyncio.wait([task], timeout=0))
    attempt.close()
    task.cancel()
    with pytest.raises((asyncio.CancelledError, RuntimeError)):
        loop.run_until_complete(task)
    loop.close()
