"""Nothing an expression is made of or given makes it endless."""

from __future__ import annotations

from typing import Any

import pytest
from effort import cpu_seconds

from kagzi_dsl.dsl.budget import MAX_DEPTH, MAX_EXPRESSION_CHARACTERS
from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError

DEEP = 10_000


def value(text: str, **roots: Any) -> Any:
    return compile_expression(text).evaluate(MappingScope(roots))


@pytest.mark.parametrize(
    "text",
    [
        "(" * DEEP + "input.a" + ")" * DEEP,
        "(" * 9_000,
        "[" * 9_000,
        "!" * 9_000 + "input.a",
        "&" * 9_000 + "a",
        "input" + "[*]" * 3_000,
        "input" + "[]" * 4_000,
        "input" + "[?a]" * 2_000,
        "input" + "[0]" * 3_000,
        "input" + ".*" * 4_000,
        "input.a" + "||input.a" * 1_000,
        "input" + "|a" * 4_000,
        "input.a" + "==input.a" * 1_000,
        "input" + ".[a" * 3_000,
        "input" + ".{a:a" * 1_900,
        "length(" * 1_200,
        "`" + "[" * 9_000 + "`",
        "`" + "[" * 4_000 + "]" * 4_000 + "`",
        "'" + "a" * DEEP,
        "input." + "a" * DEEP,
    ],
    ids=lambda text: text[:12],
)
def test_what_is_too_deep_or_too_long_is_refused_in_no_time(text: str) -> None:
    def refused() -> None:
        with pytest.raises(ExpressionError, match=r"nests deeper|nested deeper|over the limit|cannot be read"):
            compile_expression(text)

    assert cpu_seconds(refused, enough=0.5) < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "(" * MAX_DEPTH + "input.a" + ")" * MAX_DEPTH,
        "!" * MAX_DEPTH + "input.a",
        "input" + "[*]" * (MAX_DEPTH - 1),
        "input" + "[]" * MAX_DEPTH,
        "input" + ".[a" * 99 + "]" * 99,
        "input.a" + " || input.a" * MAX_DEPTH,
        "length(" * 49 + "input.a" + ")" * 49,
        "input." + ".".join("a" * 1_000),
        "[" + ", ".join(["input.a || input.b"] * 300) + "]",
    ],
    ids=lambda text: text[:12],
)
def test_what_is_just_within_the_limits_compiles_and_runs(text: str) -> None:
    expression = compile_expression(text)
    try:
        expression.evaluate(MappingScope({"input": {"a": [1]}}))
    except ExpressionError as error:
        assert "argument 1" in error.message  # noqa: PT017 - only length() may complain, of a number


def test_an_expression_of_the_greatest_length_compiles() -> None:
    text = "'" + "a" * (MAX_EXPRESSION_CHARACTERS - 2) + "'"
    assert compile_expression(text).evaluate(MappingScope({})) == text[1:-1]


SPENT = [
    ("length(range(`1000000`))", "more than 100,000 numbers"),
    ("length(map(&range(`1000`), range(`1000`)))", "more than 100,000 numbers"),
    ("length(range(`-9000000000000000000`, `9000000000000000000`))", "more than 100,000 numbers"),
    ("length(range(`10`, `-9000000000000000000`, `-1`))", "more than 100,000 numbers"),
    ("range(`1000`) | map(&length(root().input.thousand[*].a), @)", "more than 1,000,000 items"),
    ("range(`1500`)[*].[root().input.thousand[?@ == `1`]]", "more than 1,000,000 items"),
    ("map(&sum(root().input.thousand), range(`1500`))", "more than 1,000,000 items"),
    ("map(&contains(root().input.thousand, 'x'), range(`1500`))", "more than 1,000,000 items"),
    ("map(&contains(root().input.text, 'x'), range(`50000`))", "more than 1,000,000 items"),
    ("map(&pad_left('', `100000`), range(`10000`))", "characters of text"),
    ("map(&upper(root().input.text), range(`50000`))", "characters of text|more than 1,000,000 items"),
    ("pad_left('', `1000000000000`)", "characters of text"),
    ("replace(input.text, 'a', input.text)", "characters of text"),
    ("join(input.text, split(input.text, ''))", "characters of text"),
    ("input.text | [@, @]" + " | [@, @]" * 40, "characters of JSON"),
    ("input.text | [@, @]" + " | [@, @]" * 40 + " | to_json(@)", "characters of JSON"),
    ("input.text | [@, @]" + " | [@, @]" * 40 + " | to_string(@)", "characters of JSON"),
    ("input.text | [@, @]" + " | [@, @]" * 40 + " | unique(@)", "characters of JSON"),
    ("input.text | [@, @]" + " | {a: @, b: @}" * 40, "characters of JSON"),
    ("input.thousand | [@, @][]" + " | [@, @][]" * 15, "more than 1,000,000 items"),
    ("map(&root().input.text, range(`100000`))", "characters of JSON"),
    ("range(`100000`)[*].root().input.text", "characters of JSON"),
    ("`[1]` | zip(@, @)" + " | zip(@, @)" * 40, "characters of JSON"),
    (
        "[`[1]` | [@, @]" + " | [@, @]" * 30 + ", `[1]` | [@, @]" + " | [@, @]" * 30 + "] | [0] == [1]",
        "more than 1,000,000 items",
    ),
]


@pytest.mark.parametrize(("text", "message"), SPENT, ids=[text[:40] for text, _ in SPENT])
def test_work_that_grows_beyond_measure_is_stopped(text: str, message: str) -> None:
    def stopped() -> None:
        with pytest.raises(ExpressionError, match=message):
            value(text, input={"text": "a" * 10_000, "thousand": list(range(1_000))})

    assert cpu_seconds(stopped, enough=5) < 5


def test_a_large_value_that_is_only_passed_on_is_not_measured() -> None:
    large = ["x" * 1_000] * 20_000
    assert value("if(input.ok, steps.big, `null`)", input={"ok": True}, steps={"big": large}) is large


def test_ten_thousand_items_are_no_work() -> None:
    items = [{"price": n, "name": f"item {n}"} for n in range(10_000)]
    found = value("input.items[?price >= `9000`].{n: name, p: price} | sort_by(@, &p)[-1].n", input={"items": items})
    assert found == "item 9999"


def test_data_that_nests_as_deep_as_can_be_stored_is_walked() -> None:
    deep: Any = 1
    for _ in range(199):
        deep = [deep]
    assert value("input.a == input.b", input={"a": deep, "b": [deep[0]]}) is True
    assert value("unique([input.a, input.a])", input={"a": deep}) == [deep]
    assert value("to_json(input.a)", input={"a": deep[0]}).startswith("[[[")
