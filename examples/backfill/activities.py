"""The activity of hourly_import.yaml. The meter of this example measures once a minute."""

from kagzi_dsl import activity


@activity
async def import_hour(hour: str) -> int:
    """Imports the measurements of an hour, in place of those that are there; the number of rows."""
    return 60
