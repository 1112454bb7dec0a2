"""The activities of order_processing.yaml. A shop, a bank and a warehouse would stand behind them."""

import asyncio
from dataclasses import dataclass

from kagzi_dsl import ActivityContext, ActivityError, activity

CARD_LIMIT = 1_000


@dataclass
class Payment:
    id: str
    amount: float


@dataclass
class Reservation:
    hold: str


@dataclass
class Confirmation:
    id: str


@activity
def validate_order(order_id: str, customer_id: str) -> None:
    """Refuses orders nobody can fulfil."""
    if not customer_id.startswith("C-"):
        raise ActivityError(f"there is no customer {customer_id}", code="NotFound", type="UnknownCustomer")


@activity
async def process_payment(order_id: str, customer_id: str, amount: float, context: ActivityContext) -> Payment:
    """Charges the customer's card. The bank does nothing twice under one idempotency key."""
    context.logger.info("charging %.2f to %s (key %s)", amount, customer_id, context.idempotency_key)
    await asyncio.sleep(0.1)
    if amount > CARD_LIMIT:
        raise ActivityError(f"the card does not cover {amount:.2f}", code="PreconditionFailed", type="CardDeclined")
    return Payment(id=f"pay-{order_id}", amount=amount)


@activity
async def cancel_payment(charged_as: str, context: ActivityContext) -> None:
    """Gives back what was charged under a key, if anything was."""
    context.logger.info("cancelling the charge made as %s", charged_as)


@activity
def reserve_inventory(order_id: str) -> Reservation:
    """Puts the order's goods aside."""
    return Reservation(hold=f"hold-{order_id}")


@activity
def release_inventory(order_id: str, context: ActivityContext) -> None:
    """Puts the goods back on the shelf; doing it twice does no harm."""
    context.logger.info("releasing what was put aside for %s", order_id)


@activity
async def send_confirmation(order_id: str, hold: str) -> Confirmation:
    """Tells the customer that the parcel is on its way."""
    return Confirmation(id=f"conf-{order_id}")
