"""The schedules of a client: created, changed, looked at; and those of documents kept in step with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack
from uuid import UUID

from kagzi_dsl.calendar.fires import fires, next_fire
from kagzi_dsl.dsl.link import Linked
from kagzi_dsl.dsl.nearest import did_you_mean
from kagzi_dsl.dsl.schedule import Overlap, Schedule, flaws
from kagzi_dsl.errors import ConfigError, ScheduleConflict, ScheduleNotFound
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.firing import run_of
from kagzi_dsl.runtime.starting import Blueprint, ToStart
from kagzi_dsl.runtime.store.records import NewRun, Run
from kagzi_dsl.runtime.store.schedules import NOBODY, ScheduleStore, StoredSchedule

if TYPE_CHECKING:
    from kagzi_dsl.runtime.client import Client

_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,199}")
_TRIES = 10


class ScheduleOptions(TypedDict, total=False):
    """What can be said of a schedule. Either `cron`, by the clocks of `timezone`, or `interval` (s) says when it fires.

    `input` is what its runs are given. The newest `max_catchup` missed fires are made up for, each run begins up to
    `jitter` (s) later than its fire.
    """

    cron: str
    timezone: str
    interval: float
    input: Json
    max_catchup: int
    overlap: Overlap
    jitter: float


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a schedule when a document was applied; `fields` says what is different when it was updated."""

    schedule: StoredSchedule
    what: Literal["created", "updated", "unchanged", "deleted"]
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a document came to. `stored` says that its definition was not in the database before."""

    workflow: str
    digest: str
    stored: bool
    changes: list[Change] = field(default_factory=list)


class Schedules:
    """The schedules in a client's namespace. Whatever changes one raises ScheduleNotFound where there is none.

    A schedule starts the definition that was the right one when it was created, applied or last updated with a
    `workflow`: neither `run` nor a worker's `--flows` changes what it starts.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def _store(self) -> ScheduleStore:
        return self._client.store.schedules

    # -- looking

    async def all(self) -> list[StoredSchedule]:
        """Every schedule, by id."""
        return await self._store.all(self._client.namespace)

    async def get(self, schedule_id: str) -> StoredSchedule:
        """One schedule. Raises ScheduleNotFound."""
        found = await self._store.one(self._client.namespace, schedule_id)
        if found is None:
            raise ScheduleNotFound(schedule_id, did_you_mean(schedule_id, [one.id for one in await self.all()]))
        return found

    async def next(self, schedule_id: str, count: int = 5) -> list[int]:
        """The coming fires (ms), at most `count`; whether the schedule is paused makes no difference."""
        schedule = await self.get(schedule_id)
        return list(islice(fires(schedule.calendar(), await self._client.store.now()), count))

    async def runs(self, schedule_id: str, *, before: UUID | None = None, limit: int = 100) -> list[Run]:
        """The runs it started, newest first; `before` continues after the last one of the page before."""
        await self.get(schedule_id)
        return await self._store.runs(self._client.namespace, schedule_id, before=before, limit=limit)

    # -- changing

    async def create(
        self,
        schedule_id: str,
        workflow: ToStart,
        *,
        paused: bool = False,
        origin: Mapping[str, Any] | None = None,
        **options: Unpack[ScheduleOptions],
    ) -> StoredSchedule:
        """Keeps a new schedule for a workflow: a linked document, its file, or the name of one that is stored.

        Raises ConfigError for times that make no sense, ScheduleConflict when the id is taken or no fire is to come,
        and what `Client.prepare` raises.
        """
        spec = Schedule(id=schedule_id, **_fields(options))
        self._check(spec)
        new = await self._new(spec, await self._template(spec, workflow, origin), applied=False, paused=paused)
        if not await self._store.create(new):
            raise ScheduleConflict(f"there is a schedule {spec.id!r} already; `schedule update` changes it")
        return new

    async def update(
        self,
        schedule_id: str,
        *,
        workflow: ToStart | None = None,
        origin: Mapping[str, Any] | None = None,
        **options: Unpack[ScheduleOptions],
    ) -> StoredSchedule:
        """Changes what is named of a schedule, and what it starts.

        With other times it fires from now on by them; what was missed by the old ones is not made up for. Raises as
        `create` does.
        """
        changes = _fields(options)
        there = await self.get(schedule_id)
        spec = _with(there.spec, changes)
        self._check(spec)
        template: NewRun | None = None
        if workflow is not None or "input" in changes:
            meant = await self._as_before(there.template) if workflow is None else workflow
            template = await self._template(spec, meant, origin or there.template.origin)
        now = await self._client.store.now()
        return await self._change(
            schedule_id, lambda old: _updated(old, _with(old.spec, changes), template or old.template, now)
        )

    async def pause(self, schedule_id: str) -> StoredSchedule:
        """Starts no more runs until `resume`."""
        return await self._change(schedule_id, lambda old: replace(old, paused=True))

    async def resume(self, schedule_id: str) -> StoredSchedule:
        """Goes on where it was paused: fires missed meanwhile are made up for, as far as `max_catchup` goes."""
        now = await self._client.store.now()
        return await self._change(schedule_id, lambda old: _resumed(old, now))

    async def delete(self, schedule_id: str) -> StoredSchedule:
        """Forgets a schedule; the runs it started go on."""
        there = await self.get(schedule_id)
        if not await self._store.delete(self._client.namespace, schedule_id):
            raise ScheduleNotFound(schedule_id, None)
        return there

    async def trigger(self, schedule_id: str) -> UUID:
        """Starts a run now, whatever the calendar and `overlap` say and even if it is paused; the run's id."""
        schedule = await self.get(schedule_id)
        moment = await self._client.store.now()
        while True:
            # A fire is a whole second: this never takes the place of one.
            moment += 1 if moment % 1000 == 0 else 0
            run = replace(run_of(schedule, moment, moment), available_at=None)
            [started] = await self._client.store.start([run])
            if started.created:
                return started.run_id
            # Somebody triggered it in the very same millisecond.
            moment += 1

    async def _change(self, schedule_id: str, change: Callable[[StoredSchedule], StoredSchedule]) -> StoredSchedule:
        now = await self._client.store.now()
        for _ in range(_TRIES):
            there = await self.get(schedule_id)
            wanted = replace(change(there), updated_at=now)
            if await self._store.change(wanted):
                return wanted
        raise ScheduleConflict(f"the schedule {schedule_id!r} is being changed all the time; try again later")

    # -- documents

    async def apply(self, linked: Linked, *, origin: Mapping[str, Any] | None = None) -> Applied:
        """Stores a document's definition, and makes its schedule what the document says.

        A schedule that came from a document of this workflow and is in it no more is deleted. Whether a schedule is
        paused stays as it is. Raises ScheduleConflict when the id belongs to a schedule of another workflow.
        """
        document = linked.document
        assert document is not None, "a document that can be run"
        spec = document.schedule
        if spec is not None:
            self._check(spec)
        digest = linked.digests[linked.root.name]
        stored = not await self._client.store.definitions([digest])
        await self._client.save(linked)
        changes = [] if spec is None else [await self._apply(spec, linked, origin)]
        changes += [await self._dropped(old) for old in await self._left_over(linked.root.name, spec)]
        return Applied(linked.root.name, digest, stored, changes)

    async def _apply(self, spec: Schedule, linked: Linked, origin: Mapping[str, Any] | None) -> Change:
        new = await self._new(spec, await self._template(spec, linked, origin), applied=True, paused=False)
        if await self._store.create(new):
            return Change(new, "created")
        there = await self.get(spec.id)
        if there.template.workflow != linked.root.name:
            raise ScheduleConflict(
                f"there is a schedule {spec.id!r} already, which starts {there.template.workflow}; "
                "give this one an `id` of its own"
            )
        fields = _differences(there, new)
        if not fields:
            return Change(there, "unchanged")
        now = new.created_at
        changed = await self._change(spec.id, lambda old: replace(_updated(old, spec, new.template, now), applied=True))
        return Change(changed, "updated", fields)

    async def _left_over(self, workflow: str, spec: Schedule | None) -> list[StoredSchedule]:
        kept = None if spec is None else spec.id
        return [one for one in await self.all() if one.applied and one.template.workflow == workflow and one.id != kept]

    async def _dropped(self, old: StoredSchedule) -> Change:
        await self._store.delete(old.namespace, old.id)
        return Change(old, "deleted")

    # -- what is kept

    async def _template(self, spec: Schedule, what: ToStart, origin: Mapping[str, Any] | None) -> NewRun:
        """The run it starts, its input checked."""
        run = await self._client.prepare(what, spec.input, origin=origin or {})
        return replace(run, id=NOBODY, root_id=NOBODY)

    async def _as_before(self, template: NewRun) -> Blueprint:
        """What a schedule starts already, to be started with another input."""
        workflow = await self._client.library.workflow(template.digest)
        return Blueprint(
            workflow=workflow, digest=template.digest, pins=template.pins, namespace=self._client.namespace
        )

    async def _new(self, spec: Schedule, template: NewRun, *, applied: bool, paused: bool) -> StoredSchedule:
        now = await self._client.store.now()
        due = next_fire(spec.calendar(now), now)
        if due is None:
            raise ScheduleConflict(f"{spec.cron!r} names no moment that is still to come")
        return StoredSchedule(
            namespace=self._client.namespace, spec=spec, template=template, applied=applied, anchor=now,
            created_at=now, updated_at=now, done=now, due_at=due, paused=paused,
        )  # fmt: skip

    @staticmethod
    def _check(spec: Schedule) -> None:
        if not _ID.fullmatch(spec.id):
            raise ConfigError(
                f"{spec.id!r} cannot be a schedule's id: it starts with a lower-case letter or a digit and goes on "
                "with these, `_`, `.` and `-`, 200 characters at most"
            )
        found = flaws(spec)
        if found:
            raise ConfigError("; ".join(flaw.message for flaw in found))


def _fields(options: ScheduleOptions) -> dict[str, Any]:
    """Options as fields of a Schedule, with its milliseconds for their seconds."""
    fields: dict[str, Any] = dict(options)
    for name in ("interval", "jitter"):
        if name in fields:
            fields[name] = round(fields[name] * 1000)
    return fields


def _with(spec: Schedule, changes: Mapping[str, Any]) -> Schedule:
    """The spec with some fields changed; a cron expression takes the place of an interval, and the other way round."""
    if changes.get("cron") is not None and "interval" not in changes:
        return replace(spec, **{**changes, "interval": None})
    if changes.get("interval") is not None and not {"cron", "timezone"} & changes.keys():
        return replace(spec, **{**changes, "cron": None, "timezone": None})
    return replace(spec, **changes)


def _updated(old: StoredSchedule, spec: Schedule, template: NewRun, now: int) -> StoredSchedule:
    """The schedule with another spec; with other times it begins anew."""
    changed = replace(old, spec=spec, template=template)
    if _times(spec) == _times(old.spec):
        return changed
    anchor = now if spec.interval != old.spec.interval else old.anchor
    changed = replace(changed, anchor=anchor, done=now, problem="")
    due = next_fire(changed.calendar(), now)
    if due is None:
        raise ScheduleConflict(f"{spec.cron!r} names no moment that is still to come")
    return replace(changed, due_at=due)


def _resumed(old: StoredSchedule, now: int) -> StoredSchedule:
    if not old.paused:
        return old
    # Nothing is to be made up for: not even what was missed a moment ago.
    done = now if old.spec.max_catchup == 0 else old.done
    return replace(old, paused=False, done=done, due_at=next_fire(old.calendar(), done))


def _times(spec: Schedule) -> tuple[object, ...]:
    return spec.cron, spec.interval, spec.timezone or "UTC"


def _differences(old: StoredSchedule, new: StoredSchedule) -> tuple[str, ...]:
    """What a person would call different, in the words of the document."""
    words = ("cron", "interval", "timezone", "input", "max_catchup", "overlap", "jitter")
    found = [word for word in words if getattr(old.spec, word) != getattr(new.spec, word)]
    before, after = (replace(one.template, input="", origin={}) for one in (old, new))
    if before != after:
        found.append("definition")
    return tuple(found) if found or old.applied else ("document",)
