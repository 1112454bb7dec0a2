"""What the checker says of arguments, against what binding them does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError

from kagzi_dsl.activities.typed import Typed
from kagzi_dsl.dsl.misfit import Wanted, misfits
from kagzi_dsl.dsl.types import of_value


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    SMALL = 1
    LARGE = 2


class Mixed(Enum):
    ONE = 1
    TWO = "two"


@dataclass
class Point:
    x: int
    y: float = 0.0


class Named(TypedDict, total=False):
    name: str
    size: int


class Order(BaseModel):
    id: str
    point: Point | None = None
    tags: set[str] = set()
    count: Annotated[int, Field(gt=0, le=3)] = 1


class Strict(BaseModel, extra="forbid", strict=True):
    id: str
    day: date | None = None


class Aliased(BaseModel, populate_by_name=True, extra="forbid"):
    order_id: str = Field(alias="orderId")
    class_: str = Field("a", alias="class")


HINTS: tuple[Any, ...] = (
    int, float, bool, str, None, Any, Decimal, datetime, date, time, timedelta, UUID, Path, Colour, Size, Mixed, bytes,
    Literal["a", 1], Literal[True], list, dict, list[int], set[str], frozenset[int], tuple[int, str], tuple[int, ...],
    dict[str, int], dict[int, str], int | None, int | str, list[int] | dict[str, str], str | None, Point, Named, Order,
    Strict, Aliased, list[Order], dict[str, Point], Point | Order | None, Annotated[int, Field(ge=2)],
    Annotated[str, Field(min_length=2, max_length=3)], Annotated[str, Field(pattern="^a+$")],
    Annotated[float, Field(multiple_of=0.5)], Annotated[list[int], Field(max_length=1)],
)  # fmt: skip
"""Types that people give to parameters."""

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from((0.5, 1.0, 1e9, -2.5)),
    st.sampled_from(("", "a", "aa", "red", "two", "7", "1.5", " 1 ", "1_000", "true", "Yes", "0", "nan", "1e3", "x")),
    st.sampled_from(("2026-01-31", "2026-01-31T09:00:00Z", "09:30", "PT30M", "P1D", "12:30:00", "3 days, 04:00:00")),
    st.sampled_from(("12345678-1234-5678-1234-567812345678", "/tmp/x", "aGVsbG8=", "1", "٣", "１")),
)
keys = st.sampled_from(("x", "y", "id", "name", "size", "point", "tags", "count", "day", "1", "order_id", "class_"))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3), max_leaves=5
)


@pytest.mark.parametrize("hint", HINTS, ids=str)
@settings(max_examples=60)
@given(value=values)
@example(value={"x": "1", "y": "2.5"})
@example(value={"id": "a", "point": {"x": 1}, "tags": ["a"], "count": "2"})
@example(value={"order_id": "a", "class_": "b"})
@example(value={"orderId": "a", "class": "b"})
def test_nothing_is_said_against_an_argument_that_can_be_bound(hint: Any, value: Any) -> None:
    typed = Typed(hint, "the parameter x")
    try:
        typed.read(value)
    except (ValidationError, ValueError):
        return
    schema = typed.schema("validation")
    assert list(misfits(of_value(value), Wanted(schema, schema, coerced=True))) == []
