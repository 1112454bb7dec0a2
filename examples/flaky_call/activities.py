"""The activity of flaky_call.yaml."""

from typing import TypedDict

from kagzi_dsl import ActivityContext, ActivityError, activity

RATES = {"CHF": 0.93, "GBP": 0.84}


class Rate(TypedDict):
    currency: str
    rate: float


@activity
async def fetch_rate(currency: str, context: ActivityContext) -> Rate:
    """Asks a service that answers only when it is asked for the third time."""
    if currency == "USD":
        raise ActivityError("the quota of today is used up", code="Unavailable", type="QuotaExceeded")
    if currency not in RATES:
        raise ActivityError(f"there is no currency {currency}", code="InvalidArgument")
    if context.attempt < 3:
        raise ActivityError("the service is busy", code="Unavailable")
    return {"currency": currency, "rate": RATES[currency]}
