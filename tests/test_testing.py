"""`kagzi_dsl.testing`: workflows tested in memory, on a clock that jumps."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

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
