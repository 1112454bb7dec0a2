"""The activities of profile_fetch.yaml: three services, each slower than the one before."""

import asyncio
from dataclasses import dataclass

from kagzi_dsl import ActivityError, activity

NAMES = {7: "Ada", 8: "Bob"}


@dataclass
class Account:
    id: int
    name: str


@dataclass
class Order:
    id: str
    total: float


@activity
async def fetch_account(user_id: int) -> Account:
    """The account service."""
    await asyncio.sleep(0.1)
    if user_id not in NAMES:
        raise ActivityError(f"nobody has the id {user_id}", code="NotFound")
    return Account(id=user_id, name=NAMES[user_id])


@activity
async def fetch_orders(user_id: int) -> list[Order]:
    """The order service."""
    await asyncio.sleep(0.2)
    return [Order("A-1", 42.5), Order("A-2", 7.0)]


@activity
async def fetch_recommendations(user_id: int) -> list[str]:
    """The recommendation service, which is down now and then."""
    await asyncio.sleep(0.3)
    if user_id == 8:
        raise ActivityError("the recommendation service is down", code="Unavailable")
    return ["ink"]
