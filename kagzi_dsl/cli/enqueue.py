"""What `start` does: check the workflow and the inputs, and put runs into the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kagzi_dsl.cli import report
from kagzi_dsl.cli.bulk import Lines, read_lines
from kagzi_dsl.cli.checking import Checked, check_file
from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.given import fitting_input
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.open import with_client
from kagzi_dsl.cli.output import say, write_json, write_text
from kagzi_dsl.cli.sources import origin_of
from kagzi_dsl.cli.start_options import Given
from kagzi_dsl.cli.unchecked import hinted, say_unchecked, to_start
from kagzi_dsl.cli.waiting import wait_for
from kagzi_dsl.cli.words import counted
from kagzi_dsl.cli.workers import why_nobody_would
from kagzi_dsl.dsl.link import is_file
from kagzi_dsl.errors import AlreadyExists, BadInputs, DocumentError
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.starting import Blueprint, StartOptions
from kagzi_dsl.runtime.store.records import Started
from kagzi_dsl.runtime.view import record_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be started, with what, and how."""

    workflow: str
    given: Given
    bulk: str | None
    wait: bool
    no_import: bool
    activities: tuple[str, ...]
    manner: Manner


def start_for_workers(wish: Wish) -> int:
    """Does what `start` is asked for, and gives the exit status."""
    checked = _checked(wish)
    lines = _lines(wish, checked.linked.root.input_schema) if checked is not None else None
    manner = wish.manner

    async def work(client: Client) -> list[Started]:
        return await Enqueueing(wish, client, checked, lines).run()

    started = with_client(manner.database, manner.namespace, work)
    if not wish.wait:
        return COMPLETED
    return wait_for(manner, [str(started[0].run_id)], None)


def _checked(wish: Wish) -> Checked | None:
    """The file, checked; None for the name of a stored workflow. Raises DocumentError."""
    if not is_file(wish.workflow) and not Path(wish.workflow).is_file():
        return None
    checked = check_file(wish.workflow, activities=wish.activities, load=not wish.no_import, needed=to_start)
    if checked.fails:
        raise DocumentError(hinted(checked.diagnostics))
    return checked


def _lines(wish: Wish, schema: Mapping[str, Any] | None) -> Lines:
    """The inputs, as far as they can be checked without the database. Raises ConfigError and InputError."""
    if wish.bulk is not None:
        return read_lines(wish.bulk)
    return Lines("", [1], [fitting_input(schema, wish.given.whole, wish.given.assignments)])


@dataclass(frozen=True, slots=True)
class Enqueueing:
    """A wish and the client to carry it out with; `checked` and `lines` where there is a file."""

    wish: Wish
    client: Client
    checked: Checked | None
    lines: Lines | None

    async def run(self) -> list[Started]:
        """Starts what is to be started, and tells."""
        blueprint = await self.client.blueprint(self.wish.workflow if self.checked is None else self.checked.linked)
        lines = self.lines or _lines(self.wish, blueprint.workflow.input_schema)
        started = await (self._one(blueprint, lines) if self.wish.bulk is None else self._many(blueprint, lines))
        await self._warn(started)
        return started

    def _options(self) -> StartOptions:
        origin = {} if self.checked is None else origin_of(self.wish.workflow, self.checked.sets)
        return {**self.wish.given.options, "origin": origin}

    async def _one(self, blueprint: Blueprint, lines: Lines) -> list[Started]:
        given = self.wish.given
        started = await self.client.start(
            blueprint,
            lines.inputs[0],
            external_id=given.external_id,
            on_conflict=given.on_conflict,
            **self._options(),
        )
        run = await self.client.run(str(started.run_id))
        if started.already_exists:
            self._note(f"it was started before ({run.status})")
        if not self.wish.wait and self.wish.manner.as_json:
            write_json({**record_of(run), "already_exists": started.already_exists})
        elif not self.wish.wait:
            write_text(str(run.id))
        return [started]

    async def _many(self, blueprint: Blueprint, lines: Lines) -> list[Started]:
        given = self.wish.given
        external_ids = lines.external_ids(given.external_id)
        restart = given.on_conflict == "restart_failed"
        try:
            started = await self.client.start_many(
                blueprint,
                lines.inputs,
                external_ids=external_ids,
                on_conflict="restart_failed" if restart else "return",
                **self._options(),
            )
        except BadInputs as error:
            raise lines.problem(error.by_place) from error
        self._tell_all(started, external_ids)
        if given.on_conflict == "reject":
            _refuse_taken(started, external_ids)
        return started

    def _tell_all(self, started: Sequence[Started], external_ids: Sequence[str | None]) -> None:
        if self.wish.manner.as_json:
            write_json(
                [
                    {"run_id": str(one.run_id), "external_id": name, "already_exists": one.already_exists}
                    for one, name in zip(started, external_ids, strict=True)
                ]
            )
        else:
            write_text("\n".join(str(one.run_id) for one in started))
        there = sum(one.already_exists for one in started)
        rest = f"; {there:,} {'was' if there == 1 else 'were'} there already" if there else ""
        self._note(f"started {counted(len(started) - there, 'run')}{rest}")

    async def _warn(self, started: Sequence[Started]) -> None:
        """Tells of warnings in the document, and of a run that nobody would take up."""
        if self.checked is not None and (told := report.summary_of(self.checked.diagnostics)):
            self._note(f"{told}; `kagzi-dsl validate {self.wish.workflow}` shows them")
        if self.checked is not None:
            await say_unchecked(self.client, self.checked.unchecked, self.checked.spared)
        new = next((one for one in started if one.created), None)
        run = await self.client.store.run(new.run_id) if new is not None else None
        why = None if run is None else await why_nobody_would(self.client.store, run)
        if run is not None and why is not None:
            here = self.wish.manner.command("resume", run.id)
            what = f"it up{why}; this goes on with it here: {here}" if len(started) == 1 else f"them up{why}"
            say(f"warning: no worker is about to take {what}", fg="yellow")

    def _note(self, text: str) -> None:
        if not self.wish.manner.quiet:
            say(text)


def _refuse_taken(started: Sequence[Started], external_ids: Sequence[str | None]) -> None:
    """Raises AlreadyExists for the first id that was taken."""
    for one, name in zip(started, external_ids, strict=True):
        if one.already_exists:
            raise AlreadyExists(name or "", str(one.run_id))
