"""Documents made up by a random source: every kind of node, nested, in valid scopes; a seed names a document."""

from __future__ import annotations

from random import Random
from typing import Any

from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.parse import parse_text
from kagzi_dsl.payload import dumps

ACTIVITIES = ("alpha", "beta", "gamma")
Node = dict[str, Any]


def workflow_of(document: dict[str, Any]) -> Workflow:
    """The workflow of a document that is known to be right."""
    parsed = parse_text(dumps(document), "w.json")
    assert parsed.document is not None, parsed.diagnostics
    assert not [d for d in parsed.diagnostics if d.severity == "error"], parsed.diagnostics
    return parsed.document.workflow


def any_workflow(random: Random) -> Workflow:
    """A saga around anything: nodes of every kind, about half of them with a compensation."""
    return workflow_of({"workflow": "w", "saga": _body(random, 3)})


def plain_saga(random: Random) -> Workflow:
    """One saga of activities in sequences, branches and loops, every one of them with a compensation of its own."""
    body = [_plain(random, 3) for _ in range(random.randint(1, 4))]
    return workflow_of({"workflow": "w", "saga": [*body, {"fail": "at last"}]})


def _plain(random: Random, depth: int) -> Node:
    if depth == 0 or random.random() < 0.4:
        return {"activity": random.choice(ACTIVITIES), "compensate": {"activity": "undo"}}
    inner = [_plain(random, depth - 1) for _ in range(random.randint(1, 3))]
    match random.randrange(3):
        case 0:
            return {"seq": inner}
        case 1:
            return {"parallel": _named(inner)}
        case _:
            return {"foreach": "input.items", "do": inner[0]}


def _body(random: Random, depth: int) -> list[Node]:
    return [_node(random, depth) for _ in range(random.randint(2, 4))]


def _node(random: Random, depth: int) -> Node:
    node = _leaf(random) if depth == 0 or random.random() < 0.45 else _composite(random, depth - 1)
    if "return" not in node and random.random() < 0.4:
        node["compensate"] = {"activity": "undo"}
    return node


def _leaf(random: Random) -> Node:
    kind = random.randrange(100)
    if kind < 55:
        return {"activity": random.choice(ACTIVITIES), "with": {"n": "${ input.n }"}}
    if kind < 94:
        plain: list[Node] = [
            {"sleep": "5s"},
            {"set": {"a": "${ input.n }"}},
            {"set": 7, "when": "!input.go"},
            {"wait_for": random.choice(("go", "stop")), "timeout": "1m"},
            {"wait_for": "go", "timeout": "1m", "else": {"activity": "alpha"}},
            {"signal": "stop", "with": 1},
            {"signal": "go", "to": "somebody-else"},
            {"assert": "input.n > `1`"},
            {"call": "child", "with": {}, "timeout": "30s"},
        ]
        return random.choice(plain)
    return random.choice([{"fail": "by design"}, {"return": {"early": True}}, {"assert": "input.n > `9`"}])


def _composite(random: Random, depth: int) -> Node:
    inner = _body(random, depth)
    safe = {"activity": random.choice(ACTIVITIES)}
    match random.randrange(9):
        case 0:
            return _some(random, {"seq": inner}, timeout="10s", when="input.go")
        case 1:
            return _some(random, {"parallel": _named(inner)}, limit=1, on_error="wait")
        case 2:
            return _some(random, {"race": _named(inner)}, timeout="10s")
        case 3:
            return _some(random, {"saga": inner}, order="parallel", on_failure=safe, timeout="10s")
        case 4:
            handler = _some(random, {"do": inner[1]}, errors=["Conflict"])
            return _some(random, {"try": inner[0], "catch": [handler]}, **{"finally": safe})
        case 5:
            return _some(random, {"try": inner, "finally": safe}, timeout="10s")
        case 6:
            return {"switch": [{"when": "!input.go", "do": inner[0]}, {"else": inner[1]}]}
        case 7:
            return _some(random, {"foreach": "input.items", "do": inner}, limit=2, tolerate=1, on_error="wait")
        case _:
            return _some(random, {"repeat": inner, "until": "index >= `1`", "max": 3}, every="1s")


def _some(random: Random, node: Node, **options: Any) -> Node:
    return node | {key: value for key, value in options.items() if random.random() < 0.4}


def _named(nodes: list[Node]) -> dict[str, Node]:
    return {f"b{index}": node for index, node in enumerate(nodes)}
