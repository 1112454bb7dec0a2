from __future__ import annotations

from collections import OrderedDict, deque, namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from pydantic import Base64Bytes, BaseModel
from pydantic.dataclasses import dataclass as pydantic_dataclass

from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.output import to_json
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import Code, Failure, PayloadError

Run = Callable[..., Any]
Fail = Callable[..., Failure]
ID = UUID("12345678-1234-5678-1234-567812345678")


class Size(Enum):
    SMALL = "s"


class Level(IntEnum):
    HIGH = 3


class Colour(StrEnum):
    RED = "red"


@dataclass
class Item:
    price: Decimal
    tags: set[str] = field(default_factory=set)


@dataclass
class Slotted:
    __slots__ = ("n",)
    n: int


@pydantic_dataclass
class Checked:
    at: date


class Model(BaseModel):
    item: Item
    raw: Base64Bytes


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (None, None),
        ({"a": [1, 2.5, True, None, "x"]}, {"a": [1, 2.5, True, None, "x"]}),
        ((1, (2,)), [1, [2]]),
        ({"b", "a", "c"}, ["a", "b", "c"]),
        (frozenset({2, 10}), [10, 2]),
        (deque([1]), [1]),
        (Point(1, 2), [1, 2]),
        (datetime(2025, 1, 31, 9, 30, tzinfo=UTC), "2025-01-31T09:30:00Z"),
        (date(2025, 1, 31), "2025-01-31"),
        (time(9, 30), "09:30:00"),
        (timedelta(hours=1), "PT1H"),
        (Decimal("0.10"), "0.10"),
        (ID, str(ID)),
        (PurePosixPath("/a"), "/a"),
        ([Size.SMALL, Level.HIGH, Colour.RED], ["s", 3, "red"]),
        (Item(Decimal(1), {"y", "x"}), {"price": "1", "tags": ["x", "y"]}),
        (Slotted(1), {"n": 1}),
        (Checked(date(2025, 1, 31)), {"at": "2025-01-31"}),
        (Model(item=Item(Decimal("1.5")), raw=b"aGk="), {"item": {"price": "1.5", "tags": []}, "raw": "aGk="}),
        ({"deep": [Item(Decimal(1))]}, {"deep": [{"price": "1", "tags": []}]}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (OrderedDict(b=1, a=(2,)), {"b": 1, "a": [2]}),
        ({1: "a", date(2025, 1, 1): "b", ID: "c", Size.SMALL: 4}, {"1": "a", "2025-01-01": "b", str(ID): "c", "s": 4}),
        (Exception, PayloadError),
        (b"bytes", PayloadError),
        (Item(b"x"), PayloadError),  # type: ignore[arg-type]
        ((n for n in [1]), PayloadError),
        (iter([1]), PayloadError),
        (object(), PayloadError),
        ({None: 1}, PayloadError),
        ({(1, 2): 1}, PayloadError),
        ({1: "a", "1": "b"}, PayloadError),
        (float("nan"), PayloadError),
        (Decimal("NaN"), "NaN"),
        (2**64, PayloadError),
        ("\0", PayloadError),
        ("\ud800", PayloadError),
    ],
)  # fmt: skip
def test_what_is_returned_becomes_json(value: Any, json: Any) -> None:
    if json is PayloadError:
        with pytest.raises(PayloadError):
            to_json(value)
    else:
        assert to_json(value)[0] == json


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": [1, {"b/c": b""}]}, "bytes are not JSON; decode them, or encode them in base64 (at /a/1/b~1c)"),
        ({"prices": [1.0, float("nan")]}, "nan is not a JSON number; use null or a string (at /prices/1)"),
        (Item(float("inf")), "inf is not a JSON number; use null or a string (at /price)"),  # type: ignore[arg-type]
        ([(2**70,)], "does not fit in 64 bits; pass it as a string (at /0/0)"),
        ({"x": {"y": object()}}, "type object is not JSON; use a dataclass, a model or plain JSON (at /x/y)"),
        ([iter(())], "a tuple_iterator is not JSON; make it a list (at /0)"),
        ({"m": {1: 1, "1": 2}}, "two of its keys are '1' as JSON (at /m)"),
        ({"m": {True: 1}}, "the key True is of type bool, and JSON keys are strings (at /m)"),
    ],
)  # fmt: skip
def test_what_is_not_json_is_named_with_its_place(value: Any, says: str) -> None:
    with pytest.raises(PayloadError) as caught:
        to_json(value)
    assert says in str(caught.value)


def test_a_value_that_holds_itself_is_refused() -> None:
    plain: list[Any] = []
    plain.append(plain)
    odd: dict[str, Any] = {"size": Size.SMALL}
    odd["self"] = odd
    for value in (plain, odd):
        with pytest.raises(PayloadError, match="200 levels"):
            to_json(value)


def test_the_output_shares_nothing_with_what_was_returned(output: Run) -> None:
    kept: list[Any] = [{"a": []}]

    @activity
    def give() -> list[Any]:
        return kept

    found = output(give)
    kept[0]["a"].append(1)
    assert found == [{"a": []}]


def test_the_text_is_the_json_of_the_output(attempt: Run) -> None:
    @activity
    async def give() -> Any:
        return {"b": Decimal("1.0"), "a": "é"}

    end = attempt(give)
    assert (end.output, end.text) == ({"b": "1.0", "a": "é"}, '{"b":"1.0","a":"é"}')


def test_an_output_that_is_not_json_is_not_tried_again_but_may_need_undoing(failure: Fail) -> None:
    @activity
    def give() -> Any:
        return {"price": float("nan")}

    failed = failure(give)
    assert failed.code is Code.INTERNAL
    assert failed.type == "InvalidOutput"
    assert failed.message.startswith(
        "the output of give is not JSON: nan is not a JSON number; use null or a string (at /price)"
    )
    assert not failed.retryable
    assert failed.outcome == "unknown"


def test_an_output_whose_code_crashes_is_a_failure(failure: Fail) -> None:
    class Broken(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError("no items today")

    @activity
    def give() -> Any:
        return Broken()

    assert "RuntimeError: no items today" in failure(give).message


def test_an_output_that_contains_a_secret_fails_without_showing_it(failure: Fail) -> None:
    secrets = Secrets({"KAGZI_SECRET_API_KEY": 'quoted"key'})
    key = secrets.get("API_KEY")

    @activity
    def give() -> Any:
        return {"header": f"Bearer {key}"}

    failed = failure(give, secrets=secrets)
    assert failed.code is Code.PRECONDITION_FAILED
    assert failed.message.startswith("the output of give contains the secret API_KEY; return something else")
    assert "quoted" not in str(failed)
    assert failed.outcome == "unknown"


def test_a_coroutine_returned_by_mistake_is_explained(failure: Fail) -> None:
    async def work() -> int:
        return 1

    @activity
    def forgot() -> Any:
        return work()

    @activity
    async def forgot_too() -> Any:
        return work()

    failed = failure(forgot)
    assert failed.message.startswith("forgot returned a coroutine; declare the function with `async def`")
    assert not failed.retryable
    assert failure(forgot_too).message.startswith("forgot_too returned a coroutine; await it in the function")


def test_a_generator_returned_by_mistake_is_explained(failure: Fail) -> None:
    @activity
    def forgot() -> Any:
        return (n for n in [1])

    assert "a generator is not JSON; make it a list" in failure(forgot).message
