"""The PostgreSQL that the tests share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """The PostgreSQL of this test run, and one migrated database of it for this worker's tests."""

    url: str
    worker_database: str

    def url_of(self, database: str) -> str:
        return self.url.replace("/kagzi?", f"/{database}?")

    def execute(self, *statements: str, database: str = "kagzi") -> None:
        import asyncpg

        async def run() -> None:
            connection = await asyncpg.connect(self.url_of(database))
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())
