"""Many runs made of one: rows a worker really wrote, copied by SQL under new ids and moved in time.

The columns are read from the database, so that a clone has whatever a run has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg

_ID = {"runs": "id", "queue": "run_id", "journal": "run_id"}
# As UUIDs of version 7 do, they sort by age: by a millisecond each, which is 48 bits.
_IDS = """
create temp table clone as select (
    lpad(to_hex($1::bigint + n), 12, '0') || '7' || substr(md5(random()::text), 1, 3)
    || '8' || substr(md5(n::text || random()::text), 1, 15)
)::uuid as id from generate_series(1, $2::integer) n
"""
_COLUMNS = """
select column_name, data_type, is_generated = 'ALWAYS' or is_identity = 'YES' as given
from information_schema.columns where table_schema = 'kagzi' and table_name = $1 order by ordinal_position
"""


async def clone(connection: asyncpg.Connection, run_id: UUID, count: int, *, later_ms: int = 0) -> None:
    """Copies a run that nobody owns, with its journal; every moment in it is `later_ms` later."""
    made = await connection.fetchval("select kagzi.clock()")
    # Parameters have no place in `create table as`, so the numbers are written out.
    await connection.execute(_IDS.replace("$1", str(made - count)).replace("$2", str(count)))
    for table, key in _ID.items():
        columns = list(_copied(await connection.fetch(_COLUMNS, table), key, later_ms))
        names, values = (", ".join(part) for part in zip(*columns, strict=True))
        rows = f"from kagzi.{table} row cross join clone where row.{key} = $1 order by clone.id"
        await connection.execute(f"insert into kagzi.{table} ({names}) select {values} {rows}", run_id, timeout=600)
    await connection.execute("drop table clone")
    for table in _ID:
        await connection.execute(f"vacuum analyze kagzi.{table}", timeout=600)


def _copied(columns: list[Any], key: str, later_ms: int) -> Iterator[tuple[str, str]]:
    """What stands in each column of a copy."""
    for name, kind, given in columns:
        if given:
            continue
        moment = kind == "bigint" and (name in ("at", "due") or name.endswith("_at"))
        own = name in (key, "root_id")
        yield name, "clone.id" if own else f"row.{name} + {later_ms}" if moment else f"row.{name}"
