"""Trace and correlation ids: given at the start or made, the same in a family, a span for each attempt."""

from __future__ import annotations

import re
from typing import Any

import pytest
from runtime.world import World

from kagzi_dsl import ActivityContext, ActivityError
from kagzi_dsl.errors import ConfigError
from kagzi_dsl.runtime.about import about

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
PARENT = """
workflow: parent
parallel:
  here: {activity: note}
  there: {activity: note, queue: elsewhere}
  called: {call: child}
  detached: {call: child, detach: true}
"""
CHILD = "workflow: child\nactivity: note\n"


def noting(seen: list[ActivityContext]) -> dict[str, Any]:
    async def note(context: ActivityContext) -> None:
        seen.append(context)
        if len(seen) == 1:
            raise ActivityError("once more", code="Unavailable", retry_after=0)

    return {"note": note}


async def traced(store: Any, **options: Any) -> tuple[Any, list[ActivityContext]]:
    seen: list[ActivityContext] = []
    world = World(store, noting(seen))
    async with world.engine():
        run = await world.run(PARENT, None, CHILD, **options)
        [detached] = await store.find(f"{run.id}/detached", namespace="default")
        await world.client.wait(detached)
    return run, seen


async def test_a_family_shares_a_trace_and_each_attempt_is_a_span(store: Any) -> None:
    run, seen = await traced(store)
    assert len(seen) == 5
    assert {context.traceparent[:36] for context in seen} == {f"00-{run.id.hex}-"}
    spans = {context.traceparent[36:] for context in seen}
    assert len(spans) == 5
    assert all(re.fullmatch(r"[0-9a-f]{16}-01", span) for span in spans)
    assert {context.correlation_id for context in seen} == {str(run.id)}
    assert about(run) | {"trace_id": run.id.hex, "correlation_id": str(run.id)} == about(run)


async def test_what_is_given_at_the_start_goes_to_everything(store: Any) -> None:
    run, seen = await traced(store, traceparent=GIVEN, correlation_id="order A-1")
    assert {context.traceparent[:36] for context in seen} == {GIVEN[:36]}
    assert {context.traceparent[-3:] for context in seen} == {"-00"}
    assert {context.correlation_id for context in seen} == {"order A-1"}
    assert (about(run)["trace_id"], about(run)["correlation_id"]) == (GIVEN[3:35], "order A-1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"traceparent": "4bf92f3577b34da6a3ce929d0e0e4736"},
        {"traceparent": GIVEN.upper()},
        {"traceparent": "00-" + "0" * 32 + GIVEN[35:]},
        {"traceparent": "ff" + GIVEN[2:]},
        {"correlation_id": " "},
        {"correlation_id": "a\nb"},
        {"correlation_id": "x" * 201},
    ],
)
async def test_an_id_that_is_none_is_refused_at_the_start(store: Any, wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        await World(store).start(CHILD, **wrong)
