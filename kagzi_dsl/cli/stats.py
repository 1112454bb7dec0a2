"""`kagzi-dsl stats`: how many runs there are, how long they take, how they fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.moments import duration
from kagzi_dsl.cli.options import database_options, json_option
from kagzi_dsl.cli.output import clean, colourful, say, write_json, write_text

if TYPE_CHECKING:
    from kagzi_dsl.payload import Json
    from kagzi_dsl.runtime.client import Client
    from kagzi_dsl.runtime.store.statistics import Durations, WorkflowStats


@click.command(short_help="Count runs, how long they take and how they fail.")
@click.option("--workflow", metavar="NAME", help="Only runs of this workflow.")
@click.option(
    "--since", callback=duration, default="24h", show_default=True, metavar="DURATION", help="How far to look back."
)
@json_option
@database_options
def stats(workflow: str | None, since: int, as_json: bool, database: str | None, namespace: str) -> int:
    """Count the runs of each workflow, how long they took and how they failed, and the same of their nodes.

    p50, p95 and p99 are the durations that half, 95 % and 99 % of them did not exceed; those of a run are from its
    first claim to its end, whatever it waited for in between.

    \b
    Examples:
      kagzi-dsl stats
      kagzi-dsl stats --workflow order-processing --since 7d --json
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.duration import format_duration
    from kagzi_dsl.runtime.store.statistics import Window

    async def look(client: Client) -> list[WorkflowStats]:
        window = Window(namespace=namespace, since=await client.store.now() - since, workflow=workflow)
        return await client.store.stats(window)

    found = with_client(database, namespace, look)
    if as_json:
        write_json([_as_json(one) for one in found])
    elif found:
        write_text("\n\n".join("\n".join(_lines(one)) for one in found))
    else:
        say(f"no runs began in the last {format_duration(since)}")
    return COMPLETED


def _as_json(one: WorkflowStats) -> Json:
    durations = asdict(one.durations) if one.durations else None
    nodes: list[Json] = [
        {**asdict(node), "durations": asdict(node.durations) if node.durations else None} for node in one.nodes
    ]
    return {
        "workflow": one.workflow,
        "runs": dict(one.runs),
        "durations": durations,
        "failures": dict(one.failures),
        "retries": one.retries,
        "nodes": nodes,
    }


def _lines(one: WorkflowStats) -> Iterator[str]:
    """A workflow: its runs, then a line for each node."""
    from kagzi_dsl.cli.words import columns, counted

    runs = ", ".join(f"{count:,} {status}" for status, count in sorted(one.runs.items()))
    name = clean(one.workflow)
    yield f"{click.style(name, bold=True) if colourful(sys.stdout) else name}: {runs}"
    if one.durations is not None:
        yield f"  took p50 {', p95 '.join(_durations(one.durations)[:2])}, p99 {_durations(one.durations)[2]}"
    if one.failures:
        failures = sorted(one.failures.items(), key=lambda item: (-item[1], item[0]))
        yield "  failed with " + ", ".join(f"{code} ({count:,})" for code, count in failures)
    if one.retries:
        yield f"  {counted(one.retries, 'attempt')} failed and {'was' if one.retries == 1 else 'were'} tried again"
    if one.nodes:
        rows = [["NODE", "KIND", "ENDED", "FAILED", "RETRIES", "P50", "P95", "P99"]]
        for node in one.nodes:
            counts = [f"{count:,}" for count in (node.ended, node.failed, node.retries)]
            rows.append([clean(node.node), node.kind, *counts, *_durations(node.durations)])
        yield from (f"  {line}" for line in columns(rows))


def _durations(durations: Durations | None) -> list[str]:
    from kagzi_dsl.cli.words import took

    return ["", "", ""] if durations is None else [took(one) for one in (durations.p50, durations.p95, durations.p99)]
