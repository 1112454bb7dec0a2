"""Tables of runs and of journal entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import click

from kagzi_dsl.cli.output import clean
from kagzi_dsl.cli.waits import briefly
from kagzi_dsl.cli.words import COLOURS, columns, failure_text, json_text, local_time, shortened, took
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.limits import Full
from kagzi_dsl.runtime.store.records import Run

_LONGEST_ID = 40


def table(runs: Sequence[Run], waits: Mapping[UUID, Sequence[Full]] | None = None, *, colour: bool) -> list[str]:
    """Runs as lines, under a line of headings; with what those in line wait for, if there are any."""
    rows = [["RUN", "WORKFLOW", "STATUS", "CREATED", "TOOK", "EXTERNAL ID"]]
    rows += [_cells(run) for run in runs]
    if waits:
        cells = ["WAITS FOR", *(briefly(waits.get(run.id, ())) for run in runs)]
        rows = [[*row, cell] for row, cell in zip(rows, cells, strict=True)]
    lines = columns([[clean(cell) for cell in row] for row in rows])
    if not colour:
        return lines
    return [
        click.style(lines[0], bold=True),
        *(_coloured(line, run) for line, run in zip(lines[1:], runs, strict=True)),
    ]


def _cells(run: Run) -> list[str]:
    workflow = f"{run.workflow} {run.version}" if run.version else run.workflow
    ended = run.finished_at is not None and run.started_at is not None
    duration = took((run.finished_at or 0) - (run.started_at or 0)) if ended else ""
    external = shortened(run.external_id or "", _LONGEST_ID)
    return [str(run.id), workflow, run.status, local_time(run.created_at), duration, external]


def _coloured(line: str, run: Run) -> str:
    """The line with its status, which stands behind two columns that do not hold its word, in colour."""
    before, word, after = line.partition(f"  {run.status}  ")
    if not word:
        return line
    return f"{before}  {click.style(run.status, fg=COLOURS.get(run.status))}  {after}"


def journal_table(entries: Sequence[Entry], *, colour: bool) -> list[str]:
    """Journal entries as lines."""
    lines = columns([["SEQ", "AT", "WHAT", "WHERE", "STATUS"], *(_entry_cells(entry) for entry in entries)])
    full = [lines[0], *(_with_detail(line, entry) for line, entry in zip(lines[1:], entries, strict=True))]
    if not colour:
        return full
    return [
        click.style(full[0], bold=True),
        *(_entry_coloured(line, e) for line, e in zip(full[1:], entries, strict=True)),
    ]


def _entry_cells(entry: Entry) -> list[str]:
    what = entry.type.value.replace("_", " ")
    where = entry.path + (f" attempt {entry.attempt}" if entry.attempt > 1 else "")
    return [str(entry.seq), _moment(entry.at), what, clean(where), entry.status]


def entry_line(entry: Entry, *, colour: bool) -> str:
    """One journal entry as a line by itself, for whoever does not know what comes after it."""
    cells = [cell.ljust(width) for cell, width in zip(_entry_cells(entry), (5, 23, 18, 20, 9), strict=True)]
    line = _with_detail("  ".join(cells).rstrip(), entry)
    return _entry_coloured(line, entry) if colour else line


def _moment(at: int) -> str:
    return f"{local_time(at)}.{at % 1000:03}"


def _with_detail(line: str, entry: Entry) -> str:
    details = [
        failure_text(entry.failure) if entry.failure else "",
        json_text(loads(entry.output), 100) if entry.output is not None else "",
        entry.note.replace("_", " "),
        f"next at {_moment(entry.due)}" if entry.due is not None else "",
    ]
    return "  ".join(filter(None, [line, *(clean(one) for one in details)]))


def _entry_coloured(line: str, entry: Entry) -> str:
    if entry.failure is not None:
        return click.style(line, fg="red")
    return click.style(line, fg="bright_black") if entry.type.value == "node_closed" else line
