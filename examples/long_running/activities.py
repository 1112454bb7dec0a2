"""The activities of subscription.yaml."""

from kagzi_dsl import ActivityContext, activity


@activity
async def bill(customer: str, month: int, context: ActivityContext) -> int:
    """Sends the bill of a month."""
    context.logger.info("billing %s for month %d under the key %s", customer, month, context.idempotency_key)
    return month


@activity
def say_goodbye(customer: str, context: ActivityContext) -> bool:
    """Thanks a customer who leaves."""
    context.logger.info("thank you, %s", customer)
    return True
