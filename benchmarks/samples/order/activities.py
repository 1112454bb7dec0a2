"""The activities of order.yaml."""

from typing import TypedDict

from kagzi_dsl import activity


class Order(TypedDict):
    total: float


class Parcel(TypedDict):
    parcel: str


class Payment(TypedDict):
    payment: str


@activity
def load_order(order_id: str) -> Order:
    return {"total": 1.0}


@activity
def ask_somebody(text: str) -> str:
    return text


@activity
def pack_line(sku: str, count: int) -> Parcel:
    return {"parcel": sku}


@activity
def unpack(parcel: str) -> None: ...


@activity
def charge_card(amount: float) -> Payment:
    return {"payment": "p"}


@activity
def refund_card(payment: str) -> None: ...
