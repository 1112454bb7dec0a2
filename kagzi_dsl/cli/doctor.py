"""`kagzi-dsl doctor`: what is wrong with the database, and what to type."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from kagzi_dsl.cli.debug import debug_option
from kagzi_dsl.cli.exits import COMPLETED, FAILED
from kagzi_dsl.cli.options import database_option, json_option
from kagzi_dsl.cli.output import clean, colourful, say, write_json, write_text

if TYPE_CHECKING:
    from kagzi_dsl.runtime.store.postgres.checkup import Finding

_COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


@click.command(short_help="Look for what is wrong, and say what to do about it.")
@json_option
@database_option
@debug_option
def doctor(as_json: bool, database: str | None) -> int:
    """Look at the database and at what runs in it, and say what is wrong and what to type.

    It looks at the connection, the server's version, the schema, clocks, settings, connections, old transactions, dead
    rows, leases, runs that wait or do not get on, and at whether the tables fit together. It changes nothing. The exit
    status is 1 when something is in error; warnings do not count.

    \b
    Examples:
      kagzi-dsl doctor
      kagzi-dsl doctor --json | jq '.[] | select(.level != "ok")'
    """
    from kagzi_dsl.cli.loop import run_async
    from kagzi_dsl.cli.open import database_url
    from kagzi_dsl.runtime.store.postgres import migrate
    from kagzi_dsl.runtime.store.postgres.checkup import examine

    async def look(url: str) -> list[Finding]:
        if not database:  # an embedded one is kept up to date by itself
            await migrate(url)
        return [finding async for finding in examine(url)]

    with database_url(database) as url:
        findings = run_async(look(url))
    if as_json:
        write_json([asdict(finding) for finding in findings])
    else:
        write_text("\n".join(_lines(findings)))
        say(_summary(findings))
    return FAILED if any(finding.level == "error" for finding in findings) else COMPLETED


def _lines(findings: list[Finding]) -> list[str]:
    widest = max(len(finding.check) for finding in findings)
    lines = []
    for finding in findings:
        level = finding.level.ljust(len("warning"))
        level = click.style(level, fg=_COLOURS[finding.level]) if colourful(sys.stdout) else level
        lines.append(f"{level}  {finding.check.ljust(widest)}  {clean(finding.message)}")
        if finding.advice:
            lines.append(f"{'':7}  {'':{widest}}  → {clean(finding.advice)}")
    return lines


def _summary(findings: list[Finding]) -> str:
    from kagzi_dsl.cli.words import counted

    errors, warnings = (sum(finding.level == level for finding in findings) for level in ("error", "warning"))
    if not errors and not warnings:
        return "all is well"
    return ", ".join(counted(count, noun) for count, noun in ((errors, "error"), (warnings, "warning")) if count)
