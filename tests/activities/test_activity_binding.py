from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TypedDict
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import Code, Failure

Run = Callable[..., Any]
Fail = Callable[..., Failure]


class Size(Enum):
    SMALL = "s"


@dataclass
class Item:
    price: Decimal
    count: int = 1


class Line(TypedDict):
    sku: str


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    at: datetime


class Picky(BaseModel):
    n: int

    @field_validator("n")
    @classmethod
    def check_n(cls, n: int) -> int:
        if n == 1:
            raise ValueError("one is taken")
        if n == 2:
            raise KeyError("two")
        return n


@pytest.mark.parametrize(
    ("hint", "given", "read"),
    [
        (str, "a", "a"),
        (float, 2, 2.0),
        (int, 3.0, 3),
        (int, "3", 3),
        (Any, {"a": [1, None]}, {"a": [1, None]}),
        (str | None, None, None),
        (Decimal, 42.5, Decimal("42.5")),
        (Decimal, "0.10", Decimal("0.10")),
        (datetime, "2025-01-31T09:30:00Z", datetime(2025, 1, 31, 9, 30, tzinfo=UTC)),
        (date, "2025-01-31", date(2025, 1, 31)),
        (timedelta, "PT1H", timedelta(hours=1)),
        (UUID, "12345678-1234-5678-1234-567812345678", UUID("12345678-1234-5678-1234-567812345678")),
        (Path, "/tmp", Path("/tmp")),
        (Size, "s", Size.SMALL),
        (Item, {"price": "1.5"}, Item(Decimal("1.5"))),
        (list[Item], [{"price": 2, "count": 3}], [Item(Decimal(2), 3)]),
        (Line, {"sku": "x"}, {"sku": "x"}),
        (set[int], [1, 2, 2], {1, 2}),
        (dict[int, str], {"1": "a"}, {1: "a"}),
        (Strict, {"at": "2025-01-31T09:30:00Z"}, Strict(at=datetime(2025, 1, 31, 9, 30, tzinfo=UTC))),
    ],
)
def test_arguments_are_read_by_their_type_hints(output: Run, hint: Any, given: Any, read: Any) -> None:
    seen = []

    async def take(value: Any) -> None:
        seen.append(value)

    take.__annotations__["value"] = hint
    output(activity(take), {"value": given})
    assert seen == [read]
    assert type(seen[0]) is type(read)


def test_defaults_and_further_keywords_are_kept(output: Run) -> None:
    @activity
    def take(a: int, b: int = 5, **rest: Decimal) -> list[Any]:
        return [a, b, {name: type(value).__name__ for name, value in rest.items()}]

    assert output(take, {"a": 1, "c": "2.5"}) == [1, 5, {"c": "Decimal"}]


def test_the_context_is_handed_in_under_any_name(output: Run) -> None:
    @activity
    async def take(n: int, where: ActivityContext | None = None) -> str:
        assert where is not None
        return where.run_id

    assert output(take, {"n": 1}, context=ActivityContext.for_test(run_id="r-1")) == "r-1"


def test_an_activity_cannot_change_what_the_run_holds(output: Run) -> None:
    @activity
    def spoil(a: Any, b: dict[str, Any], c: list[dict[str, int]]) -> None:
        a.append(1)
        b["x"]["y"] = 2
        c[0]["z"] = 3

    given: dict[str, Any] = {"a": [], "b": {"x": {}}, "c": [{}]}
    output(spoil, given)
    assert given == {"a": [], "b": {"x": {}}, "c": [{}]}


@activity
async def charge(order_id: str, amount: float = 1, items: list[Item] | None = None) -> None: ...


@activity
def nothing() -> None: ...


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "charge needs the argument order_id"),
        (None, "charge needs the argument order_id"),
        ({"order": 1}, "charge has no argument order; did you mean order_id?; needs the argument order_id"),
        ({"order_id": "a", "zzz": 1}, "charge has no argument zzz; it takes order_id, amount, items"),
        (
            {"order_id": "a", "amount": "much"},
            (
                "charge cannot take its argument amount: "
                'input should be a valid number, unable to parse string as a number, got "much"'
            ),
        ),
        ({"order_id": 7}, "charge cannot take its argument order_id: input should be a valid string, got 7"),
        ({"order_id": None}, "charge cannot take its argument order_id: input should be a valid string, got null"),
        (
            {"order_id": "a", "items": [{"price": 1}, {"price": "x", "count": 1}]},
            "charge cannot take its argument items[1].price: input should be a valid decimal, got \"x\"",
        ),
        ({"order_id": "a", "items": [{"count": 1}]}, "charge cannot take its argument items[0].price: field required"),
        (["a"], "charge takes its arguments as an object by name, not as a list"),
        ("a", "charge takes its arguments as an object by name, not as a string"),
    ],
)  # fmt: skip
def test_an_argument_that_does_not_fit_is_named(failure: Fail, arguments: Any, message: str) -> None:
    failed = failure(charge, arguments)
    assert failed.message == message
    assert failed.code is Code.INVALID_ARGUMENT
    assert not failed.retryable
    assert failed.outcome == "none"
    assert failed.path == "test"


def test_an_activity_without_arguments_says_so(failure: Fail) -> None:
    assert failure(nothing, {"a": 1}).message == "nothing has no argument a; it takes none"


def test_the_context_cannot_be_given_by_a_workflow(failure: Fail) -> None:
    @activity
    def take(ctx: ActivityContext, **rest: Any) -> None: ...

    assert failure(take, {"ctx": 1}).message == "take has no argument ctx; it takes none"


def test_details_name_each_argument(failure: Fail) -> None:
    failed = failure(charge, {"amount": "much", "order_id": 7})
    assert [problem["argument"] for problem in failed.details] == ["amount", "order_id"]


def test_no_more_than_five_problems_are_told(failure: Fail) -> None:
    failed = failure(charge, {"order_id": "a", **{f"x{n}": 1 for n in range(30)}})
    assert failed.message.endswith("; and 25 more")
    assert len(failed.details) == 5


def test_a_long_value_is_cut(failure: Fail) -> None:
    failed = failure(charge, {"order_id": ["x" * 5_000]})
    assert failed.message.endswith("…")
    assert len(failed.message) < 250


def test_a_secret_does_not_show_even_where_the_value_is_cut(failure: Fail) -> None:
    secrets = Secrets({"KAGZI_SECRET_KEY": "sk-live-" + "s" * 100})
    key = secrets.get("KEY")
    for value in (key, ["x" * 60, key], {key: 1}):
        message = failure(charge, {"order_id": "a", "amount": value}, secrets=secrets).message
        assert "sk-live" not in message
        assert "***" in message or "…" in message


def test_what_a_validator_says_is_passed_on(failure: Fail) -> None:
    @activity
    def take(it: Picky) -> None: ...

    assert (
        failure(take, {"it": {"n": 1}}).message
        == "take cannot take its argument it.n: value error, one is taken, got 1"
    )


def test_a_validator_that_crashes_is_an_internal_failure(failure: Fail) -> None:
    @activity
    def take(it: Picky) -> None: ...

    failed = failure(take, {"it": {"n": 2}})
    assert (failed.code, failed.type) == (Code.INTERNAL, "KeyError")
    assert "test_activity_binding.py:" in failed.message


def test_a_constraint_beside_a_plain_type_holds(failure: Fail) -> None:
    @activity
    def take(n: Annotated[int, Field(ge=10)]) -> None: ...

    assert failure(take, {"n": 3}).message.endswith("input should be greater than or equal to 10, got 3")


def test_a_type_that_cannot_be_read_fails_only_where_it_is_given(failure: Fail, output: Run) -> None:
    class Opaque:
        pass

    def take(n: int, client: Any = None) -> int:
        return n

    take.__annotations__["client"] = Opaque
    activity(take)
    assert output(take, {"n": 1}) == 1
    failed = failure(take, {"n": 1, "client": {}})
    assert "the parameter client of take has the type Opaque" in failed.message
