"""The activity of payout.yaml."""

from kagzi_dsl import activity


@activity
async def pay_out(month: str) -> None:
    """Pays out what is due for a month and has not been paid out yet."""
