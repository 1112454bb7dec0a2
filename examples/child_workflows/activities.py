"""The activities of onboard_team.yaml and of the workflows it calls."""

import asyncio

from kagzi_dsl import ActivityContext, activity


@activity
async def create_account(name: str, team: str) -> str:
    """Makes an account and gives its address."""
    await asyncio.sleep(0.1)
    return f"{name}@{team}"


@activity
async def delete_account(name: str, team: str, context: ActivityContext) -> None:
    """Removes an account, if there is one."""
    context.logger.info("removing %s@%s", name, team)


@activity
def order_laptop(name: str) -> str:
    """Orders a laptop and gives the number of the order."""
    return f"laptop-{name}"


@activity
def write_audit(team: str, accounts: list[str], context: ActivityContext) -> int:
    """Writes down who has an account, and gives their number."""
    context.logger.info("%s: %s", team, ", ".join(accounts))
    return len(accounts)
