"""What expressions give, by example."""

from __future__ import annotations

from typing import Any

import pytest

from kagzi_dsl.dsl.expressions import compile_expression
from kagzi_dsl.dsl.scope import MappingScope
from kagzi_dsl.errors import ExpressionError

SCOPE = MappingScope(
    {
        "input": {
            "n": 0,
            "name": "Ada",
            "vip": True,
            "limit": 10,
            "none": None,
            "content-type": "text/plain",
            "lines": [
                {"sku": "pen", "price": 3, "tags": ["new", "blue"]},
                {"sku": "ink", "price": 12, "tags": []},
                {"sku": "nib", "price": None, "tags": ["new"]},
            ],
        },
        "steps": {"charge": {"id": "ch_1", "items": [{"id": 7}]}, "skipped": None},
        "run": {"id": "r-1", "attempt": 1},
        "item": {"price": 4},
        "index": 2,
        "order": {"id": "o-1"},
        "secrets": {"API_KEY": "s3cret-value"},
    }
)


def value(text: str) -> Any:
    return compile_expression(text).evaluate(SCOPE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.name", "Ada"),
        ("  input.name\n", "Ada"),
        ("steps.charge.id", "ch_1"),
        ("steps.charge.items[0].id", 7),
        ('steps."charge"."id"', "ch_1"),
        ("(steps.charge).id", "ch_1"),
        ("steps.skipped", None),
        ("steps.skipped.anything.at.all", None),
        ("steps.never_run", None),
        ("input.missing.field", None),
        ("input.name.field", None),
        ("item.price", 4),
        ("index", 2),
        ("order.id", "o-1"),
        ("run.attempt", 1),
        ("secrets.API_KEY", "s3cret-value"),
        ('input."content-type"', "text/plain"),
        ("`42`", 42),
        ("'text'", "text"),
        ('`{"a": [1, null]}`', {"a": [1, None]}),
    ],
)
def test_names_are_looked_up_among_the_roots(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input.lines[*].sku", ["pen", "ink", "nib"]),
        ("input.lines[*].price", [3, 12]),
        ("input.lines[].tags[]", ["new", "blue", "new"]),
        ("input.lines[?price > `5`].sku", ["ink"]),
        ("input.lines[?price < root().input.limit].sku", ["pen"]),
        ("input.lines[?contains(tags, 'new')] | [0].sku", "pen"),
        ("input.lines[-1].sku", "nib"),
        ("input.lines[9].sku", None),
        ("input.lines[::-1].sku", ["nib", "ink", "pen"]),
        ("input.lines[0].*", ["pen", 3, ["new", "blue"]]),
        ("input.lines[0].[sku, price]", ["pen", 3]),
        ("input.lines[*].{s: sku, tags: length(tags)} | [0]", {"s": "pen", "tags": 2}),
        ("input.lines[0].{s: sku, limit: root().input.limit}", {"s": "pen", "limit": 10}),
        ("{who: input.name, charge: steps.charge.id}", {"who": "Ada", "charge": "ch_1"}),
        ("[input.name, index]", ["Ada", 2]),
        ("input.none.{a: b}", None),
        ("input | {name: name, root: root().index}", {"name": "Ada", "root": 2}),
        ("root().{name: input.name, step: steps.charge.id}", {"name": "Ada", "step": "ch_1"}),
        ("root().steps.charge.items[*].id", [7]),
        ("sort_by(input.lines[?price], &price)[0].sku", "pen"),
        ("map(&length(tags), input.lines)", [2, 0, 1]),
        ("max_by(input.lines[?price], &price).sku", "ink"),
    ],
)
def test_selections_filters_and_projections(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize("text", ["`0`", "`0.0`", "' '", "`[0]`", '`{"a": null}`', "`true`", "input.n"])
def test_everything_but_false_null_and_the_empty_is_true(text: str) -> None:
    assert value(f"!({text})") is False
    assert value(f"if({text}, 'yes', 'no')") == "yes"
    assert value(f"{text} && 'yes'") == "yes"


@pytest.mark.parametrize("text", ["`false`", "`null`", "''", "`[]`", "`{}`", "input.missing"])
def test_false_null_and_the_empty_are_false(text: str) -> None:
    assert value(f"!({text})") is True
    assert value(f"if({text}, 'yes', 'no')") == "no"
    assert value(f"{text} || 'other'") == "other"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`1` == `1.0`", True),
        ("`1` == `true`", False),
        ("`0` == `false`", False),
        ("`[1]` == `[true]`", False),
        ('`{"a": [0]}` == `{"a": [false]}`', False),
        ('`{"a": 1, "b": 2}` == `{"b": 2.0, "a": 1}`', True),
        ("`[1, 2]` == `[1]`", False),
        ("`null` == input.missing", True),
        ("input.name != 'Ada'", False),
        ("'b' > 'a'", True),
        ("'b' > `1`", None),
        ("`true` > `false`", None),
        ("input.missing < `1`", None),
    ],
)
def test_comparisons_follow_json(text: str, expected: Any) -> None:
    assert value(text) is expected


def test_only_the_branch_taken_is_evaluated() -> None:
    assert value("if(input.vip, 'gold', div(`1`, `0`))") == "gold"
    assert value("if(input.none, div(`1`, `0`), 'plain')") == "plain"


def test_a_name_in_a_filter_is_a_field_of_the_item_and_not_a_root() -> None:
    assert value("input.lines[?price < input.limit]") == []


def test_a_value_is_handed_out_as_it_is_and_never_copied() -> None:
    assert value("input.lines") is SCOPE.values["input"]["lines"]


def test_a_root_that_is_not_bound_is_an_error_that_names_it_and_the_expression() -> None:
    with pytest.raises(ExpressionError, match=r"`previous` is not bound here; .* \(in \$\{ previous\.count \}\)"):
        value("previous.count")


def test_a_secret_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ExpressionError, match=r"in \$\{ secrets\.OTHER \}"):
        value("secrets.OTHER")


def test_a_scope_that_raises_lookup_errors_fails_the_expression() -> None:
    class Nothing:
        def get(self, root: str) -> Any:
            raise KeyError(root)

        def step(self, step_id: str) -> Any:
            raise RuntimeError("lost")

        def secret(self, name: str) -> str:
            raise KeyError(name)

    for text, message in [("input.a", "there is no 'input' here"), ("steps.a", "RuntimeError: lost")]:
        with pytest.raises(ExpressionError, match=message):
            compile_expression(text).evaluate(Nothing())


@pytest.mark.parametrize(
    "text", ["add(secrets.API_KEY, `1`)", "split(secrets.API_KEY, '') | abs(@)", "secrets.API_KEY | abs(@)"]
)
def test_an_error_of_an_expression_that_reads_a_secret_shows_no_value(text: str) -> None:
    with pytest.raises(ExpressionError, match="failed; the details are withheld") as caught:
        value(text)
    assert "s3cret" not in str(caught.value)
    assert caught.value.hint is None


def test_two_expressions_are_equal_when_their_texts_are() -> None:
    assert compile_expression(" input.a ") == compile_expression("input.a")
    assert hash(compile_expression("input.a")) == hash(compile_expression("input.a\n"))
    assert compile_expression("input.a") != compile_expression("input.b")
    assert repr(compile_expression("input.a")) == "Expression(text='input.a')"
