from __future__ import annotations

import logging
import re
import uuid as uuids
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kagzi_dsl.activities.builtin.log import log
from kagzi_dsl.activities.builtin.now import now
from kagzi_dsl.activities.builtin.uuid import uuid
from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import Code, Failure

Run = Callable[..., Any]


def test_uuid_gives_another_random_one_each_time(output: Run) -> None:
    first, second = output(uuid), output(uuid)
    assert first != second
    assert uuids.UUID(first).version == 4


def test_now_is_the_time_in_utc_with_milliseconds(output: Run) -> None:
    moment = datetime(2025, 1, 31, 9, 30, 0, 7_999, tzinfo=UTC)
    assert output(now, context=ActivityContext.for_test(now=lambda: moment)) == "2025-01-31T09:30:00.007Z"
    text = output(now)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert abs(datetime.fromisoformat(text) - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_log_writes_a_record_and_returns_nothing(output: Run, caplog: pytest.LogCaptureFixture, level: str) -> None:
    with caplog.at_level(logging.DEBUG):
        assert output(log, {"message": "took 100%", "level": level, "data": {"n": [1]}}) is None
    (record,) = [record for record in caplog.records if record.name == "kagzi_dsl.activity"]
    assert record.getMessage() == 'took 100% {"n":[1]}'
    assert record.levelname == level.upper()


def test_log_says_no_secret(output: Run, caplog: pytest.LogCaptureFixture) -> None:
    secrets = Secrets({"KAGZI_SECRET_KEY": "hunter22"})
    key = secrets.get("KEY")
    with caplog.at_level(logging.INFO):
        output(
            log,
            {"message": f"key {key}", "data": [key]},
            context=ActivityContext.for_test(secrets=secrets),
            secrets=secrets,
        )
    assert 'key *** ["***"]' in caplog.text
    assert key not in caplog.text


def test_a_level_there_is_not_is_refused(failure: Callable[..., Failure]) -> None:
    failed = failure(log, {"message": "m", "level": "loud"})
    assert failed.code is Code.INVALID_ARGUMENT
    assert "input should be 'debug', 'info', 'warning' or 'error', got \"loud\"" in failed.message


def test_built_in_activities_describe_themselves() -> None:
    signatures = Registry().signatures()
    assert {name: tuple(signatures[name].parameters) for name in signatures} == {
        "http.request": (
            "url", "method", "headers", "params", "json", "body", "form", "timeout", "follow_redirects", "expect",
        ),
        "log": ("message", "level", "data"),
        "now": (),
        "uuid": (),
    }  # fmt: skip
    assert signatures["http.request"].output_schema["required"] == ["status", "headers", "body"]
    assert all(signatures[name].description for name in signatures)
