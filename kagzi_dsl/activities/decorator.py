"""`@activity`: says that a workflow may call a function. It registers nothing; `Registry.load` looks for it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar, overload

from kagzi_dsl.activities.definition import Definition, attach, definition_of
from kagzi_dsl.activities.options import checked_name, retry_policy, timeout_ms
from kagzi_dsl.activities.parameters import Shape
from kagzi_dsl.activities.place import Place
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.retry import Retry

F = TypeVar("F", bound=Callable[..., Any])


@overload
def activity(function: F, /) -> F: ...


@overload
def activity(
    *,
    name: str | None = None,
    retry: Retry | Mapping[str, Any] | None = None,
    timeout: str | timedelta | float | None = None,
    transactional: bool = False,
    at_most_once: bool = False,
) -> Callable[[F], F]: ...


def activity(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    retry: Retry | Mapping[str, Any] | None = None,
    timeout: str | timedelta | float | None = None,
    transactional: bool = False,
    at_most_once: bool = False,
) -> Any:
    """Declares a function, async or plain, to be an activity. The function itself stays as it is.

    `name` is what a workflow calls it by, the function's own name when left out. `retry` is a Retry, or a mapping in
    the words of a workflow's `retry` with durations as text. `timeout` bounds one attempt: duration text ("30s"), a
    timedelta or seconds. `transactional` (async functions only) hands it the connection that commits its checkpoint.
    `at_most_once` records that it begins, and fails as Interrupted rather than run it twice.

    Raises RegistrationError, naming the file and line, for a function a workflow could not call or options that make no
    sense.
    """

    def declare(target: Any) -> Any:
        try:
            definition = Definition(
                **_about(target, name),
                **_options(retry, timeout, transactional=transactional, at_most_once=at_most_once),
            )
            _agree(definition)
        except ValueError as error:
            raise RegistrationError(f"{_place(target) or caller}: @activity on {_shown(target)}: {error}") from None
        attach(target, definition)
        return target

    caller = _caller()
    return declare if function is None else declare(function)


def _about(target: Any, name: str | None) -> dict[str, Any]:
    place = _callable_place(target)
    return {
        "name": checked_name(target.__name__ if name is None else name),
        "function": target,
        "place": place,
        "shape": Shape.of(target),
        "is_async": inspect.iscoroutinefunction(target),
    }


def _callable_place(target: Any) -> Place:
    """Where `target` stands; ValueError for what is no function of a module."""
    if isinstance(target, str):
        raise ValueError(f"a name is given by keyword, as in @activity(name={target!r})")
    place = _place(target)
    if place is None or isinstance(target, type | staticmethod | classmethod):
        raise ValueError(f"it is {_kind(target)}; an activity is a function, `def` or `async def`")
    if inspect.isgeneratorfunction(target) or inspect.isasyncgenfunction(target):
        raise ValueError("it yields; an activity returns one value, so collect a list and return it")
    if "." in getattr(target, "__qualname__", "").rpartition("<locals>.")[2]:
        raise ValueError("it is a method; an activity is a function of a module, so move it out of the class")
    if definition_of(target) is not None:
        raise ValueError("it is an activity already; decorate a function once")
    return place


def _options(retry: Any, timeout: Any, *, transactional: bool, at_most_once: bool) -> dict[str, Any]:
    if at_most_once and retry is not None:
        raise ValueError("at_most_once and retry exclude each other: it is never tried again; drop one of them")
    if at_most_once and transactional:
        raise ValueError("transactional is exactly once already, and excludes at_most_once; drop one of them")
    for word, value in (("transactional", transactional), ("at_most_once", at_most_once)):
        if not isinstance(value, bool):
            raise ValueError(f"{word} is True or False, not {value!r}")
    never_again = Retry(max_attempts=1) if at_most_once else Retry()
    return {
        "retry": never_again if retry is None else retry_policy(retry),
        "timeout": None if timeout is None else timeout_ms(timeout),
        "transactional": transactional,
        "at_most_once": at_most_once,
    }


def _agree(definition: Definition) -> None:
    if definition.transactional and not definition.is_async:
        raise ValueError("transactional needs an `async def`: the connection it is handed is asyncpg's")


def _place(target: Any) -> Place | None:
    try:
        return Place.of(target)
    except AttributeError:
        return None


def _caller() -> Place:
    """The line that used the decorator."""
    frame = sys._getframe(2)
    return Place(frame.f_code.co_filename, frame.f_lineno)


def _shown(target: Any) -> str:
    return str(getattr(target, "__name__", None) or repr(target))


def _kind(target: Any) -> str:
    match target:
        case type():
            return "a class"
        case staticmethod() | classmethod():
            return f"a {type(target).__name__}"
        case _:
            return f"of type {type(target).__name__}"
