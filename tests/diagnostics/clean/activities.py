"""What the documents of this folder call; typed as people type things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, TypedDict

from pydantic import BaseModel

from kagzi_dsl import ActivityContext, activity


class Currency(Enum):
    EUR = "EUR"
    USD = "USD"


@dataclass
class Address:
    street: str
    city: str
    zip: str | None = None


class Customer(BaseModel):
    id: str
    name: str
    email: str | None = None
    address: Address | None = None
    vip: bool = False


class Payment(TypedDict):
    id: str
    amount: float


class Page(BaseModel):
    items: list[dict[str, Any]]
    next: str | None = None


@dataclass
class Hold:
    hold: str
    until: datetime


@activity
def validate_order(order_id: str) -> None: ...


@activity
def process_payment(amount: Decimal, currency: Currency = Currency.EUR, note: str | None = None) -> Payment: ...


@activity
def cancel_payment(payment_id: str | None, reason: str = "") -> None: ...


@activity
def reserve_inventory(order_id: str, until: datetime | None = None) -> Hold: ...


@activity
def release_inventory(hold: str | None) -> None: ...


@activity
def send_confirmation(context: ActivityContext, priority: Literal["low", "high"] = "low") -> dict[str, Any]: ...


@activity
def find_customer(id: str) -> Customer | None: ...


@activity
def send_email(to: str, subject: str, body: str = "", **headers: str) -> None: ...


@activity
def fetch_page(cursor: str | None = None, size: int = 100) -> Page: ...


@activity
def measure(text: str, deadline: timedelta | None = None) -> int: ...


@activity
def poll_job(job: str) -> dict: ...


@activity
def untyped(anything, more=None): ...


@activity(transactional=True)
async def record(context: ActivityContext, entry: dict[str, Any]) -> None: ...


@activity(at_most_once=True)
def launch(rocket: str) -> bool: ...
