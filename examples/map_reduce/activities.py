"""The activities of map_reduce.yaml."""

import asyncio
from dataclasses import dataclass

from kagzi_dsl import ActivityError, activity

SALES = {"Paris": 600.0, "Lyon": 700.5, "Lille": 250.0, "Nice": 200.0}


@dataclass
class Sales:
    shop: str
    total: float


@activity
def list_shops() -> list[str]:
    """The shops there are today."""
    return ["Paris", "Lyon", "Lille", "Nice", "Brest"]


@activity
async def load_sales(shop: str, month: str) -> Sales:
    """Asks one shop what it sold in a month."""
    await asyncio.sleep(0.1)
    if shop not in SALES:
        raise ActivityError(f"{shop} does not answer", code="Unavailable")
    return Sales(shop, SALES[shop])


@activity
def write_report(month: str, total: float, best: str) -> str:
    """Writes the report and says where it is."""
    return f"reports/{month}.txt"
