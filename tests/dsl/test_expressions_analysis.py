"""What the checker learns about an expression without evaluating it."""

from __future__ import annotations

import pytest

from kagzi_dsl.dsl.expressions import Reference, compile_expression


def references(text: str) -> list[tuple[str, tuple[str, ...], int]]:
    return [(each.root, each.path, each.offset) for each in compile_expression(text).references]


def inner_names(text: str) -> list[tuple[str, tuple[str, ...], int]]:
    return [(each.root, each.path, each.offset) for each in compile_expression(text).inner_names]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("steps.charge.id", [("steps", ("charge", "id"), 0)]),
        ("steps.charge.items[0].id", [("steps", ("charge", "items"), 0)]),
        ("steps.charge[0]", [("steps", ("charge",), 0)]),
        ("input.a[*].b || input.c", [("input", ("a",), 0), ("input", ("c",), 16)]),
        ("{a: input.a, b: item}", [("input", ("a",), 4), ("item", (), 16)]),
        ("[input.a.b, index]", [("input", ("a", "b"), 1), ("index", (), 12)]),
        ("input.list[?x > root().steps.max.n]", [("input", ("list",), 0), ("steps", ("max", "n"), 23)]),
        ("sort_by(input.list, &price)", [("input", ("list",), 8)]),
        ("input | a.b", [("input", (), 0)]),
        ('"odd name".a', [("odd name", ("a",), 0)]),
        ("`1`", []),
    ],
)
def test_references_are_the_names_read_from_the_roots(text: str, expected: list[object]) -> None:
    assert references(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.list[?price > input.limit]", [("price", (), 12), ("input", ("limit",), 20)]),
        ("input | input.a", [("input", ("a",), 8)]),
        ("sort_by(input.list, &input.a)", [("input", ("a",), 21)]),
        ("input.list[*].{a: steps.x}", [("steps", ("x",), 18)]),
        ("input.list[*].[index]", [("index", (), 15)]),
        ("input.list[*].input.a", []),
        ("input.input.steps", []),
        ("input.list[*].length(item)", [("item", (), 21)]),
    ],
)
def test_inner_names_are_those_read_from_a_current_value_but_for_those_behind_a_dot(
    text: str, expected: list[object]
) -> None:
    assert inner_names(text) == expected


def test_calls_are_listed_in_order_with_their_arguments() -> None:
    calls = compile_expression("add(length(input.a), `1`)").functions
    assert [(call.name, call.arity, call.offset) for call in calls] == [("add", 2, 0), ("length", 1, 4)]
    assert [argument["type"] for argument in calls[0].arguments] == ["function_expression", "literal"]


def test_every_part_of_the_tree_knows_where_it_begins() -> None:
    expression = compile_expression("add(length(input.a), `1`) > steps.b.c")
    left, right = expression.tree["children"]
    assert [expression.offset_of(part) for part in (left, *left["children"], right)] == [0, 4, 21, 28]


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("secrets.KEY", True),
        ("join('', ['Bearer ', secrets.KEY])", True),
        ("input.list[?key == root().secrets.KEY]", True),
        ("input.secrets.KEY", False),
    ],
)
def test_an_expression_knows_whether_it_reads_a_secret(text: str, reads: bool) -> None:
    assert compile_expression(text).uses_secrets is reads


@pytest.mark.parametrize(
    ("text", "code", "offset", "better"),
    [
        ("input.vip == true", "bare-literal", 13, "input.vip == `true`"),
        ("null", "bare-literal", 0, "`null`"),
        ("input.list[?ok == false]", "bare-literal", 18, "input.list[?ok == `false`]"),
        ('input.kind == "new"', "double-quoted-text", 14, "input.kind == 'new'"),
        ('input.list[?kind == "new"]', "double-quoted-text", 20, "input.list[?kind == 'new']"),
        ('join(", ", input.list)', "double-quoted-text", 5, "join(', ', input.list)"),
        ('input.kind == "it\'s"', "double-quoted-text", 14, "input.kind == 'it\\'s'"),
        ('input.path == "a\\\\b"', "double-quoted-text", 14, 'input.path == `"a\\\\b"`'),
    ],
)
def test_what_is_surely_meant_as_a_literal_is_suspicious(text: str, code: str, offset: int, better: str) -> None:
    (suspicion,) = compile_expression(text).suspicions
    assert (suspicion.code, suspicion.offset) == (code, offset)
    assert suspicion.hint.endswith(f": {better}")
    assert compile_expression(better).suspicions == ()


@pytest.mark.parametrize(
    "text",
    [
        "input.true",
        "input.list[?\"kind\" == 'new']",
        "input.list[?\"first name\" == 'Ada']",
        'input."content-type"',
        'input.headers."content-type" == input.type',
        'input | "content-type"',
        "input.a == `true`",
    ],
)
def test_what_can_be_meant_as_a_name_is_not_suspicious(text: str) -> None:
    assert compile_expression(text).suspicions == ()


def test_a_comparison_that_never_holds_is_suspicious() -> None:
    (suspicion,) = compile_expression("input.a > `true`").suspicions
    assert (suspicion.code, suspicion.offset) == ("no-order", 10)
    assert compile_expression("input.a > `1` && input.b < 'x'").suspicions == ()


def test_a_reference_is_data() -> None:
    assert compile_expression("input.a").references == (Reference("input", ("a",), 0),)
