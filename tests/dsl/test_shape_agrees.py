"""The check of the shape and a stock JSON Schema validator say the same of every document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kagzi_dsl.dsl.model import KINDS
from kagzi_dsl.dsl.schema import load_schema
from kagzi_dsl.dsl.shape import check_shape
from kagzi_dsl.dsl.source import load_source
from kagzi_dsl.errors import Code

VALIDATOR = Draft202012Validator(load_schema())

Draw = st.SearchStrategy[Any]


def options(required: dict[str, Draw], optional: dict[str, Draw]) -> Draw:
    return st.fixed_dictionaries(required, optional=optional)


anything: Draw = st.sampled_from([None, 1, "x", "${ input.a }", [1], {"a": {"b": True}}, {"activty": 1}])
names = st.sampled_from(["a", "b1", "c_d"])
texts = st.sampled_from(["x", "${ input.a }"])
expressions = st.sampled_from(["input.a", "${ input.a }", True])
arguments = st.sampled_from([{}, {"a": "${ input.a }"}, "${ input }"])
durations = st.sampled_from(["250ms", "5s", "1h30m", "1.5h", "PT30M", "P1DT2H", "${ input.wait }"])
written_out = st.sampled_from(["250ms", "1m", "PT30M"])
failure_names = st.lists(st.sampled_from(["NotFound", "Mine"]), max_size=2)
retries = options(
    {},
    {
        "max_attempts": st.integers(1, 9),
        "initial_interval": written_out,
        "backoff_coefficient": st.sampled_from([1, 2.5]),
        "max_interval": written_out,
        "max_elapsed": written_out,
        "non_retryable_errors": failure_names,
    },
)
on_errors = st.sampled_from(["cancel", "wait"])
failures = texts | options(
    {"message": texts}, {"code": st.sampled_from([*Code]).map(str), "type": texts, "details": anything}
)


def own_options(node: Draw) -> dict[str, Draw]:
    """What a node of each kind may look like, without the common keys."""
    nodes = st.lists(node, min_size=1, max_size=3)
    branches = st.dictionaries(names, node, min_size=1, max_size=3)
    cases = st.lists(
        options({"when": expressions, "do": node}, {}) | options({"else": node}, {}), min_size=1, max_size=3
    )
    handlers = st.lists(options({"do": node}, {"errors": failure_names, "as": names}), min_size=1, max_size=2)
    more_than_one = st.dictionaries(names, node, min_size=2, max_size=3)
    return {
        "activity": options(
            {"activity": texts},
            {"with": arguments, "queue": names, "heartbeat": durations, "idempotency_key": texts, "retry": retries},
        ),
        "seq": options({"seq": nodes}, {}),
        "parallel": options({"parallel": branches | nodes}, {"limit": st.integers(1, 5), "on_error": on_errors}),
        "saga": options(
            {"saga": nodes},
            {
                "order": st.sampled_from(["reverse", "parallel"]),
                "on_compensation_error": st.sampled_from(["continue", "halt"]),
                "on_failure": node,
            },
        ),
        "sleep": options({"sleep": durations | st.just({"until": "2030-01-31T08:00:00Z"})}, {}),
        "switch": options({"switch": cases}, {}),
        "foreach": options(
            {"foreach": texts | st.lists(anything, max_size=2), "do": node},
            {
                "as": names,
                "limit": st.integers(1, 5),
                "on_error": on_errors,
                "tolerate": st.sampled_from([0, 3, "10%"]),
            },
        ),
        "repeat": options({"repeat": node, "until": expressions, "max": st.integers(1, 9)}, {"every": durations}),
        "try": options({"try": node, "catch": handlers}, {"finally": node})
        | options({"try": node, "finally": node}, {}),
        "race": options({"race": more_than_one}, {}),
        "wait_for": options({"wait_for": st.sampled_from(["go", "Go.on-1"])}, {"schema": st.just({"type": "object"})})
        | options({"wait_for": st.just("go"), "else": node, "timeout": durations}, {}),
        "signal": options({"signal": st.just("go")}, {"to": texts, "with": anything}),
        "call": options({"call": texts}, {"with": arguments, "detach": st.booleans(), "retry": retries}),
        "set": options({"set": anything}, {}),
        "assert": options({"assert": expressions}, {"message": texts}),
        "fail": options({"fail": failures}, {}),
        "return": options({"return": anything}, {}),
    }


def merged(parts: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    return {**parts[1], **parts[0]}


def one_of_kinds(node: Draw) -> Draw:
    return st.sampled_from(KINDS).flatmap(lambda kind: own_options(node)[kind])


def nodes_around(node: Draw) -> Draw:
    common = options(
        {},
        {
            "id": names,
            "description": texts,
            "when": expressions,
            "timeout": durations,
            "compensate": node,
            "output": anything,
        },
    )
    return st.tuples(one_of_kinds(node), common).map(merged) | st.lists(node, min_size=1, max_size=2)


leaves = st.sampled_from([{"set": 1}, {"activity": "x"}, [{"sleep": "1s"}]])
nodes = st.recursive(leaves, nodes_around, max_leaves=5)
headers = options(
    {"workflow": st.sampled_from(["a", "order-processing"])},
    {
        "version": texts,
        "description": texts,
        "input": st.just({"type": "object"}),
        "output_schema": st.just({}),
        "activities": st.sampled_from(["./activities.py", ["a", "b"]]),
        "queue": names,
        "timeout": durations,
        "run": options(
            {},
            {
                "retry": retries,
                "priority": st.integers(-3, 3),
                "labels": st.dictionaries(texts, texts, max_size=2),
                "concurrency": st.sampled_from(
                    [{"limit": 2}, {"key": "${ a }"}, [{"limit": 1}, {"key": "a", "limit": 2}]]
                ),
            },
        ),
        "defaults": options({}, {"retry": retries, "timeout": durations}),
        "output": anything,
        "id": names,
        "when": expressions,
    },
)
documents = st.tuples(one_of_kinds(nodes), headers).map(merged)

KEYS = sorted(
    {key for kind in KINDS for key in load_schema()["$defs"][kind]["properties"]}
    | set(load_schema()["properties"])
    | {"compensate", "max_attempts", "labels", "do", "errors", "message", "until", "nonsense", "activty", "", "A b"}
)
WORDS = ["", "x", "A b", "5s", "soon", "10%", "101%", "cancel", "${ a }", "${ a }b", "a\n", None, True, 0, -1, 1.0, 1.5]
SMALL = [
    [],
    {},
    [1],
    ["x"],
    [{}],
    [[]],
    {"a": 1},
    {"set": 1},
    {"set": 1, "seq": []},
    {"else": 1},
    {"do": 1},
    {"until": ""},
]
# Copied, because a document that holds one of them may be spoilt a second time.
junk: Draw = st.sampled_from([*WORDS, *SMALL]).map(deepcopy)


def places_in(value: Any) -> list[Any]:
    """Every mapping and list of a document."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    here = [value] if isinstance(value, dict | list) else []
    return [*here, *(place for one in inner for place in places_in(one))]


def spoil(document: Any, data: st.DataObject) -> None:
    """Changes one thing somewhere in a document."""
    place = data.draw(st.sampled_from(places_in(document)))
    if isinstance(place, list):
        place.insert(data.draw(st.integers(0, len(place))), data.draw(junk))
        return
    known = sorted(place) or KEYS
    match data.draw(st.sampled_from(["drop", "replace", "replace", "add", "rename"])):
        case "drop":
            place.pop(data.draw(st.sampled_from(known)), None)
        case "replace":
            place[data.draw(st.sampled_from(known))] = data.draw(junk)
        case "add":
            place[data.draw(st.sampled_from(KEYS))] = data.draw(junk)
        case _:
            place[data.draw(st.sampled_from(KEYS))] = place.pop(data.draw(st.sampled_from(known)), 1)


def verdicts(document: Any) -> tuple[bool, bool]:
    """Whether the check of the shape, and the stock validator, find nothing wrong."""
    source = load_source(json.dumps(document), file="flow.json").source
    assert source is not None
    found = check_shape(source)
    assert all(one.span is not None and one.message for one in found)
    return not found, VALIDATOR.is_valid(document)


ONE = {"set": 1}
RETRY = {"max_attempts": 1, "initial_interval": "1s", "backoff_coefficient": 2, "non_retryable_errors": ["a"]}
SMALL_NODES: dict[str, dict[str, Any]] = {
    "activity": {"activity": "x", "with": {}, "queue": "q", "heartbeat": "1s", "idempotency_key": "k", "retry": RETRY},
    "seq": {"seq": [ONE], "id": "a", "when": "x", "timeout": "1s", "compensate": ONE, "output": 1, "description": "d"},
    "parallel": {"parallel": {"a": ONE, "b": [ONE]}, "limit": 1, "on_error": "wait"},
    "saga": {"saga": [ONE], "order": "reverse", "on_compensation_error": "halt", "on_failure": ONE},
    "sleep": {"sleep": {"until": "x"}},
    "switch": {"switch": [{"when": "x", "do": ONE}, {"else": ONE}]},
    "foreach": {"foreach": "x", "as": "y", "do": ONE, "limit": 1, "on_error": "cancel", "tolerate": "10%"},
    "repeat": {"repeat": ONE, "until": "x", "every": "1s", "max": 1},
    "try": {"try": ONE, "catch": [{"errors": ["a"], "as": "e", "do": ONE}], "finally": ONE},
    "race": {"race": {"a": ONE, "b": ONE}},
    "wait_for": {"wait_for": "go", "schema": {}, "else": ONE, "timeout": "1s"},
    "signal": {"signal": "go", "to": "x", "with": 1},
    "call": {"call": "x", "with": "${ a }", "detach": True, "retry": {"max_elapsed": "1s", "max_interval": "1s"}},
    "set": {"set": 1},
    "assert": {"assert": "x", "message": "m"},
    "fail": {"fail": {"code": "Conflict", "type": "t", "message": "m", "details": 1}},
    "return": {"return": 1},
}
SETTINGS = {
    "version": "1",
    "activities": ["a"],
    "run": {"retry": {"max_attempts": 1}, "priority": 1, "labels": {"a": "b"}, "concurrency": {"key": "a", "limit": 1}},
    "defaults": {"retry": {}, "timeout": "1s"},
}


def changes_of(document: Any) -> Iterator[Any]:
    """`document` after each small change; the same object every time, changed back afterwards."""
    for place in places_in(document):
        if isinstance(place, list):
            continue
        before = dict(place)
        for changed in changes_of_mapping(before):
            place.clear()
            place.update(changed)
            yield document
        place.clear()
        place.update(before)


def changes_of_mapping(mapping: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in mapping:
        without = {other: value for other, value in mapping.items() if other != key}
        yield without
        yield {**without, "A b": mapping[key]}
        for value in [*WORDS, *SMALL]:
            yield {**mapping, key: value}
    for key in KEYS:
        yield {**mapping, key: 1}
        yield {**mapping, key: [ONE]}


@pytest.mark.parametrize("kind", KINDS)
def test_both_say_the_same_after_every_small_change_to_a_node(kind: str) -> None:
    document = json.loads(json.dumps({"workflow": "a", "seq": [SMALL_NODES[kind]]}))
    assert verdicts(document) == (True, True)
    assert [deepcopy(one) for one in changes_of(document) if len(set(verdicts(one))) == 2] == []


def test_both_say_the_same_after_every_small_change_to_a_root_and_its_header() -> None:
    document = json.loads(json.dumps({"workflow": "a", **SETTINGS, "wait_for": "go", "else": ONE, "timeout": "1s"}))
    assert verdicts(document) == (True, True)
    assert [deepcopy(one) for one in changes_of(document) if len(set(verdicts(one))) == 2] == []


moderately = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@moderately
@given(documents)
def test_both_find_nothing_wrong_with_a_document_that_follows_the_rules(document: Any) -> None:
    assert verdicts(document) == (True, True)


@moderately
@given(documents, st.integers(1, 3), st.data())
def test_both_say_the_same_of_a_document_that_was_spoilt(document: Any, times: int, data: st.DataObject) -> None:
    spoilt = deepcopy(document)
    for _ in range(times):
        spoil(spoilt, data)
    ours, stock = verdicts(spoilt)
    assert ours == stock


@moderately
@given(
    st.recursive(
        junk,
        lambda inner: st.dictionaries(st.sampled_from(KEYS), inner, max_size=4) | st.lists(inner, max_size=3),
        max_leaves=8,
    )
)
def test_both_say_the_same_of_any_value_at_all(value: Any) -> None:
    if value is None:
        value = {}
    ours, stock = verdicts(value)
    assert ours == stock
