from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.definition import Definition, definition_of
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.retry import Retry


def defined(function: Any) -> Definition:
    definition = definition_of(function)
    assert definition is not None
    return definition


def test_a_function_stays_what_it_is_and_can_be_called_directly() -> None:
    def double(n: int) -> int:
        return 2 * n

    assert activity(double) is double
    assert double(4) == 8


def test_an_async_function_can_be_awaited_directly() -> None:
    @activity(name="twice", timeout="1s")
    async def double(n: int) -> int:
        return 2 * n

    assert asyncio.run(double(4)) == 8


def test_the_name_is_the_functions_own_unless_another_is_given() -> None:
    @activity
    def charge() -> None: ...

    @activity(name="billing.refund_2")
    def refund() -> None: ...

    assert defined(charge).name == "charge"
    assert defined(refund).name == "billing.refund_2"


def test_the_place_is_the_file_and_line_of_the_function() -> None:
    @activity
    def charge() -> None: ...

    place = defined(charge).place
    assert place.file == __file__
    assert str(place).startswith("test_activity_decorator.py:")


def test_a_retry_may_be_written_in_the_words_of_a_workflow() -> None:
    @activity(
        retry={
            "max_attempts": 5,
            "initial_interval": "500ms",
            "backoff_coefficient": 1.5,
            "max_interval": timedelta(minutes=1),
            "max_elapsed": "1h30m",
            "non_retryable_errors": ["CardDeclined"],
        }
    )
    def charge() -> None: ...

    assert defined(charge).retry == Retry(
        max_attempts=5,
        initial_interval=500,
        backoff_coefficient=1.5,
        max_interval=60_000,
        max_elapsed=5_400_000,
        non_retryable_errors=("CardDeclined",),
    )


def test_a_retry_may_be_a_retry() -> None:
    @activity(retry=Retry(max_attempts=2))
    def charge() -> None: ...

    assert defined(charge).retry == Retry(max_attempts=2)


@pytest.mark.parametrize(
    ("timeout", "milliseconds"),
    [("30s", 30_000), (timedelta(seconds=2), 2_000), (1.5, 1_500), (3, 3_000), (None, None)],
)
def test_a_timeout_is_text_a_timedelta_or_seconds(timeout: Any, milliseconds: int | None) -> None:
    @activity(timeout=timeout)
    def charge() -> None: ...

    assert defined(charge).timeout == milliseconds


def test_what_runs_at_most_once_is_never_tried_again() -> None:
    @activity(at_most_once=True)
    def charge() -> None: ...

    assert defined(charge).retry.max_attempts == 1


def refused(function: Any, **options: Any) -> str:
    """What `@activity` says of a function or of options that make no sense."""
    with pytest.raises(RegistrationError) as caught:
        activity(**options)(function) if options else activity(function)
    message = str(caught.value)
    assert message.startswith("test_activity_decorator.py:")
    return message


def plain() -> None: ...


async def plain_async() -> None: ...


async def starred(*items: int) -> None: ...


async def positional(order: str, /) -> None: ...


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


class Shop:
    def charge(self) -> None: ...

    @staticmethod
    def refund() -> None: ...


@pytest.mark.parametrize(
    ("function", "options", "says"),
    [
        (plain, {"at_most_once": True, "retry": {"max_attempts": 2}}, "at_most_once and retry exclude each other"),
        (plain, {"transactional": True}, "transactional needs an `async def`"),
        (plain_async, {"transactional": True, "at_most_once": True}, "drop one of them"),
        (starred, {}, "it takes *items, and a workflow gives arguments by name; take a list, as in `items: list`"),
        (positional, {}, "its parameter order is positional-only"),
        (generator, {}, "it yields; an activity returns one value"),
        (async_generator, {}, "it yields; an activity returns one value"),
        (plain, {"name": "1st"}, "'1st' cannot be its name; a name begins with a letter"),
        (plain, {"name": ""}, "'' cannot be its name"),
        (plain, {"timeout": "5"}, "its timeout: 5 has no unit; write 5ms"),
        (plain, {"timeout": 0}, "its timeout 0 is not between 1ms and 100 years"),
        (plain, {"timeout": float("nan")}, "is not between 1ms and 100 years"),
        (plain, {"timeout": True}, 'write for example timeout="30s"'),
        (plain, {"timeout": [1]}, 'write for example timeout="30s"'),
        (plain, {"retry": 3}, 'its retry is 3; write for example retry={"max_attempts": 5'),
        (plain, {"retry": {"max_atempts": 3}}, "a retry has no 'max_atempts'; did you mean max_attempts?"),
        (plain, {"retry": {"colour": 3}}, "a retry has no 'colour'; it has max_attempts, initial_interval"),
        (plain, {"retry": {"max_attempts": 0}}, "it is a whole number from 1"),
        (plain, {"retry": {"max_attempts": True}}, "it is a whole number from 1"),
        (plain, {"retry": {"initial_interval": 5}}, "of its retry is 5; write a duration with its unit"),
        (plain, {"retry": {"max_interval": "soon"}}, "its max_interval: 'soon' is not a duration"),
        (plain, {"retry": {"backoff_coefficient": 0.5}}, "of its retry is 0.5; it is a number from 1"),
        (plain, {"retry": {"non_retryable_errors": "Oops"}}, "list codes and types, as in"),
        (plain, {"retry": Retry(max_elapsed=-1)}, "it is a whole number of milliseconds from 0"),
        (plain, {"transactional": 1}, "transactional is True or False, not 1"),
        (Shop, {}, "it is a class; an activity is a function"),
        (Shop.charge, {}, "it is a method; an activity is a function of a module"),
        (Shop.__dict__["refund"], {}, "it is a staticmethod; an activity is a function"),
        ("charge", {}, "a name is given by keyword, as in @activity(name='charge')"),
        (functools.partial(plain), {}, "it is of type partial; an activity is a function"),
        (lambda: None, {}, "'<lambda>' cannot be its name"),
    ],
)  # fmt: skip
def test_misuse_is_refused_with_the_line_and_what_would_be_right(
    function: Any, options: dict[str, Any], says: str
) -> None:
    assert says in refused(function, **options)


def test_a_function_is_decorated_once() -> None:
    @activity
    def charge() -> None: ...

    assert "it is an activity already" in refused(charge, name="other")


def test_a_wrapped_function_keeps_its_own_place_and_parameters() -> None:
    def logged(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    @activity
    @logged
    def charge(order: str, amount: int = 1) -> str:
        return order

    definition = defined(charge)
    assert list(definition.keywords) == ["order", "amount"]
    assert definition.required == ("order",)
    assert definition.place.line == definition_line(charge)


def definition_line(function: Any) -> int:
    line: int = function.__wrapped__.__code__.co_firstlineno
    return line
