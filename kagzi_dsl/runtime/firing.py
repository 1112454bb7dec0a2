"""What is to become of a schedule that is due: which fires start runs, which are left out, which have to wait.

Fires count from the last one that was dealt with: those in (done, now]. A fire is *on time* when it is no older than
`ON_TIME_MS`, and *missed* otherwise: nobody was there to start it, the schedule was paused, or its runs queue up. Of
the missed ones the newest `max_catchup` are made up for, in order; those before them are dropped.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from kagzi_dsl.calendar.fires import Calendar, newest_fires, next_fire, oldest_fires
from kagzi_dsl.dsl.moment import timestamp
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.records import NewRun
from kagzi_dsl.runtime.store.schedules import Due, Firing, StoredSchedule, external_id_of

log = logging.getLogger("kagzi_dsl.scheduler")

ON_TIME_MS = 60_000
_PROBLEM_PAUSE_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When schedules are looked at (`now`, ms), how many runs may still be started, and how to go on.

    A fire is on time when it is at most `on_time` ms old. A fire that waits for the run before it is looked at again
    after `again` ms.
    """

    now: int
    budget: int
    again: int
    on_time: int = ON_TIME_MS


def firing_of(due: Due, occasion: Occasion) -> Firing:
    """What is to become of one schedule; one that cannot be read is set aside for a while, with its problem."""
    schedule = due.schedule
    try:
        calendar = schedule.calendar()
    except ValueError as error:
        log.error("the schedule %s cannot be worked on: %s", schedule.id, error)
        return Firing(replace(schedule, problem=str(error), due_at=occasion.now + _PROBLEM_PAUSE_MS))
    pending = pending_fires(schedule, calendar, occasion)
    match schedule.spec.overlap:
        case "allow":
            chosen = _Choice(pending[: occasion.budget], left_out=0, waiting=pending[occasion.budget :])
        case "skip":
            started = [] if due.live else pending[:1]
            chosen = _Choice(started, left_out=len(pending) - len(started))
        case "queue":
            started = [] if due.live else pending[:1]
            chosen = _Choice(started, left_out=0, waiting=pending[len(started) :], again=occasion.again)
        case "cancel":
            chosen = _Choice(pending[-1:], left_out=max(0, len(pending) - 1))
        case other:
            assert_never(other)
    cancels = due.live if schedule.spec.overlap == "cancel" and chosen.started else ()
    return Firing(_moved_on(schedule, calendar, chosen, pending, occasion), _runs(schedule, chosen, occasion), cancels)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The fires that start runs, how many are left out, and those that wait, to be looked at after `again` ms."""

    started: Sequence[int]
    left_out: int
    waiting: Sequence[int] = ()
    again: int = 0


def pending_fires(schedule: StoredSchedule, calendar: Calendar, occasion: Occasion) -> list[int]:
    """The fires to be dealt with, in order; those that are dropped are told of."""
    border = max(schedule.done, occasion.now - occasion.on_time)
    missed = newest_fires(calendar, schedule.done, border, schedule.spec.max_catchup)
    first = missed[0] if missed else border + 1
    dropped = next_fire(calendar, schedule.done)
    if dropped is not None and dropped < first and dropped <= border:
        log.warning(
            "the schedule %s missed fires from %s on, and the last %d are made up for (max_catchup)",
            schedule.id, timestamp(dropped), len(missed),
        )  # fmt: skip
    # A second each at the closest.
    return missed + oldest_fires(calendar, border, occasion.now, occasion.on_time // 1000 + 1)


def _moved_on(
    schedule: StoredSchedule, calendar: Calendar, chosen: _Choice, pending: Sequence[int], occasion: Occasion
) -> StoredSchedule:
    dealt_with = pending[: len(pending) - len(chosen.waiting)]
    done = chosen.waiting[0] - 1 if chosen.waiting else occasion.now
    return replace(
        schedule,
        done=done,
        due_at=occasion.now + chosen.again if chosen.waiting else next_fire(calendar, occasion.now),
        last_fire=dealt_with[-1] if dealt_with else schedule.last_fire,
        left_out=schedule.left_out + chosen.left_out,
        problem="",
    )


def _runs(schedule: StoredSchedule, chosen: _Choice, occasion: Occasion) -> list[NewRun]:
    return [run_of(schedule, fire, occasion.now) for fire in chosen.started]


def run_of(schedule: StoredSchedule, fire: int, now: int) -> NewRun:
    """The run of a fire; it begins later than now when the schedule has jitter and its moment is still to come."""
    begin = fire + jitter_of(schedule, fire)
    run_id: UUID = uuid7()
    return replace(
        schedule.template,
        id=run_id,
        root_id=run_id,
        external_id=external_id_of(schedule.id, fire),
        available_at=begin if begin > now else None,
    )


def jitter_of(schedule: StoredSchedule, fire: int) -> int:
    """How much later than its fire a run begins (ms): always the same for that fire, whoever works it out."""
    if not schedule.spec.jitter:
        return 0
    text = f"{schedule.namespace}\n{schedule.id}\n{fire}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % (schedule.spec.jitter + 1)
