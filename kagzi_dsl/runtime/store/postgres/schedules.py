"""Schedules in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from kagzi_dsl.dsl.schedule import Schedule, as_overlap
from kagzi_dsl.payload import dumps, loads
from kagzi_dsl.runtime.store.postgres.commits import Hint, deliver
from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.hints import Hints
from kagzi_dsl.runtime.store.postgres.pool import Pool
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import Row, columns, concurrency_of, concurrency_text, run_of
from kagzi_dsl.runtime.store.postgres.starts import start
from kagzi_dsl.runtime.store.records import NewRun, Run
from kagzi_dsl.runtime.store.schedules import NOBODY, Decide, Due, Firing, StoredSchedule, cancellation_of

_KEPT = ("namespace", "workflow", "version", "digest", "input", "queue", "priority", "labels", "pins", "origin")
"""What a schedule says of its runs, beside their limits; the rest is each run's own."""


class PostgresSchedules:
    """The ScheduleStore of the store in PostgreSQL."""

    def __init__(self, pool: Pool, hints: Hints) -> None:
        self._pool = pool
        self._hints = hints

    async def all(self, namespace: str) -> list[StoredSchedule]:
        return [_schedule_of(row) for row in await self._pool.fetch("schedules", namespace, None)]

    async def one(self, namespace: str, schedule_id: str) -> StoredSchedule | None:
        found = await self._pool.fetch("schedules", namespace, schedule_id)
        return _schedule_of(found[0]) if found else None

    async def create(self, schedule: StoredSchedule) -> bool:
        return await self._once("create_schedule", _values(schedule), schedule)

    async def change(self, schedule: StoredSchedule) -> bool:
        return await self._once("change_schedule", _values(schedule), replace(schedule, revision=schedule.revision + 1))

    async def _once(self, name: str, values: Sequence[object], wanted: StoredSchedule) -> bool:
        """Whether the statement did it, or an earlier try whose answer got lost."""

        async def work(connection: Connection, tries: int) -> bool:
            if await connection.fetch(query(name), *values):
                return True
            if tries == 0:
                return False
            found = await connection.fetch(query("schedules"), wanted.namespace, wanted.id)
            return bool(found) and _schedule_of(found[0]) == wanted

        return await self._pool.in_transaction(work)

    async def delete(self, namespace: str, schedule_id: str) -> bool:
        async def work(connection: Connection, tries: int) -> bool:
            # Gone at a second try: it was us.
            return bool(await connection.fetch(query("delete_schedule"), namespace, schedule_id)) or tries > 0

        return await self._pool.in_transaction(work)

    async def due_in(self, namespace: str) -> int | None:
        found = await self._pool.fetch("schedule_due_in", namespace)
        return found[0][0] if found else None

    async def fire(self, namespace: str, decide: Decide, *, limit: int) -> list[Firing]:
        async def work(connection: Connection, _: int) -> tuple[list[Firing], list[Hint]]:
            rows = await connection.fetch(query("take_due_schedules"), namespace, limit)
            if not rows:
                return [], []
            now = await connection.fetchval(query("clock"))
            due = await _with_live(connection, namespace, [_schedule_of(row) for row in rows])
            return await _carry_out(connection, namespace, decide(due, now))

        firings, hints = await self._pool.in_transaction(work, "begin_pinned")
        self._hints.publish(hints)
        return firings

    async def runs(
        self, namespace: str, schedule_id: str, *, before: UUID | None = None, limit: int = 100
    ) -> list[Run]:
        rows = await self._pool.in_transaction(
            lambda connection, _: connection.fetch(query("runs_of_schedule"), namespace, schedule_id, before, limit),
            "begin_pinned",
        )
        return [run_of(row) for row in rows]


async def _with_live(connection: Connection, namespace: str, schedules: Sequence[StoredSchedule]) -> list[Due]:
    live: dict[str, list[UUID]] = {one.id: [] for one in schedules}
    asked = [one.id for one in schedules if one.spec.overlap != "allow"]
    if asked:
        for row in await connection.fetch(query("live_runs_of_schedules"), namespace, asked):
            live[row["schedule"]].append(row["id"])
    return [Due(one, live[one.id]) for one in schedules]


async def _carry_out(
    connection: Connection, namespace: str, firings: Sequence[Firing]
) -> tuple[list[Firing], list[Hint]]:
    moved = (
        (s.id, s.done, s.due_at, s.last_fire, s.left_out, s.problem) for s in (firing.schedule for firing in firings)
    )
    await connection.execute(query("move_schedules"), namespace, *columns(moved, 6))
    cancels = [cancellation_of(firing.schedule.id, run_id) for firing in firings for run_id in firing.cancels]
    hints = await deliver(connection, cancels)
    runs = [run for firing in firings for run in firing.starts]
    if not runs:
        return list(firings), hints
    started, ready = await start(connection, runs, None, again=False)
    created = {one.run_id for one in started if one.created}
    told = [replace(one, starts=[run for run in one.starts if run.id in created]) for one in firings]
    return told, [*hints, *ready]


def _values(schedule: StoredSchedule) -> tuple[Any, ...]:
    spec = schedule.spec
    return (
        schedule.namespace, schedule.id, schedule.anchor, schedule.created_at, schedule.updated_at, schedule.done,
        schedule.due_at, schedule.last_fire, schedule.left_out, schedule.revision, spec.interval, spec.jitter,
        spec.max_catchup, schedule.applied, schedule.paused, spec.cron, spec.timezone, spec.overlap, schedule.problem,
        dumps(spec.input), _template_text(schedule.template),
    )  # fmt: skip


def _template_text(template: NewRun) -> str:
    facts = {name: getattr(template, name) for name in _KEPT}
    return dumps({**facts, "concurrency": concurrency_text(template.concurrency)})


def _template_of(text: str) -> NewRun:
    facts = loads(text)
    concurrency = concurrency_of(facts.pop("concurrency"))
    return NewRun(id=NOBODY, root_id=NOBODY, concurrency=concurrency, **facts)


def _schedule_of(row: Row) -> StoredSchedule:
    spec = Schedule(
        id=row["id"], cron=row["cron"], interval=row["interval_ms"], timezone=row["timezone"],
        input=loads(row["input"]), max_catchup=row["max_catchup"], overlap=as_overlap(row["overlap"]),
        jitter=row["jitter_ms"],
    )  # fmt: skip
    plain = ("namespace", "applied", "anchor", "created_at", "updated_at", "done", "due_at", "last_fire", "left_out")
    rest = {name: row[name] for name in (*plain, "paused", "problem", "revision")}
    return StoredSchedule(spec=spec, template=_template_of(row["template"]), **rest)
