"""`kagzi_dsl.testing`: workflows tested in memory, on a clock that jumps."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kagzi_dsl import ActivityContext, DocumentError, InputError, activity
from kagzi_dsl.errors import SignalRefused
from kagzi_dsl.testing import VirtualLoop, simulate

REMINDER = """
workflow: reminder
input: {type: object, required: [user], properties: {user: {type: string}}}
seq:
  - sleep: 300d
  - activity: send
    with: {to: "${ input.user }"}
"""


def test_a_year_of_sleep_takes_no_time() -> None:
    began = time.monotonic()
    run = simulate(REMINDER, {"user": "ada"}, activities={"send": lambda to: f"sent to {to}"})
    assert (run.status, run.output, run.elapsed) == ("completed", "sent to ada", timedelta(days=300))
    assert timedelta(seconds=time.monotonic() - began) < run.elapsed / 1_000


def test_a_file_brings_its_own_activities(tmp_path: Path) -> None:
    (tmp_path / "activities.py").write_text(
        "from kagzi_dsl import activity\n@activity\ndef send(to: str) -> str:\n    return to.upper()\n"
    )
    (tmp_path / "flow.yaml").write_text(REMINDER)
    assert simulate(tmp_path / "flow.yaml", {"user": "ada"}).output == "ADA"


def test_decorated_functions_stand_in_for_the_documents_own() -> None:
    @activity(name="send")
    async def pretend(to: str, context: ActivityContext) -> str:
        await asyncio.sleep(3600)
        return f"{to} at {context.now():%H:%M}"

    run = simulate(REMINDER, {"user": "ada"}, activities=[pretend], start="2026-01-01T08:00:00Z")
    assert run.output == "ada at 09:00"


def test_signals_and_cancellation_come_when_they_are_said_to() -> None:
    document = "workflow: w\nseq: [{wait_for: go}]\n"
    assert simulate(document, signals=[(60, "go", 1)]).elapsed == timedelta(minutes=1)
    cancelled = simulate(document, cancel_after=5)
    assert (cancelled.status, cancelled.elapsed) == ("cancelled", timedelta(seconds=5))


def test_a_refused_signal_is_raised_in_the_test() -> None:
    with pytest.raises(SignalRefused, match="did you mean"):
        simulate("workflow: w\nseq: [{wait_for: going}]\n", signals=[(1, "goin", 1)])


def test_a_document_with_mistakes_is_not_run() -> None:
    with pytest.raises(DocumentError, match="nothing_there"):
        simulate("workflow: w\nseq: [{activity: nothing_there}]\n")


def test_an_input_that_does_not_fit_is_not_run() -> None:
    with pytest.raises(InputError, match="user"):
        simulate(REMINDER, {}, activities={"send": lambda to: to})


def test_nodes_are_found_by_path() -> None:
    run = simulate("workflow: w\nforeach: [1, 2]\ndo: {set: '${ item }'}\n")
    assert run.node("foreach[1].set").output == 2
    with pytest.raises(KeyError, match=r"foreach\[0\]"):
        run.node("foreach[7].set")


def test_time_jumps_only_when_nothing_is_left_to_do() -> None:
    loop = VirtualLoop()
    order: list[tuple[str, float]] = []

    async def tell(name: str, after: float) -> None:
        await asyncio.sleep(after)
        order.append((name, loop.time()))

    async def both() -> None:
        await asyncio.gather(tell("late", 86_400.5), tell("early", 0.25))

    try:
        loop.run_until_complete(both())
    finally:
        loop.close()
    assert order == [("early", 0.25), ("late", 86_400.5)]


CALL = """
workflow: call
seq:
  - {id: answer, activity: http.request, with: {url: "https://api.example.org/", method: POST, json: {n: 1}}}
  - set: ${ steps.answer.body }
"""


def test_a_function_stands_in_for_a_built_in_activity_and_the_others_are_there_still() -> None:
    def answer(url: str, json: Any, **others: Any) -> dict[str, Any]:
        return {"status": 200, "headers": {}, "body": [url, json, others]}

    assert simulate(CALL, activities={"http.request": answer}).output == [
        "https://api.example.org/", {"n": 1}, {"method": "POST"}
    ]  # fmt: skip
    assert simulate("workflow: w\nactivity: now\n", activities={"http.request": answer}).status == "completed"


def test_a_document_must_fit_the_built_in_activity_that_something_stands_in_for() -> None:
    with pytest.raises(DocumentError, match="methud"):
        simulate(CALL.replace("method", "methud"), activities={"http.request": lambda **_: None})
    with pytest.raises(DocumentError, match="text"):
        simulate(CALL.replace("answer.body", "answer.text"), activities={"http.request": lambda **_: None})


def test_a_stand_in_that_does_not_take_what_it_is_given_fails_the_attempt() -> None:
    run = simulate(CALL, activities={"http.request": lambda url: {"status": 200, "headers": {}, "body": url}})
    assert (run.status, run.error.path if run.error else "") == ("failed", "answer")
    assert run.error is not None
    assert "json" in run.error.message
