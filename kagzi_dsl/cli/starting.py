"""What `run` does: check the file and the input, start the run or find the one of this id, follow it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.cli import report
from kagzi_dsl.cli.checking import Checked, check_file, in_order
from kagzi_dsl.cli.exits import COMPLETED, report_error
from kagzi_dsl.cli.follow import Foreground, left_behind, take_over, take_up_the_rest
from kagzi_dsl.cli.given import fitting_input
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.output import colourful, say, stdout_kept, write_json, write_text
from kagzi_dsl.cli.session import Session, with_session
from kagzi_dsl.cli.sources import differs, origin_of, registry_for
from kagzi_dsl.cli.start_options import Given
from kagzi_dsl.cli.unchecked import hinted, say_unchecked, to_start, without_a_worker
from kagzi_dsl.cli.workers import why_nobody_would
from kagzi_dsl.errors import AlreadyExists, DocumentError, InputError, KagziError, RunConflict
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.engine import Engine
from kagzi_dsl.runtime.starting import StartOptions
from kagzi_dsl.runtime.store.records import ENDED, NewRun, Run, RunFilter
from kagzi_dsl.runtime.view import record_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be run, with what, and how."""

    file: str
    given: Given
    activities: tuple[str, ...]
    detach: bool
    no_import: bool
    manner: Manner


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A file that was checked, with the input for it; or why it cannot be started."""

    checked: Checked
    input: Json = None
    refusal: KagziError | None = None


def start_and_follow(wish: Wish) -> int:
    """Does what `run` is asked for, and gives the exit status."""
    with stdout_kept() as stdout:
        plan = _plan(wish)
        # A run of this id may be there: it goes on as it was started, whatever became of the file.
        if plan.refusal is not None and (wish.given.external_id is None or plan.checked.linked.document is None):
            return _refuse(plan, wish)
        return with_session(wish.manner, lambda session: Starting(wish, plan, session).run(), stdout)


def _plan(wish: Wish) -> Plan:
    checked = check_file(wish.file, activities=wish.activities, load=not wish.no_import, needed=to_start)
    if checked.fails:
        told = hinted(checked.diagnostics) if wish.detach else in_order([*checked.diagnostics, *checked.spared])
        return Plan(checked=checked, refusal=DocumentError(told))
    schema, given = checked.linked.root.input_schema, wish.given
    try:
        return Plan(checked=checked, input=fitting_input(schema, given.whole, given.assignments))
    except InputError as error:
        return Plan(checked=checked, refusal=error)


def _refuse(plan: Plan, wish: Wish) -> int:
    assert plan.refusal is not None
    return report_error(plan.refusal, debug=wish.manner.debug)


@dataclass(frozen=True, slots=True)
class Starting:
    """A plan and the session to carry it out in."""

    wish: Wish
    plan: Plan
    session: Session

    async def run(self) -> int:
        """Starts the run, or goes on with the one of this external id."""
        there = await self._there() if self.wish.given.external_id is not None else None
        if there is not None and self.wish.given.on_conflict == "reject":
            raise AlreadyExists(self.wish.given.external_id or "", str(there.id))
        if there is not None and not (self._restarts and there.status in ("failed", "cancelled")):
            return await (self._point_at(there) if self.wish.detach else self._go_on(there))
        if self.plan.refusal is not None:
            return _refuse(self.plan, self.wish)
        new = await self._new_run()
        return await (self._detach(new) if self.wish.detach else self._start(new))

    @property
    def _restarts(self) -> bool:
        return self.wish.given.on_conflict == "restart_failed"

    async def _there(self) -> Run | None:
        """The run that has this external id."""
        document = self.plan.checked.linked.document
        assert document is not None
        client = self.session.client
        wanted = RunFilter(
            namespace=client.namespace,
            workflow=document.workflow.name,
            external_id=self.wish.given.external_id,
            limit=1,
        )
        return next(iter(await client.list_runs(wanted)), None)

    async def _new_run(self) -> NewRun:
        checked = self.plan.checked
        linked, origin = checked.linked, origin_of(self.wish.file, checked.sets)
        try:
            options: StartOptions = {**self.wish.given.options, "origin": origin}
            return await self.session.client.prepare(
                linked, self.plan.input, external_id=self.wish.given.external_id, **options
            )
        except RunConflict as error:
            if not linked.unresolved:
                raise
            # What is a warning as long as nobody knows the database is an error now.
            raise DocumentError([replace(one, severity="error") for one in linked.unresolved]) from error

    # -- here

    async def _start(self, new: NewRun) -> int:
        checked = self.plan.checked
        registry = checked.registry
        assert registry is not None
        if checked.spared and (not checked.unchecked or await self._nobody_has_all()):
            raise DocumentError(in_order([*checked.diagnostics, *checked.spared]))

        async def begin(foreground: Foreground, engine: Engine) -> Run:
            if new.available_at is None:
                [started] = await engine.start([new], restart_failed=self._restarts)
            else:
                [started] = await engine.store.start([new], restart_failed=self._restarts)
            foreground.display.note(f"run {started.run_id}")
            self._tell_warnings()
            run = await self.session.client.run(str(started.run_id))
            # It may be for later or need a slot, or somebody has started one of this external id in this very moment.
            return run if started.fence is not None else await take_over(foreground, engine, run)

        return await self.session.work_on(registry, new.root_id, begin)

    async def _nobody_has_all(self) -> bool:
        """Whether an activity that is not here is nowhere else either."""
        return bool(await without_a_worker(self.session.client, self.plan.checked.unchecked))

    def _tell_warnings(self) -> None:
        if (warnings := self.plan.checked.diagnostics) and not self.wish.manner.quiet:
            write_text(report.text_of(warnings, colour=colourful(sys.stderr)), sys.stderr)
            say(report.summary_of(warnings), fg="yellow")

    async def _go_on(self, run: Run) -> int:
        rest = await left_behind(self.session.client, run) if run.status in ENDED else []
        if run.status in ENDED and not rest:
            self._note(f"run {run.id}")
            self._note(f"it has ended already ({run.status}); nothing was started")
            if (edited := self._edited(run)) is not None:
                self._note(edited)
            return self.session.tell(run)
        registry, source = await self._registry_for(run)

        async def begin(foreground: Foreground, engine: Engine) -> Run:
            if rest:
                return await take_up_the_rest(foreground, engine, run, rest)
            for line in (f"run {run.id}", "it was started before, and goes on", self._edited(run), source):
                if line is not None:
                    foreground.display.note(line)
            return await take_over(foreground, engine, run)

        return await self.session.work_on(registry, run.root_id, begin)

    async def _registry_for(self, run: Run) -> tuple[Registry, str | None]:
        """The file's own activities where they are enough, else those the run was started with."""
        own = self.plan.checked.registry
        try:
            registry, source = await registry_for(self.session.client, run, self.wish.activities, own=own)
        except KagziError:
            # What is wrong with the file is likely why an activity is missing.
            if self.plan.refusal is not None:
                _refuse(self.plan, self.wish)
            raise
        return registry, source

    def _edited(self, run: Run) -> str | None:
        started_with = {**run.pins, run.workflow: run.digest}
        digests = self.plan.checked.linked.digests
        if all(digests.get(name, digest) == digest for name, digest in started_with.items()):
            return None
        return differs(self.wish.file)

    def _note(self, text: str) -> None:
        if not self.wish.manner.quiet:
            say(text)

    # -- elsewhere

    async def _detach(self, new: NewRun) -> int:
        [started] = await self.session.client.store.start([new], restart_failed=self._restarts)
        run = await self.session.client.run(str(started.run_id))
        if not started.created:
            return await self._point_at(run)
        self._tell_warnings()
        self._print_id(run)
        await say_unchecked(self.session.client, self.plan.checked.unchecked, self.plan.checked.spared)
        if (why := await why_nobody_would(self.session.client.store, run)) is not None:
            again = self.wish.manner.command("resume", run.id)
            say(f"warning: no worker is about to take it up{why}; this goes on with it here: {again}", fg="yellow")
        return COMPLETED

    async def _point_at(self, run: Run) -> int:
        self._note(f"it was started before ({run.status})")
        if (edited := self._edited(run)) is not None:
            self._note(edited)
        self._print_id(run)
        return COMPLETED

    def _print_id(self, run: Run) -> None:
        if self.wish.manner.as_json:
            write_json(record_of(run), self.session.stdout)
        else:
            write_text(str(run.id), self.session.stdout)
