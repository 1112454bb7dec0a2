"""Doing something to a run, to several, or to all that a filter finds: choosing, asking, telling."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click

from kagzi_dsl.cli.exits import COMPLETED, FAILED
from kagzi_dsl.cli.output import clean, colourful, is_terminal, say, write_json, write_text
from kagzi_dsl.cli.selecting import Selection
from kagzi_dsl.cli.words import COLOURS, columns, counted
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.store.records import Run

_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The runs a command is about: those named, or those a filter finds. `sure`: nobody is asked."""

    references: tuple[str, ...]
    selection: Selection
    sure: bool

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Targets:
        """The targets among the options of a command, which are taken out of `options`."""
        targets = cls(
            references=options.pop("references"),
            selection=Selection.taken_from(options),
            sure=options.pop("sure"),
        )
        if bool(targets.references) == bool(targets.selection):
            raise click.UsageError(
                "name runs, or say which with --status, --workflow, --label and the like; one of both"
            )
        return targets

    @property
    def one(self) -> bool:
        """Whether one run was named."""
        return len(self.references) == 1

    async def runs(self, client: Client, verb: str, statuses: Collection[str]) -> list[Run]:
        """The runs, the oldest first; by filter those in `statuses` if it says nothing of them.

        Asks before touching many. Raises RunNotFound, AmbiguousRun, click.UsageError and click.Abort.
        """
        if self.references:
            found = [await client.run(reference) for reference in self.references]
            return list({run.id: run for run in found}.values())
        selection = self.selection if self.selection.statuses else replace(self.selection, statuses=tuple(statuses))
        runs = await _all(client, selection)
        if len(runs) > 1 and not self.sure:
            _ask(f"{verb} {counted(len(runs), 'run')}")
        return runs[::-1]


async def _all(client: Client, selection: Selection) -> list[Run]:
    found: list[Run] = []
    page: list[Run] = []
    while not found or len(page) == _PAGE:
        before = found[-1].id if found else None
        page = await client.list_runs(await selection.filter(client, before=before, limit=_PAGE))
        if not page:
            break
        found += page
    return found


def _ask(what: str) -> None:
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise click.UsageError(f"this would {what}; add --yes to do it")
    if not click.confirm(f"{what}?", err=True):
        raise click.Abort


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done to a run: `word` says it, unless `error` says why not. `run` is as it is since."""

    run: Run
    word: str = ""
    error: str | None = None


def tell_deeds(deeds: Sequence[Deed], *, as_json: bool) -> int:
    """Prints what was done to each run, and gives the exit status."""
    if as_json:
        write_json([_as_json(deed) for deed in deeds])
    elif deeds:
        write_text("\n".join(_table(deeds)))
    else:
        say("no such runs")
    return FAILED if any(deed.error for deed in deeds) else COMPLETED


def _as_json(deed: Deed) -> dict[str, Any]:
    run = deed.run
    return {
        "run_id": str(run.id),
        "workflow": run.workflow,
        "external_id": run.external_id,
        "status": run.status,
        "done": deed.word if deed.error is None else None,
        "error": deed.error,
    }


def _table(deeds: Sequence[Deed]) -> list[str]:
    rows = [["RUN", "WORKFLOW", "STATUS", "DONE"]]
    rows += [[str(deed.run.id), deed.run.workflow, deed.run.status, deed.error or deed.word] for deed in deeds]
    lines = columns([[clean(cell) for cell in row] for row in rows])
    if not colourful(sys.stdout):
        return lines
    coloured = [
        click.style(line, fg="red" if deed.error else COLOURS.get(deed.run.status))
        for line, deed in zip(lines[1:], deeds, strict=True)
    ]
    return [click.style(lines[0], bold=True), *coloured]
