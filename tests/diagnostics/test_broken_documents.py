"""Whatever a document looks like, checking it gives a report."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from golden_reports import FOLDER, SIGNATURES, workflows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kagzi_dsl.dsl.check import report
from kagzi_dsl.dsl.parse import parse_text
from kagzi_dsl.dsl.source import load_source
from kagzi_dsl.payload import dumps

FILES = sorted([*FOLDER.glob("*.yaml"), *(FOLDER / "clean").glob("*.yaml")])
WORKFLOWS = workflows()
ODD = (None, True, 0, -1, 1.5, "", "x", "${ steps }", "${ nothing.here }", "5 minutes", [], {}, ["x"], {"x": {"y": 1}})
KEYS = ("seq", "activity", "id", "when", "x", "foreach", "do")


def _value(index: int) -> Any:
    source = load_source(FILES[index].read_bytes()).source
    assert source is not None
    return deepcopy(source.value)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a value with each of its keys."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        container = stack.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], dict | list):
                stack.append(container[key])
    return found


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """A document of this folder in which a few things were taken away, moved about or replaced."""
    value = _value(draw(st.integers(0, len(FILES) - 1)))
    for _ in range(draw(st.integers(1, 3))):
        places = _places(value)
        if not places:
            break
        container, key = places[draw(st.integers(0, len(places) - 1))]
        other, from_there = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(("replace", "drop", "copy", "rename"))):
            case "drop":
                del container[key]
            case "copy":
                container[key] = deepcopy(other[from_there])
            case "rename" if isinstance(container, dict):
                container[draw(st.sampled_from(("seq", "activity", "id", "when", "x", "foreach", "do")))] = container[
                    key
                ]
            case _:
                container[key] = deepcopy(draw(st.sampled_from(ODD)))
    return value


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(broken())
def test_a_broken_document_gives_a_report(value: Any) -> None:
    parsed = parse_text(dumps(value), "broken.json")
    for signatures in (SIGNATURES, None):
        for one in report(parsed, signatures=signatures, workflows=WORKFLOWS):
            assert one.span is not None
            assert one.message
