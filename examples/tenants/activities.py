"""What importing a file does: here, it only takes a moment."""

import asyncio

from kagzi_dsl import activity


@activity
async def import_file(tenant: str, file: str) -> str:
    """Reads a file into the tenant's tables."""
    await asyncio.sleep(0.2)
    return f"{tenant}/{file}"
