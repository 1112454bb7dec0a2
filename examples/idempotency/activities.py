"""The activities of charge_once.yaml, and the payment service they would call."""

from kagzi_dsl import ActivityContext, ActivityError, activity

_PAYMENTS: dict[str, dict[str, str | int]] = {}
"""What the service has charged, by idempotency key. A real one keeps this for days."""


@activity
def charge(order_id: str, amount: float, context: ActivityContext) -> dict[str, str | int]:
    """Charges a card. The key is the same in every attempt, so the service knows a charge it has made already."""
    key = context.idempotency_key
    if key in _PAYMENTS:
        return _PAYMENTS[key]
    context.logger.info("charging %.2f", amount)
    _PAYMENTS[key] = {"receipt": f"receipt-{order_id}", "charges": 1}
    raise ActivityError("the service charged, but its answer got lost", code="Unavailable")
