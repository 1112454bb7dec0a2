"""Bombs, fuzzed documents and expressions that blow up: refused at once, in little memory, never with a traceback."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from dsl.test_source_hostile import HOSTILE
from effort import cpu_seconds
from examples.example_files import FOLDER, example_names
from faults.conftest import Fault

from kagzi_dsl.dsl.check import check
from kagzi_dsl.dsl.diagnostic import Diagnostic
from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.link import link_text
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError

CPU_S = 0.1
MEMORY = 50_000_000
MERGE_BOMB = "workflow: w\n" + "\n".join(
    f"m{n}: &m{n} {{" + ", ".join(f"k{n}{i}: {'1' if n == 0 else f'*m{n - 1}'}" for i in range(9)) + "}"
    for n in range(9)
)
BOMBS: Mapping[str, str] = {
    **{name: text for name, (text, _) in HOSTILE.items()},
    "a merge bomb": MERGE_BOMB,
    "merge keys": "workflow: w\nset: &a {b: 1}\nx: {<<: *a, c: 2}\n",
    "a tag that would run code": "workflow: w\nset: !!python/object/apply:os.system [ls]\n",
    "an expression nested too deep": "workflow: w\nset: ${ " + "(" * 5_000 + "`1`" + ")" * 5_000 + " }\n",
    "an expression without an end": "workflow: w\nset: ${ " + "input.a." * 10_000 + "\n",
    "too many values, as JSON": '{"a": [' + "1," * 300_000 + "1]}",
    "too many empty lists": "a: [" + "[]," * 300_000 + "]",
}
BLOW_UPS: Mapping[str, str] = {
    "range of a billion": "range(`0`, `1000000000`)",
    "a product of ranges": "range(`0`, `1000`)[*].{a: range(`0`, `1000`)} | length(@)",
    "text doubled again and again": "input.text | [@, @] | [@, @] | [@, @] | to_json([@, @, @, @]) | [@, @, @, @]",
    "a flatten of flattens": "input.wide[].wide[].wide[].wide[]",
    "a backtracking pattern": "matches(input.text, '^(a+)+$')",
    "a regular expression that is none": "matches('a', '" + "(" * 3_000 + "')",
    "split into letters": "split(input.text, '')",
    "a join of joins": "join(input.text, range(`0`, `9000`)[*].to_string(@))",
}
WIDE: dict[str, Any] = {"wide": []}
WIDE["wide"] = [{"wide": [{"wide": [{"wide": [1] * 9} for _ in range(30)]} for _ in range(30)]} for _ in range(30)]
GARBAGE = [*"{}[]|%#~`?:\"'\n\t\x00\ud7ff", "&a ", "*a", "<<: ", "!t ", "${ ", " }", ": ", "- ", "  "]
GARBAGE += ["input.", "steps.", "seq:", "retry: ", "when: ", "99999999999999999999", "null"]


def validated(text: str) -> list[Diagnostic]:
    """Everything `validate` would say, activities unknown."""
    linked = link_text(text)
    found = [*linked.diagnostics]
    if linked.document is not None:
        found += check(linked.document, signatures=None, workflows=linked.workflows)
    return found


def cost(work: Callable[[], object]) -> float:
    """The CPU seconds of some work."""
    return cpu_seconds(work, enough=CPU_S)


def memory(work: Callable[[], object]) -> int:
    """The bytes some work takes at most."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def tell(fault: Fault, name: str, case: str, costs: Mapping[str, float], peak: int) -> None:
    worst = max(costs, key=lambda one: costs[one])
    assert costs[worst] < CPU_S, f"{worst}: {costs[worst] * 1000:.0f} ms of CPU"
    assert peak < MEMORY
    fault.tell(
        name, "A hostile document or expression is answered in less than 100 ms of CPU and 50 MB of memory, never "
        "with a traceback, and every bomb is refused.",
        case=case, held=len(costs), of=len(costs), slowest_ms=round(costs[worst] * 1000), peak_mb=round(peak / 1e6),
    )  # fmt: skip


def test_bombs_are_refused(fault: Fault) -> None:
    validated("workflow: w\nset: 1\n")
    for name, text in BOMBS.items():
        assert any(one.severity == "error" for one in validated(text)), name
    costs = {name: cost(lambda text=text: validated(text)) for name, text in BOMBS.items()}  # type: ignore[misc]
    tell(
        fault,
        "bombs",
        "documents and expressions",
        costs,
        max(memory(lambda text=text: validated(text)) for text in BOMBS.values()),
    )  # type: ignore[misc]


def fuzzed(chance: random.Random, texts: list[str]) -> str:
    """One of the examples with a few things cut out, doubled, moved, or put in that do not belong there."""
    text = chance.choice(texts)
    for _ in range(chance.randint(1, 4)):
        one, other = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        match chance.choice(("put", "cut", "double", "swap", "end")):
            case "put":
                text = text[:one] + chance.choice(GARBAGE) * chance.choice((1, 1, 1, 50)) + text[one:]
            case "cut":
                text = text[:one] + text[min(other, one + 40) :]
            case "double":
                text = text[:other] + text[one : min(other, one + 200)] + text[other:]
            case "swap":
                text = text[:one] + text[other : other + 30] + text[one:other] + text[other + 30 :]
            case _:
                text = text[: max(one, 1)]
    return text[:20_000]


def test_fuzzed_documents_are_answered_and_nothing_is_raised(fault: Fault) -> None:
    texts = [Path(FOLDER / name).read_text() for name in example_names()]
    chance, costs = fault.chance("fuzz"), {}
    for number in range(fault.size(1_000, 20_000)):
        text = fuzzed(chance, texts)
        try:
            costs[str(number)] = cost(lambda text=text: validated(text))  # type: ignore[misc]
        except Exception as error:
            raise AssertionError(f"document {number} of --seed {fault.seed}: {text!r}") from error
    some = [fuzzed(chance, texts) for _ in range(20)]
    tell(
        fault,
        "fuzzed",
        "documents and expressions",
        costs,
        max(memory(lambda text=text: validated(text)) for text in some),
    )  # type: ignore[misc]


@pytest.mark.parametrize("trial", ["blow-ups"])
def test_expressions_that_blow_up_are_stopped(trial: str, fault: Fault) -> None:
    scope = MappingScope({"input": {**WIDE, "text": "a" * 20_000 + "b"}})

    def evaluated(text: str) -> None:
        try:
            compile_expression(text).evaluate(scope)
        except ExpressionError:
            return

    costs = {name: cost(lambda text=text: evaluated(text)) for name, text in BLOW_UPS.items()}  # type: ignore[misc]
    tell(
        fault,
        trial,
        "documents and expressions",
        costs,
        max(memory(lambda text=text: evaluated(text)) for text in BLOW_UPS.values()),
    )  # type: ignore[misc]
