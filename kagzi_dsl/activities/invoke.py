"""One attempt of an activity, from the arguments a node gives to an output or a failure.

An async function runs in the caller's task, a plain one in a thread. Whatever user code raises becomes data; only a
cancellation of the caller's own task comes out as an exception. A thread cannot be stopped: when its attempt times out
or is cancelled, it is told so through its context and left to itself.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias, assert_never, cast

from kagzi_dsl.activities.binding import ArgumentsRefused, bind, refusal
from kagzi_dsl.activities.context import ActivityContext, enter
from kagzi_dsl.activities.crash import told
from kagzi_dsl.activities.definition import Definition
from kagzi_dsl.activities.executor import Executor
from kagzi_dsl.activities.failing import Failed, failed_by, unusable
from kagzi_dsl.activities.output import to_json
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.duration import format_duration
from kagzi_dsl.errors import Code, Failure, Outcome, PayloadError
from kagzi_dsl.payload import Json


class Completed(NamedTuple):
    """What an activity returned: its JSON, and the JSON text of that."""

    output: Json
    text: str


class _Returned(NamedTuple):
    value: Any


@dataclass(frozen=True, slots=True)
class _Raised:
    error: BaseException


@dataclass(frozen=True, slots=True)
class _TimedOut:
    """`outcome` is "none" for a call that had not begun."""

    outcome: Outcome = "unknown"


_End: TypeAlias = _Returned | _Raised | _TimedOut


async def invoke(
    definition: Definition,
    arguments: Json,
    context: ActivityContext,
    *,
    timeout_ms: int | None = None,
    secrets: Secrets,
    executor: Executor,
) -> Completed | Failed:
    """Runs one attempt. Raises nothing but the asyncio.CancelledError of the task that calls it.

    `timeout_ms` counts from the call, waiting for a thread included. `arguments` are left untouched, and the output
    shares nothing with what the activity returned. Size limits are the caller's: `Completed.text` tells the size.
    """
    try:
        bound = bind(definition, arguments, context)
    except ArgumentsRefused as refused:
        return _at(context, Failed(refusal(definition, refused.problems, secrets)))
    except Exception as error:  # a validator is user code too
        return _at(context, failed_by(error, definition, secrets))
    before = enter(context)
    try:
        if definition.is_async:
            end = await _in_task(lambda: definition.function(**bound), context, timeout_ms)
        else:
            end = await _in_thread(definition, bound, context, timeout_ms, executor)
    finally:
        enter(before)
    answer = _answer(end, definition, context, timeout_ms, secrets)
    return answer if isinstance(answer, Completed) else _at(context, answer)


async def _in_task(call: Callable[[], Awaitable[Any]], context: ActivityContext, timeout_ms: int | None) -> _End:
    """Awaits in the caller's task, which is cancelled from inside when time is up."""
    task = asyncio.current_task()
    assert task is not None
    cancels = task.cancelling()
    limit = None
    try:
        if timeout_ms is None:
            return _Returned(await call())
        async with asyncio.timeout(timeout_ms / 1_000) as limit:
            value = await call()
        if not limit.expired():
            return _Returned(value)
    except GeneratorExit:
        raise  # nobody awaits us any more: the event loop is gone
    except BaseException as error:  # KeyboardInterrupt and SystemExit too: an activity must not end the worker
        if isinstance(error, asyncio.CancelledError) and task.cancelling() > cancels:
            context.cancel()
            raise
        if limit is None or not limit.expired():
            return _Raised(error)
    # Time was up, whatever the function made of its cancellation.
    context.cancel()
    return _TimedOut()


async def _in_thread(
    definition: Definition, bound: dict[str, Any], context: ActivityContext, timeout_ms: int | None, executor: Executor
) -> _End:
    try:
        future = executor.submit(copy_context().run, _contained, definition.function, bound)
    except Exception as error:  # no thread could be started, or the executor is shut down
        return _Raised(error)
    try:
        end = await _in_task(lambda: asyncio.wrap_future(future), context, timeout_ms)
    finally:
        # Holds back a call that has not begun; one that has sees it in its context.
        never_began = future.cancel()
    match end:
        case _Returned(inner):
            return cast(_End, inner)
        case _TimedOut() if never_began:
            return _TimedOut("none")
        case _:
            return end


def _contained(function: Callable[..., Any], bound: dict[str, Any]) -> _End:
    """Calls `function`, for a future that could not carry every exception across to the event loop."""
    try:
        return _Returned(function(**bound))
    except BaseException as error:
        return _Raised(error)


def _answer(
    end: _End, definition: Definition, context: ActivityContext, timeout_ms: int | None, secrets: Secrets
) -> Completed | Failed:
    match end:
        case _Returned(value):
            return _completed(value, definition, secrets)
        case _Raised(error) if isinstance(error, asyncio.CancelledError) and context.is_cancelled:
            return Failed(Failure.of(Code.CANCELLED, f"{definition.name} was cancelled"))
        case _Raised(error):
            return failed_by(error, definition, secrets)
        case _TimedOut(outcome):
            return _timed_out(definition, timeout_ms or 0, outcome)
        case _:
            assert_never(end)


def _completed(value: Any, definition: Definition, secrets: Secrets) -> Completed | Failed:
    try:
        output, text = to_json(value)
    except Exception as error:  # what is returned may run user code when it is looked at
        return _unstorable(value, error, definition, secrets)
    name = secrets.found_in(text) if secrets.handed_out else None
    if name is not None:
        reason = f"the output of {definition.name} contains the secret {name}; return something else"
        return unusable(definition, "SecretInOutput", reason, code=Code.PRECONDITION_FAILED)
    return Completed(output, text)


def _unstorable(value: Any, error: Exception, definition: Definition, secrets: Secrets) -> Failed:
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()  # or Python warns that it was never awaited
        advice = "await it in the function" if definition.is_async else "declare the function with `async def`"
        return unusable(definition, "NotAwaited", f"{definition.name} returned a {type(value).__name__}; {advice}")
    reason = str(error) if isinstance(error, PayloadError) else told(error)
    return unusable(
        definition, "InvalidOutput", secrets.scrub(f"the output of {definition.name} is not JSON: {reason}")
    )


def _timed_out(definition: Definition, timeout_ms: int, outcome: Outcome) -> Failed:
    limit = format_duration(timeout_ms)
    message = (
        f"{definition.name} did not finish within {limit}"
        if outcome == "unknown"
        else f"{definition.name} did not begin within {limit}: every thread for plain functions is busy"
    )
    return Failed(replace(Failure.of(Code.TIMEOUT, message), outcome=outcome))


def _at(context: ActivityContext, failed: Failed) -> Failed:
    return replace(failed, failure=replace(failed.failure, path=context.node_path))
