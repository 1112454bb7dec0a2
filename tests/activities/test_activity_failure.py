from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.failing import Failed
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import ActivityError, Code, Failure

Run = Callable[..., Any]
Fail = Callable[..., Failure]

CRASHING = """
    import json

    from kagzi_dsl import activity


    def ratio(amount, parts):
        return amount / parts


    @activity
    async def charge():
        return ratio(1, 0)


    @activity
    def read():
        return json.loads("{")
"""


@pytest.fixture
def crashing(write: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = write("activities.py", CRASHING)
    # Ten lines before it, so that the division stands on line 17.
    path.write_text("\n" * 10 + path.read_text())
    return Registry.load(["./activities.py"], tmp_path)


def function(registry: Registry, name: str) -> Any:
    definition = registry.get(name)
    assert definition is not None
    return definition.function


def test_a_crash_shows_the_last_line_of_the_users_own_code(crashing: Registry, failure: Fail) -> None:
    failed = failure(function(crashing, "charge"))
    assert failed.message == "ZeroDivisionError: division by zero (activities.py:17)"
    assert (failed.code, failed.type) == (Code.INTERNAL, "ZeroDivisionError")
    assert failed.retryable
    assert failed.outcome == "none"


def test_a_crash_inside_a_library_shows_the_line_that_called_it(crashing: Registry, failure: Fail) -> None:
    failed = failure(function(crashing, "read"))
    assert failed.type == "JSONDecodeError"
    assert failed.message.endswith("(activities.py:27)")


def test_the_traceback_holds_the_users_frames_and_none_of_ours(crashing: Registry, failure: Fail) -> None:
    for name in ("charge", "read"):
        trace = failure(function(crashing, name)).traceback
        assert trace is not None
        assert trace.startswith("Traceback (most recent call last):\n")
        assert "activities.py" in trace
        assert "kagzi_dsl" not in trace
    assert trace.splitlines()[-1].startswith("json.decoder.JSONDecodeError")


def test_a_traceback_is_bounded_and_keeps_its_end(failure: Fail) -> None:
    @activity
    def deep() -> None:
        def chain(n: int) -> None:
            try:
                raise ValueError(f"error {n} " + "é" * 300)
            except ValueError:
                if n < 30:
                    chain(n + 1)
                raise

        chain(0)

    trace = failure(deep).traceback
    assert trace is not None
    assert len(trace.encode()) <= 4_096
    assert trace.startswith("…\n")
    assert "error 30" in trace[-400:]


def test_endless_recursion_is_a_failure(failure: Fail) -> None:
    @activity
    def again() -> None:
        def call() -> None:
            call()

        call()

    failed = failure(again)
    assert failed.type == "RecursionError"
    assert failed.traceback is not None


def test_a_long_message_is_cut(failure: Fail) -> None:
    @activity
    def talk() -> None:
        raise ValueError("x" * 10_000)

    failed = failure(talk)
    assert len(failed.message) < 2_100
    assert "…" in failed.message


def test_a_message_that_cannot_be_stored_is_made_so(failure: Fail) -> None:
    @activity
    def talk() -> None:
        raise ValueError("nul \0 and surrogate \ud800")

    failed = failure(talk)
    assert failed.message.startswith("ValueError: nul \\0 and surrogate \\ud800 (")
    assert "\0" not in (failed.traceback or "")


def test_an_exception_that_cannot_say_anything_is_a_failure(failure: Fail) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("mute")

    @activity
    def talk() -> None:
        raise Mute

    assert failure(talk).message.startswith("Mute: (its message cannot be shown) (")


def test_an_activity_error_says_how_it_failed(attempt: Run) -> None:
    @activity
    async def charge() -> None:
        raise ActivityError(
            "the card was declined",
            code=Code.CONFLICT,
            type="CardDeclined",
            retryable=True,
            retry_after=1.5,
            details={"balance": (1, 2)},
            outcome="unknown",
        )

    end = attempt(charge)
    assert isinstance(end, Failed)
    assert end.retry_after == 1_500
    assert end.failure.as_json() == {
        "code": "Conflict",
        "type": "CardDeclined",
        "message": "the card was declined",
        "retryable": True,
        "details": {"balance": [1, 2]},
        "path": "test",
    }
    assert end.failure.outcome == "unknown"
    assert end.failure.traceback is not None


def test_an_activity_error_follows_its_code_where_it_says_nothing(failure: Fail) -> None:
    @activity
    def look() -> None:
        raise ActivityError("gone", code="NotFound")

    failed = failure(look)
    assert (failed.code, failed.type, failed.retryable, failed.outcome) == (Code.NOT_FOUND, "NotFound", False, "none")


@pytest.mark.parametrize(
    ("asked", "milliseconds"),
    [(None, None), (0, 0), (-5, 0), (0.0004, 0), (float("nan"), None), (float("inf"), None), ("soon", None)],
)
def test_retry_after_is_a_pause_in_milliseconds(attempt: Run, asked: Any, milliseconds: int | None) -> None:
    @activity
    def wait() -> None:
        raise ActivityError("later", retry_after=asked)

    assert attempt(wait).retry_after == milliseconds


def test_details_that_are_not_json_are_left_out_and_said_to_be(failure: Fail) -> None:
    @activity
    def fail() -> None:
        raise ActivityError("no", details={"file": b""})

    failed = failure(fail)
    assert failed.details is None
    assert failed.message.startswith("no (its details are left out: bytes are not JSON")


def test_details_that_are_too_large_are_left_out(failure: Fail) -> None:
    @activity
    def fail() -> None:
        raise ActivityError("no", details=["x" * 70_000])

    failed = failure(fail)
    assert failed.details is None
    assert "over the limit of 65,536" in failed.message


def test_an_error_alone_in_a_group_speaks_for_it(failure: Fail) -> None:
    @activity
    async def both() -> None:
        async def fail() -> None:
            raise ActivityError("inner", code=Code.NOT_FOUND)

        async with asyncio.TaskGroup() as group:
            group.create_task(fail())

    @activity
    async def many() -> None:
        raise ExceptionGroup("several", [ValueError("a"), KeyError("b")])

    assert failure(both).code is Code.NOT_FOUND
    assert failure(many).type == "ExceptionGroup"
    assert "ValueError: a" in (failure(many).traceback or "")


def test_no_part_of_a_failure_shows_a_secret(failure: Fail) -> None:
    secrets = Secrets({"KAGZI_SECRET_KEY": "tops'ecret\nline\\two"})
    key = secrets.get("KEY")

    @activity
    def declared() -> None:
        raise ActivityError(f"bad {key}", type=f"Bad{key}", details={key: [key, {"k": f"x{key}y"}]})

    @activity
    def crashed() -> None:
        try:
            raise KeyError(key)
        except KeyError as error:
            raise ValueError("x" * 1_990 + key) from error

    for function in (declared, crashed):
        failed = failure(function, secrets=secrets)
        assert "ecret" not in repr(failed).replace("Secret", "")
    assert failure(declared, secrets=secrets).details == {"***": ["***", {"k": "x***y"}]}


def test_details_share_nothing_with_the_error(failure: Fail) -> None:
    kept: dict[str, Any] = {"a": []}

    @activity
    def fail() -> None:
        raise ActivityError("no", details=kept)

    failed = failure(fail)
    kept["a"].append(1)
    assert failed.details == {"a": []}
