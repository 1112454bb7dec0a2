from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.plain import plain
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.errors import RegistrationError
from kagzi_dsl.retry import Retry
from kagzi_dsl.signature import Signature


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


@dataclass
class Order:
    id: str
    due: date
    size: Size = Size.SMALL


class Line(TypedDict):
    sku: str
    price: Decimal


class Receipt(BaseModel):
    total: Decimal
    at: datetime
    number: int = Field(gt=0)


class Opaque:
    pass


def signature(function: Callable[..., Any]) -> Signature:
    signatures = Registry.of(function).signatures()
    return next(
        signatures[name] for name in signatures if signatures[name].place.startswith("test_activity_signatures")
    )


def test_parameters_come_from_type_hints_and_defaults() -> None:
    @activity(retry={"max_attempts": 2}, timeout="5s", at_most_once=False)
    async def charge(order_id: str, amount: float, note: str | None = None, anything=None) -> dict[str, int]:  # type: ignore[no-untyped-def]
        """Charges the
        customer.

        More about it.
        """
        return {}

    found = signature(charge)
    assert {name: (p.required, p.schema) for name, p in found.parameters.items()} == {
        "order_id": (True, {"type": "string"}),
        "amount": (True, {"type": "number"}),
        "note": (False, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "anything": (False, {}),
    }
    assert found.output_schema == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert found.description == "Charges the customer."
    assert found.retry == Retry(max_attempts=2)
    assert found.timeout == 5_000
    assert not found.open_ended


def test_types_beyond_json_are_described_by_pydantic() -> None:
    @activity
    def charge(order: Order, lines: list[Line], size: Size, count: Annotated[int, Field(ge=1)]) -> Receipt: ...

    found = signature(charge)
    order = found.parameters["order"].schema
    assert order["required"] == ["id", "due"]
    assert order["properties"]["due"] == {"title": "Due", "type": "string", "format": "date"}
    assert found.parameters["lines"].schema["items"] == {"$ref": "#/$defs/Line"}
    assert found.parameters["size"].schema["enum"] == ["s", "l"]
    assert found.parameters["count"].schema == {"type": "integer", "minimum": 1}
    # What is written is described, not what may be read: a Decimal is written as text.
    assert found.output_schema["properties"]["total"]["type"] == "string"


def test_the_context_is_no_parameter_of_the_workflow() -> None:
    @activity
    def one(ctx: ActivityContext, n: int) -> None: ...

    @activity
    def two(n: int, where: ActivityContext | None = None) -> None: ...

    @activity
    def three(n: int, *, where: "ActivityContext") -> None: ...  # noqa: UP037

    for function in (one, two, three):
        assert list(signature(function).parameters) == ["n"]


def test_keywords_of_any_name_make_a_signature_open_ended() -> None:
    @activity
    def charge(order_id: str, **rest: int) -> None: ...

    found = signature(charge)
    assert found.open_ended
    assert list(found.parameters) == ["order_id"]


def test_policies_are_told() -> None:
    @activity(at_most_once=True)
    async def once() -> None: ...

    @activity(transactional=True)
    async def exactly(ctx: ActivityContext) -> None: ...

    assert signature(once).at_most_once
    assert signature(once).retry.max_attempts == 1
    assert signature(exactly).transactional


def test_a_parameter_that_json_cannot_hold_is_refused_by_name() -> None:
    @activity
    def charge(client: Opaque) -> None: ...

    signatures = Registry.of(charge).signatures()
    with pytest.raises(RegistrationError) as caught:
        signatures["charge"]
    message = str(caught.value)
    assert message.startswith("test_activity_signatures.py:")
    assert "the parameter client of charge has the type Opaque, which cannot be read from JSON" in message
    assert "use a JSON type, a dataclass" in message


def test_a_type_that_json_schema_cannot_tell_may_be_anything() -> None:
    @activity
    def charge(pick: Callable[[int], int], n: int) -> Opaque: ...

    found = signature(charge)
    assert found.parameters["pick"].schema == {}
    assert found.output_schema == {}


def test_signatures_are_a_mapping_of_every_name() -> None:
    signatures = Registry().signatures()
    assert set(signatures) == {"http.request", "log", "now", "uuid"}
    assert len(signatures) == 4
    assert "nope" not in signatures
    assert signatures["log"] is signatures["log"]
    with pytest.raises(KeyError):
        signatures["nope"]


@pytest.mark.parametrize(
    "hint",
    [
        str, int, float, bool, None, type(None), dict, list, object, Any, list[str], list[Any], dict[str, int],
        dict[str, Any], list[dict[str, list[float]]], str | None, int | str | None, list[int] | None,
        Literal["a"], Literal["a", "b"], dict[str, Literal["a", "b"] | None],
    ],
    ids=str,
)  # fmt: skip
def test_plain_types_are_described_as_pydantic_describes_them(hint: Any) -> None:
    found = plain(hint)
    assert found is not None
    for mode in ("validation", "serialization"):
        assert found.schema == TypeAdapter(hint).json_schema(mode=mode)  # type: ignore[arg-type]


SAMPLES: list[Any] = [
    None, True, False, 0, 1, -7, 2.5, 3.0, "", "a", "b", "1", [], [1], ["a"], [None], [1.5], [{"a": [1.0]}], {},
    {"a": 1}, {"a": "a"}, {"a": None}, {"b": 2.5}, [[1]],
]  # fmt: skip


@pytest.mark.parametrize(
    "hint",
    [
        str, int, float, bool, None, dict, list, Any, list[str], dict[str, int], list[dict[str, list[float]]],
        str | None,
        int | str | None, float | None, Literal["a", "b"], dict[str, Literal["a"] | None],
    ],
    ids=str,
)  # fmt: skip
def test_what_is_passed_as_it_is_would_come_through_pydantic_unchanged(hint: Any) -> None:
    found = plain(hint)
    assert found is not None
    adapter: TypeAdapter[Any] = TypeAdapter(hint)
    for sample in filter(found.accepts, SAMPLES):
        read = adapter.validate_json(json.dumps(sample))
        assert (type(read), read) == (type(sample), sample)


@pytest.mark.parametrize(
    "hint",
    [
        set[str], tuple[int, ...], bytes, Decimal, Order, Line, Annotated[str, Field(min_length=1)], dict[int, str],
        list[Order], Order | None, Literal[1, 2], Size,
    ],
    ids=str,
)  # fmt: skip
def test_other_types_are_left_to_pydantic(hint: Any) -> None:
    assert plain(hint) is None


def test_plain_activities_need_neither_pydantic_nor_httpx() -> None:
    program = """
import sys
from kagzi_dsl.activities.registry import Registry
signatures = Registry().signatures()
assert [signatures[name] for name in signatures]
heavy = {"pydantic", "pydantic_core", "httpx", "httpcore", "asyncio", "jsonschema"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


class Tree(TypedDict, total=False):
    name: Required[str]
    children: list[Tree]
    size: NotRequired[Size | None]
    line: Annotated[Line, "a line"] | dict[str, Line]


def test_a_typed_dict_may_hold_itself_and_leave_keys_out() -> None:
    @activity
    def plant(tree: Tree, lines: dict[str, list[Line]] | None = None) -> Tree | None: ...

    found = signature(plant)
    tree = found.parameters["tree"].schema["$defs"]["Tree"]
    assert tree["required"] == ["name"]
    assert tree["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}
    assert set(tree["properties"]) == {"name", "children", "size", "line"}
    assert found.output_schema["anyOf"][1] == {"type": "null"}
