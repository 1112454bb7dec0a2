"""Data that JSON, Python or PostgreSQL cannot keep, through inputs, outputs, signals and errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from faults.conftest import Fault
from patience import PATIENCE
from runtime.world import World, linked

from kagzi_dsl import ActivityError, activity
from kagzi_dsl.errors import KagziError
from kagzi_dsl.payload import LIMIT_BYTES

FITS = "x" * (LIMIT_BYTES - len('{"value":""}'))
VALUES: dict[str, Callable[[], Any]] = {
    "NUL": lambda: "a\0b",
    "NUL in a key": lambda: {"a\0b": 1},
    "a lone high surrogate": lambda: "\ud800",
    "a lone low surrogate": lambda: ["\udfff"],
    "a surrogate in a key": lambda: {"\ud800": 1},
    "NaN": lambda: float("nan"),
    "Infinity": lambda: [1, float("inf")],
    "minus Infinity": lambda: {"a": float("-inf")},
    "2^53 + 1": lambda: 2**53 + 1,
    "2^63 - 1": lambda: 2**63 - 1,
    "2^64": lambda: 2**64,
    "a number of 400 digits": lambda: 10**400,
    "the smallest fraction": lambda: 5e-324,
    "minus zero": lambda: -0.0,
    "every plane of Unicode": lambda: "".join(map(chr, (0x7F, 0x80, 0x2028, 0xFEFF, 0xFFFF, 0x1F600, 0x10FFFF))),
    "control characters": lambda: "".join(map(chr, range(1, 32))),
    "an empty key": lambda: {"": {"": ""}},
    "keys of prototypes": lambda: {"__proto__": {"constructor": 1}, "__class__": 2},
    "text of expressions": lambda: "${ secrets.TOKEN } $${ ${",
    "text of SQL": lambda: "'; drop table kagzi.runs; --",
    "nested 60 deep": lambda: nested(60),
    "nested 5,000 deep": lambda: nested(5_000),
    "a byte less than the limit": lambda: FITS[:-1],
    "just the limit": lambda: FITS,
    "a byte over the limit": lambda: FITS + "x",
    "two bytes a character, over it": lambda: "é" * (LIMIT_BYTES // 2),
    "10 MB": lambda: "x" * 10_000_000,
    "bytes": lambda: b"\xff",
    "a key that is no text": lambda: {1: "a"},
}
FLOWS = {
    "input": "workflow: w\nseq: [{id: got, set: '${ input }'}]\noutput: ${ input.value }\n",
    "output": "workflow: w\ndefaults: {retry: {max_attempts: 1}}\nseq: [{id: made, activity: make}]\n"
    "output: ${ steps.made.value }\n",
    "signal": "workflow: w\nseq: [{id: heard, wait_for: go}]\noutput: ${ steps.heard.value }\n",
    "details": "workflow: w\nseq: [{id: made, activity: refuse, retry: {max_attempts: 1}}]\n",
}
NAMED = {"input": ("input.value", "the input"), "signal": ("at /value", "the payload of 'go'")}
"""How an error that is raised at once says where the value was."""


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


async def sent(store: Any, way: str, value: Any) -> str:
    """What became of a value: "kept", or the error that names where it was."""

    @activity
    async def make() -> Any:
        return {"value": value}

    @activity
    async def refuse() -> Any:
        raise ActivityError("no", code="Conflict", details={"value": value})

    world = World(store, {"make": make, "refuse": refuse})
    async with world.engine():
        try:
            given = {"value": value} if way == "input" else None
            started = await world.client.start(linked(FLOWS[way]), given)
            if way == "signal":
                await world.client.signal(str(started.run_id), "go", {"value": value})
        except KagziError as error:
            if way == "signal":
                await world.client.cancel(str(started.run_id))
                await world.client.wait(started.run_id, timeout=PATIENCE)
            named = any(place in str(error) for place in NAMED[way])
            return f"refused: {error}" if named else f"without a place: {error}"
        run = await world.client.wait(started.run_id, timeout=PATIENCE)
    await world.client.show(str(run.id))
    if run.status == "completed":
        assert run.output is not None
        assert same(json.loads(run.output), value), value
        return "kept"
    failure = run.failure
    assert failure is not None
    if way == "details" and failure.code == "Conflict":
        return "kept" if same((failure.details or {}).get("value"), value) else "kept in words"
    assert failure.path == "made" or way == "input", failure
    return f"refused: {failure.code} at {failure.path}"


def same(one: Any, other: Any) -> bool:
    """Whether JSON makes the same of both: of a key that is no text, a text."""
    return type(one) is type(other) and json.dumps(one) == json.dumps(other)


@pytest.mark.parametrize("way", FLOWS)
def test_hostile_data_come_through_or_are_refused_by_name(
    way: str, fault: Fault, store: Any, runner: asyncio.Runner, request: pytest.FixtureRequest
) -> None:
    answers = {name: runner.run(sent(store, way, make())) for name, make in VALUES.items()}
    refused = [name for name, answer in answers.items() if answer.startswith("refused")]
    assert {"NaN", "Infinity", "10 MB", "a byte over the limit"} <= {*refused} or way == "details", answers
    assert {"2^53 + 1", "text of SQL", "every plane of Unicode", "just the limit"}.isdisjoint(refused), answers
    assert not [answer for answer in answers.values() if answer.startswith("without")], answers
    in_words = [name for name, answer in answers.items() if answer == "kept in words"]
    assert way == "details" or not in_words
    assert {"2^53 + 1", "text of SQL", "every plane of Unicode"}.isdisjoint(in_words), answers
    kind = request.node.callspec.params["store"]
    fault.tell(
        f"{way}_{kind}", "A value that cannot be kept is refused with an error that names its place (or, where it came "
        "with an error itself, kept in words); every other one comes out as it went in, or as what JSON makes of it.",
        case="values", held=len(answers), of=len(VALUES), kept=len(VALUES) - len(refused) - len(in_words),
        refused=len(refused), kept_in_words=len(in_words),
    )  # fmt: skip
