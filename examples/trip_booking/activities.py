"""The activities of trip_booking.yaml."""

import asyncio

from kagzi_dsl import ActivityContext, ActivityError, activity


@activity
async def book_flight(traveller: str, city: str) -> str:
    """Books the flight and gives its number."""
    await asyncio.sleep(0.1)
    return f"flight to {city}"


@activity
def book_hotel(traveller: str, city: str) -> str:
    """Books the hotel and gives its number."""
    return f"hotel in {city}"


@activity
def book_car(traveller: str, city: str) -> str:
    """Books the car and gives its number."""
    if city == "Venice":
        raise ActivityError("there are no cars in Venice", code="PreconditionFailed", type="NoCars")
    return f"car in {city}"


@activity
async def cancel_booking(kind: str, booked_as: str, context: ActivityContext) -> None:
    """Cancels what was booked under a key, if anything was."""
    context.logger.info("cancelling the %s booked as %s", kind, booked_as)


@activity
def tell_traveller(traveller: str, reason: str, context: ActivityContext) -> None:
    """Writes to the traveller that nothing came of it."""
    context.logger.info("dear %s, your trip is off: %s", traveller, reason)
