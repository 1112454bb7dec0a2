from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from kagzi_dsl.activities.context import ActivityContext, current_context
from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import PayloadError

Run = Callable[..., Any]


def test_a_context_can_be_made_in_a_unit_test() -> None:
    context = ActivityContext.for_test(attempt=3, idempotency_key="k")
    assert (context.attempt, context.idempotency_key) == (3, "k")
    assert context.deadline is None
    assert not context.is_cancelled
    assert repr(context) == "<ActivityContext test at test of run 00000000-0000-7000-8000-000000000000, attempt 3>"


def test_an_activity_learns_what_it_serves(output: Run) -> None:
    deadline = datetime(2025, 1, 1, tzinfo=UTC)
    context = ActivityContext(
        run_id="r",
        workflow="w",
        node_path="a/b[2]",
        activity="look",
        attempt=2,
        idempotency_key="k",
        deadline=deadline,
    )

    @activity
    async def look(ctx: ActivityContext) -> Any:
        return [ctx.run_id, ctx.workflow, ctx.node_path, ctx.activity, ctx.attempt, ctx.idempotency_key, ctx.deadline]

    assert output(look, context=context) == ["r", "w", "a/b[2]", "look", 2, "k", "2025-01-01T00:00:00Z"]


def test_a_heartbeat_notes_the_time_and_how_far_it_got() -> None:
    ticks = iter([10.0, 12.5, 13.0])
    context = ActivityContext.for_test(clock=lambda: next(ticks))
    assert (context.last_heartbeat, context.heartbeat_details) == (10.0, None)
    done = {"rows": (1, 2)}
    context.heartbeat(done)
    assert (context.last_heartbeat, context.heartbeat_details) == (12.5, {"rows": [1, 2]})
    context.heartbeat()
    assert (context.last_heartbeat, context.heartbeat_details) == (13.0, None)


def test_details_of_a_heartbeat_are_json() -> None:
    with pytest.raises(PayloadError):
        ActivityContext.for_test().heartbeat(object())


def test_a_heartbeat_after_cancellation_raises() -> None:
    context = ActivityContext.for_test()
    context.cancel()
    assert context.is_cancelled
    with pytest.raises(asyncio.CancelledError, match="attempt 1 of test was cancelled"):
        context.heartbeat()


def test_only_a_transactional_activity_has_a_connection() -> None:
    with pytest.raises(RuntimeError, match="declared with @activity\\(transactional=True\\)"):
        _ = ActivityContext.for_test().connection
    connection = object()
    assert ActivityContext.for_test(connection=connection).connection is connection


def test_the_time_is_the_runtimes() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    assert ActivityContext.for_test(now=lambda: moment).now() is moment
    assert ActivityContext.for_test().now().tzinfo is UTC


def test_the_current_context_is_there_inside_an_activity_only(output: Run) -> None:
    def deep() -> str:
        return current_context().run_id

    @activity
    async def on_the_loop() -> str:
        return deep()

    @activity
    def in_a_thread() -> list[str]:
        return [deep(), threading.current_thread().name]

    context = ActivityContext.for_test(run_id="r-7")
    assert output(on_the_loop, context=context) == "r-7"
    run_id, thread = output(in_a_thread, context=context)
    assert run_id == "r-7"
    assert thread.startswith("kagzi-activity-")
    with pytest.raises(RuntimeError, match="no activity is running here"):
        current_context()


def test_log_records_carry_the_run(caplog: pytest.LogCaptureFixture) -> None:
    context = ActivityContext.for_test(run_id="r", node_path="n", activity="charge", attempt=2)
    with caplog.at_level(logging.INFO):
        context.logger.info("took %d of %s, 100%%", 3, "x", extra={"mine": 1})
    (record,) = caplog.records
    assert record.name == "kagzi_dsl.activity"
    assert record.getMessage() == "took 3 of x, 100%"
    assert vars(record) | {
        "run_id": "r", "workflow": "test", "node_path": "n", "activity": "charge", "attempt": 2, "mine": 1
    } == vars(record)  # fmt: skip
    assert record.filename == "test_activity_context.py"
    assert record.funcName == "test_log_records_carry_the_run"


def test_log_records_hold_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    secrets = Secrets({"KAGZI_SECRET_KEY": "hunter2-hunter2"})
    key = secrets.get("KEY")
    logger = ActivityContext.for_test(secrets=secrets).logger
    with caplog.at_level(logging.DEBUG):
        logger.warning("key %s and %(no)s", key)
        logger.error("named %(key)s", {"key": key}, extra={"header": key, "n": 1})
        try:
            raise ValueError(f"bad key {key}")
        except ValueError as error:
            logger.exception("failed")
            logger.info("again", exc_info=error)
            logger.info("tuple", exc_info=(ValueError, error, error.__traceback__))
        logger.info(f"direct {key}")
    assert len(caplog.records) == 6
    told = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert key not in told
    assert "bad key ***" in caplog.records[2].getMessage()
    assert "ValueError" in caplog.records[3].getMessage()
    assert caplog.records[1].getMessage() == "named ***"
    assert vars(caplog.records[1])["header"] == "***"


def test_a_level_that_is_off_costs_no_formatting() -> None:
    class Loud:
        def __str__(self) -> str:
            raise AssertionError("formatted")

    logger = ActivityContext.for_test().logger
    assert not logger.isEnabledFor(logging.DEBUG)
    logger.debug("%s", Loud())
