"""A run as people look at it: a head with the facts, and its nodes as an outline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

import click

from kagzi_dsl.cli.moments import Then
from kagzi_dsl.cli.nodeline import knows_symbols, pieces_of
from kagzi_dsl.cli.outline import Outline
from kagzi_dsl.cli.output import clean, colourful
from kagzi_dsl.cli.waits import waits_for
from kagzi_dsl.cli.words import COLOURS, failure_text, json_text, local_time, took
from kagzi_dsl.cli.workers import living_workers, named, whereabouts
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.client import Client, Shown
from kagzi_dsl.runtime.migrating import REASON
from kagzi_dsl.runtime.past import Was
from kagzi_dsl.runtime.store.limits import Full, full_limits
from kagzi_dsl.runtime.store.records import ENDED, Worker
from kagzi_dsl.runtime.trace import correlation_id, trace_id


@dataclass(frozen=True, slots=True)
class Seen:
    """A run with its nodes, who works on it, the living workers, and the time it is (ms)."""

    shown: Shown
    owner: Worker | None
    workers: Sequence[Worker]
    now: int
    past: Was | None = None
    """Set for a run as it was."""
    full: Mapping[str, Sequence[Full]] = field(default_factory=dict)
    """The limits that leave no room, of the queues its tasks wait in."""


async def look(client: Client, reference: str, then: Then | None = None) -> Seen:
    """Looks at a run as it is, or was. Raises RunNotFound, AmbiguousRun, and RunConflict for a time before it."""
    now = await client.store.now()
    if then is not None:
        at = then.moment.by(now) if then.moment is not None else None
        was = await client.show_past(reference, seq=then.seq, at=at)
        return Seen(Shown(was.run, was.nodes), None, (), now, was)
    shown = await client.show(reference)
    workers = await living_workers(client.store)
    owner = next((worker for worker in workers if worker.id == shown.run.owner), None)
    return Seen(shown, owner, workers, now, full=await _full_queues(client, shown))


async def _full_queues(client: Client, shown: Shown) -> dict[str, list[Full]]:
    waiting = {node.task.queue for node in shown.nodes if node.task is not None and node.task.owner is None}
    states = await client.store.queues(shown.run.namespace) if waiting else []
    return {one.queue: full_limits(one) for one in states if one.queue in waiting}


def picture(seen: Seen, *, rows: int, stream: TextIO) -> Iterator[str]:
    """The lines to show on `stream`, those of nodes at most `rows`."""
    colour = colourful(stream)
    for name, value, style in _head(seen):
        text = clean(value)
        yield f"{_styled(f'{name:<12}', 'dim', colour)} {_styled(text, style, colour)}"
    if not seen.shown.nodes:
        return
    yield ""
    for row in Outline(seen.shown.nodes).rows(rows):
        due = row.node.due if row.node is not None else None
        pieces = pieces_of(row, now=None, due=due, symbols=knows_symbols(stream))
        line = "".join(_styled(clean(text), style, colour) for text, style in pieces)
        task = row.node.task if row.node is not None else None
        if task is not None:
            told = whereabouts(task, seen.workers, seen.full.get(task.queue, ()))
            line = f"{line} {_styled(clean(told), 'dim', colour)}"
        yield line


def _styled(text: str, style: str, colour: bool) -> str:
    match style:
        case "":
            return text
        case "bold" | "dim":
            return click.style(text, bold=style == "bold" or None, dim=style == "dim" or None) if colour else text
        case _:
            return click.style(text, fg=style) if colour else text


def _head(seen: Seen) -> Iterator[tuple[str, str, str]]:
    """Name, value and style of each line of the head."""
    run = seen.shown.run
    yield "run", str(run.id), "bold"
    yield "workflow", f"{run.workflow}{f' {run.version}' if run.version else ''} (digest {run.digest[:12]})", ""
    if seen.past is not None:
        yield "as it was", f"after entry {seen.past.seq}, of {local_time(seen.past.at)}", "bold"
    yield "status", _status(seen), COLOURS.get(run.status, "")
    if run.external_id is not None:
        yield "external id", run.external_id, ""
    if "rerun_of" in run.origin:
        where = f", from {run.origin['from']}" if "from" in run.origin else ""
        yield "rerun of", f"{run.origin['rerun_of']}{where}", ""
    if run.parent is not None:
        yield "called by", f"{run.parent.path} of run {run.parent.run_id}", ""
    yield "trace", trace_id(run), ""
    if (correlated := correlation_id(run)) != str(run.root_id):
        yield "correlation", correlated, ""
    yield "created", local_time(run.created_at), ""
    if run.started_at is not None and run.finished_at is not None:
        yield "took", took(run.finished_at - run.started_at), ""
    yield "input", json_text(loads(run.input)), ""
    if run.output is not None:
        yield "output", json_text(loads(run.output)), ""
    if run.failure is not None:
        where = f"{run.failure.path}: " if run.failure.path else ""
        yield "error", f"{where}{failure_text(run.failure)}", "red"
    if run.compensation:
        yield "compensation", run.compensation, "red" if run.compensation == "failed" else ""


def _status(seen: Seen) -> str:
    run = seen.shown.run
    if run.status in ENDED or seen.past is not None:
        return run.status
    if seen.shown.pause == REASON:
        return (
            f"paused {REASON}; if that was interrupted, `kagzi-dsl migrate` does it and "
            f"`kagzi-dsl unpause {run.id}` lets it go on as it was"
        )
    if seen.owner is not None:
        return f"{run.status}, {named(seen.owner)} works on it"
    if run.available_at is not None and run.available_at > seen.now:
        return f"{run.status} until {local_time(run.available_at)}"
    if seen.shown.waits_for:
        return f"{run.status}, waits for {waits_for(seen.shown.waits_for)}"
    if run.status in ("running", "pending"):
        return f"{run.status}, but nobody works on it; `kagzi-dsl resume {run.id}` goes on with it"
    return f"paused: {seen.shown.pause}" if seen.shown.pause else run.status
