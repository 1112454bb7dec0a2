"""The activities of cleanup.yaml and nightly_report.yaml. Two sessions are always two days old."""

from kagzi_dsl import activity


@activity
async def find_expired(keep: float) -> list[str]:
    """The sessions nobody used for `keep` seconds."""
    return [session for session, age in {"s-1": 48, "s-2": 49, "s-3": 0}.items() if age * 3_600 > keep]


@activity
async def remove_session(session: str) -> None:
    """Removes a session."""


@activity
async def write_report(region: str, day: str) -> str:
    """Writes the report of a day; the file's name."""
    return f"report-{region}-{day}.csv"
