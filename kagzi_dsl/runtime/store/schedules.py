"""What a store keeps of schedules, and how the runs they start are told from others: by their external ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias
from uuid import UUID

from kagzi_dsl.payload import dumps
from kagzi_dsl.runtime.store.records import NewMessage, NewRun, Run

if TYPE_CHECKING:
    from kagzi_dsl.calendar.fires import Calendar
    from kagzi_dsl.dsl.schedule import Schedule

_EXTERNAL_ID = re.compile(r"schedule:[^:]+:(?P<fire>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z)")
NOBODY = UUID(int=0)
"""The id in the template of a schedule's runs; each run has its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSchedule:
    """A schedule as it is stored; moments in ms.

    `template` is the run it starts, but for the ids. `applied` says that it comes from a document. Fires up to `done`
    have been dealt with; `last_fire` is the last one a run was started for or left out. `due_at` is when the scheduler
    has to look at it again, None for never. `left_out` counts the fires `overlap` left out. `problem` says why it
    cannot be worked on, empty when it can. `revision` rises with every change.
    """

    namespace: str
    spec: Schedule
    template: NewRun
    applied: bool
    anchor: int
    created_at: int
    updated_at: int
    done: int
    due_at: int | None
    last_fire: int | None = None
    left_out: int = 0
    paused: bool = False
    problem: str = ""
    revision: int = 1

    @property
    def id(self) -> str:
        return self.spec.id

    def calendar(self) -> Calendar:
        """The calendar of its fires. Raises ValueError where this machine cannot read it."""
        return self.spec.calendar(self.anchor)


@dataclass(frozen=True, slots=True)
class Due:
    """A schedule that has to be looked at, and the runs it started that are not over, oldest first."""

    schedule: StoredSchedule
    live: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Firing:
    """What is to become of a due schedule: its new state, the runs to start, the runs to cancel."""

    schedule: StoredSchedule
    starts: Sequence[NewRun] = ()
    cancels: Sequence[UUID] = ()


Decide: TypeAlias = Callable[[Sequence[Due], int], Sequence[Firing]]
"""Says what is to become of due schedules at a moment (ms). May be asked again when a transaction is tried again."""


class ScheduleStore(Protocol):
    """Where schedules are kept: the part of a store that has to do with them."""

    async def all(self, namespace: str) -> list[StoredSchedule]:
        """Every schedule of a namespace, by id."""

    async def one(self, namespace: str, schedule_id: str) -> StoredSchedule | None:
        """One schedule."""

    async def create(self, schedule: StoredSchedule) -> bool:
        """Keeps a schedule that is new; False when there is one of this id, which is left as it is."""

    async def change(self, schedule: StoredSchedule) -> bool:
        """Puts a schedule in the place of the one of its id, and raises its revision.

        False when that is gone, or its revision is not that of `schedule` any more: somebody else changed it meanwhile.
        """

    async def delete(self, namespace: str, schedule_id: str) -> bool:
        """Forgets a schedule; the runs it started go on. False when there is none of this id."""

    async def due_in(self, namespace: str) -> int | None:
        """In how many ms the first schedule that is not paused is due, below 0 when it was; None without any."""

    async def fire(self, namespace: str, decide: Decide, *, limit: int) -> list[Firing]:
        """Does what `decide` says of at most `limit` schedules that are due and not paused, the longest due first.

        One transaction: the schedules are locked (those others hold are left to them), their new state is kept, runs
        are started as by `Store.start`, and cancellations are sent. `decide` may leave schedules out. What comes back
        is what it said, but for runs that were there already under their external ids. The live runs of a schedule
        whose `overlap` is `allow` are not looked up.
        """

    async def runs(
        self, namespace: str, schedule_id: str, *, before: UUID | None = None, limit: int = 100
    ) -> list[Run]:
        """The runs a schedule started, newest first; `before` continues after the last one of the page before."""


def external_id_of(schedule_id: str, fire: int) -> str:
    """The external id of the run of a fire (ms): `schedule:<id>:<time>`."""
    moment = datetime.fromtimestamp(fire // 1000, UTC).replace(microsecond=fire % 1000 * 1000, tzinfo=None)
    return f"schedule:{schedule_id}:{moment.isoformat(timespec='milliseconds' if fire % 1000 else 'seconds')}Z"


def cancellation_of(schedule_id: str, run_id: UUID) -> NewMessage:
    """How a run is told to make room for the next one of its schedule."""
    reason = f"the next run of the schedule {schedule_id} is due"
    return NewMessage(run_id=run_id, kind="cancel", payload=dumps(reason))


def schedule_of(external_id: str | None) -> str | None:
    """The id of the schedule that started the run of this external id; None when none did."""
    word, _, rest = (external_id or "").partition(":")
    return rest.partition(":")[0] if word == "schedule" and rest else None


def scheduled_for(external_id: str | None) -> str | None:
    """The fire the run of this external id was started for, as text; None when no schedule started it."""
    found = _EXTERNAL_ID.fullmatch(external_id or "")
    return found["fire"] if found else None
