"""The PostgreSQL that the tests share."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """The PostgreSQL of this test run, and one migrated database of it for this worker's tests."""

    url: str
    worker_database: str

    def url_of(self, database: str) -> str:
        return in_database(self.url, database)

    def execute(self, *statements: str, database: str | None = None) -> None:
        import asyncpg

        async def run() -> None:
            connection = await asyncpg.connect(self.url_of(database) if database else self.url)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())


def in_database(url: str, database: str) -> str:
    """The URL of another database of the same server."""
    return re.sub(r"^(\w+://[^/?]*)(/[^?]*)?", rf"\1/{database}", url)
