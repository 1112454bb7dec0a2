"""`uuid`: a random identifier, recorded when the node first runs, so that it stays the same from then on."""

from __future__ import annotations

from kagzi_dsl.activities.decorator import activity


@activity
async def uuid() -> str:
    """A new UUID (version 4, RFC 9562) as text."""
    from uuid import uuid4  # the module asks the system for facts on import: not for those who only check a document

    return str(uuid4())
