"""Committing the writes of many runs in one transaction.

Most writes only add entries, or end with them: one statement checks the fences, adds them, lets go of runs, and commits
(`at_once`). A batch that also starts or sends takes several statements: the rows of all runs concerned are locked
first, and what is decided from them (whose fence is stale, what an earlier try has done already) is decided here, in
the open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import (
    columns,
    entry_rows,
    failure_text,
    journal_rows,
    message_columns,
    moved_columns,
    new_run_columns,
    stored_columns,
    task_columns,
)
from kagzi_dsl.runtime.store.protocol import Topic
from kagzi_dsl.runtime.store.records import ENDING, STIRRING, Ended, NewMessage, NewRun, Parked, Write

Hint: TypeAlias = tuple[Topic, str]
LARGEST_BATCH_BYTES = 16_000_000
"""How much JSON goes into one transaction, so that a slow network still brings it through in time."""


@dataclass(frozen=True)
class Batch:
    """Writes of runs that are all different.

    `carrier` is what the commit notifies with of runs that are over, when it does so itself.
    """

    owner: UUID
    writes: Sequence[Write]
    carrier: str | None = None

    @cached_property
    def key(self) -> UUID:
        """The name of this batch, however often it is tried to commit it."""
        return uuid4()


@dataclass(slots=True)
class Report:
    """What became of a batch: the runs whose fence was lost, what others should hear of, what they have been told
    already, and what is still to be written.
    """

    stale: set[UUID] = field(default_factory=set)
    hints: list[Hint] = field(default_factory=list)
    told: list[Hint] = field(default_factory=list)
    left: list[Write] = field(default_factory=list)


def in_batches(writes: Sequence[Write]) -> list[list[int]]:
    """Splits writes, by index, so that no part holds a run twice or grows too large; a run's writes stay in order."""
    if len(writes) == 1:
        return [[0]]
    batches: list[list[int]] = []
    seen: set[UUID] = set()
    size = 0
    for index, write in enumerate(writes):
        weight = _weight(write)
        if not batches or write.run_id in seen or size + weight > LARGEST_BATCH_BYTES:
            batches.append([])
            seen, size = set(), 0
        batches[-1].append(index)
        seen.add(write.run_id)
        size += weight
    return batches


def _weight(write: Write) -> int:
    weight = 0
    for entry in write.entries:
        if entry.output is not None:
            weight += len(entry.output)
    for run in write.starts:
        weight += len(run.input)
    for task in write.tasks:
        weight += len(task.request)
    return weight


def is_simple(batch: Batch) -> bool:
    """Whether one statement may be enough."""
    return all(not (w.starts or w.sends or w.tasks or w.moved) and _leaves_simply(w.leave) for w in batch.writes)


def _leaves_simply(leave: Parked | Ended | None) -> bool:
    return not isinstance(leave, Ended) or leave.messages_seen is not None


def only_appends(batch: Batch) -> bool:
    """Whether nobody is let go, so that the statement does no harm when it is sent again."""
    return all(write.leave is None for write in batch.writes)


async def at_once(connection: Connection, batch: Batch) -> Report:
    """Commits a simple batch in one statement. `Report.left` has what that could not do."""
    if not only_appends(batch):
        return await _append_and_leave(connection, batch)
    match batch.writes:
        case [Write(entries=[_], consumed=()) as write]:
            owned = {row[0] for row in await connection.fetch(query("append_one"), *_only_entry(batch.owner, write))}
        case _:
            arguments = _appended(batch)
            owned = {row[0] for row in await connection.fetch(query("append"), *arguments)}
    return Report({write.run_id for write in batch.writes if write.run_id not in owned})


def _only_entry(owner: UUID, write: Write) -> tuple[Any, ...]:
    entry = write.entries[0]
    return (owner, write.run_id, write.fence, *stored_columns(entry))


def _appended(batch: Batch) -> tuple[Any, ...]:
    writes = sorted(batch.writes, key=lambda write: write.run_id)
    fences = columns(((write.run_id, write.fence) for write in writes), 2)
    return (batch.owner, *fences, entry_rows(writes), *_consumed(writes))


async def _append_and_leave(connection: Connection, batch: Batch) -> Report:
    name, *arguments = _leaving(batch)
    rows = {row["run_id"]: row for row in await connection.fetch(query(name), *arguments)}
    report = Report({write.run_id for write in batch.writes if write.run_id not in rows})
    for write in batch.writes:
        if write.leave is None or write.run_id in report.stale:
            continue
        if not rows[write.run_id]["gone"]:
            report.left.append(write)
        elif isinstance(write.leave, Ended):
            (report.hints if batch.carrier is None else report.told).append(("ended", str(write.run_id)))
            report.hints += freed(rows[write.run_id]["freed"])
        elif (queue := rows[write.run_id]["ready"]) is not None:
            report.hints.append(("ready", queue))
    return report


def _leaving(batch: Batch) -> tuple[Any, ...]:
    """The statement that appends and lets go of runs, and its arguments."""
    ended = _ended(batch.writes)
    match batch.writes:
        case [Write(consumed=()) as write] if ended:
            [([_, *end], seen)] = ended
            entries = entry_rows(batch.writes)
            return "append_and_end_one", batch.owner, write.run_id, write.fence, entries, *end, seen, batch.carrier
        case _:
            columns_of_ended = columns(((*row, seen) for row, seen in ended), 7)
            parked = columns(_parked(batch.writes), 4)
            return "append_and_leave", *_appended(batch), *columns_of_ended, *parked, batch.carrier


async def apply(connection: Connection, batch: Batch, *, again: bool) -> Report:
    """Writes a batch inside the transaction there is. `again`: an earlier try may have been committed."""
    rows = await _lock(connection, batch.writes)
    report = Report()
    writes = []
    for write in batch.writes:
        if _is_ours(rows.get(write.run_id), batch.owner, write):
            if not (again and rows[write.run_id]["last_key"] == batch.key):
                writes.append(write)
        elif not (again and _has_left(rows.get(write.run_id), write)):
            report.stale.add(write.run_id)
    if again and report.stale:
        report.stale -= await _ended_before(connection, batch.writes)
    await _write(connection, batch, writes, report)
    return report


async def _lock(connection: Connection, writes: Sequence[Write]) -> dict[UUID, Any]:
    concerned = {write.run_id for write in writes} | {message.run_id for write in writes for message in write.sends}
    ending = [write.run_id for write in writes if isinstance(write.leave, Ended)]
    return {row["run_id"]: row for row in await connection.fetch(query("lock_runs"), list(concerned), ending)}


def _is_ours(row: Any, owner: UUID, write: Write) -> bool:
    return row is not None and row["owner"] == owner and row["fence"] == write.fence


def _has_left(row: Any, write: Write) -> bool:
    # Only we can have let go of the run under our own fence; whoever claims it raises that.
    return write.leave is not None and row is not None and row["owner"] is None and row["fence"] == write.fence


async def _ended_before(connection: Connection, writes: Sequence[Write]) -> set[UUID]:
    fences = {write.run_id: write.fence for write in writes if isinstance(write.leave, Ended)}
    rows = await connection.fetch(query("last_fences"), list(fences)) if fences else []
    return {run_id for run_id, fence in rows if fence == fences[run_id]}


async def _write(connection: Connection, batch: Batch, writes: Sequence[Write], report: Report) -> None:
    if any(write.entries for write in writes):
        await connection.execute(query("insert_entries"), entry_rows(writes))
    # Before messages are removed: an answer that is among them says that its task is not to be put again.
    await _put_tasks(connection, writes, report)
    if any(write.consumed for write in writes):
        await connection.execute(query("consume"), *_consumed(writes))
    await _move(connection, writes)
    await _start(connection, writes, report)
    messages = [message for write in writes for message in write.sends]
    messages += await _end(connection, writes, report)
    await _mark(connection, batch, writes)
    report.hints += await deliver(connection, messages)
    await _park(connection, writes, report)


def _consumed(writes: Iterable[Write]) -> list[list[Any]]:
    return columns(((write.run_id, message_id) for write in writes for message_id in write.consumed), 2)


async def _move(connection: Connection, writes: Sequence[Write]) -> None:
    if moved := [(write.run_id, write.moved) for write in writes if write.moved is not None]:
        await connection.execute(query("move_runs"), *moved_columns(moved))


async def _start(connection: Connection, writes: Sequence[Write], report: Report) -> None:
    if runs := [run for write in writes for run in write.starts]:
        rows = await connection.fetch(query("start"), None, *new_run_columns(runs), None)
        await bring_journals(connection, runs, rows)
        report.hints += ready(runs, rows)


async def bring_journals(connection: Connection, runs: Iterable[NewRun], started: Iterable[Any]) -> None:
    """Adds the journals of runs that begin in the middle, of those that were started just now."""
    fresh = {row["run_id"] for row in started}
    journals = {run.id: run.journal for run in runs if run.journal and run.id in fresh}
    if journals:
        await connection.execute(query("insert_entries"), journal_rows(journals.items()))
        await connection.execute(query("begin_in_the_middle"), list(journals))


async def _put_tasks(connection: Connection, writes: Sequence[Write], report: Report) -> None:
    if tasks := [task for write in writes for task in write.tasks]:
        rows = await connection.fetch(query("put_tasks"), *task_columns(tasks))
        report.hints += [("task", row["queue"]) for row in rows]


def ready(runs: Iterable[NewRun], started: Iterable[Any]) -> list[Hint]:
    """The hints for runs that were started and can be claimed."""
    claimable = {row["run_id"] for row in started if row["ready"]}
    return [("ready", run.queue) for run in runs if run.id in claimable]


async def _end(connection: Connection, writes: Sequence[Write], report: Report) -> list[NewMessage]:
    ended = [row for row, _ in _ended(writes)]
    if not ended:
        return []
    rows = await connection.fetch(query("end_runs"), *columns(ended, 6))
    report.hints += [("ended", str(row["id"])) for row in rows]
    report.hints += freed(queue for row in rows for queue in row["freed"])
    return [
        NewMessage(run_id=row["parent_id"], kind="child", name=row["parent_path"], payload=row["payload"])
        for row in rows
        if row["parent_id"] is not None
    ]


def _ended(writes: Iterable[Write]) -> list[tuple[tuple[Any, ...], int | None]]:
    """The rows of runs that end, and how many messages each has seen."""
    return [
        ((w.run_id, e.status, e.at, e.output, failure_text(e.failure), e.compensation), e.messages_seen)
        for w in writes
        if isinstance(e := w.leave, Ended)
    ]


def _parked(writes: Iterable[Write]) -> list[tuple[Any, ...]]:
    """The rows of runs that are parked."""
    return [(w.run_id, p.status, p.available_at, p.messages_seen) for w in writes if isinstance(p := w.leave, Parked)]


def freed(queues: Iterable[str]) -> list[Hint]:
    """The hints for those who may wait for slots that are free now in these queues ("": in any, of their workflow)."""
    hints: list[Hint] = []
    for queue in queues:
        hints += [("ready", queue), ("task", queue)] if queue else [("ready", "")]
    return hints


async def _mark(connection: Connection, batch: Batch, writes: Sequence[Write]) -> None:
    # What a run sent twice would arrive twice, and a task put twice be done twice; a run that leaves shows that it did.
    if senders := [write.run_id for write in writes if (write.sends or write.tasks) and write.leave is None]:
        await connection.execute(query("mark"), senders, batch.key)


async def deliver(connection: Connection, messages: Sequence[NewMessage]) -> list[Hint]:
    """Puts messages into inboxes inside the transaction there is, and says who should look."""
    return [hint for _, hint in await deliver_each(connection, messages)]


async def deliver_each(connection: Connection, messages: Sequence[NewMessage]) -> list[tuple[UUID, Hint]]:
    """As `deliver`, with the run each hint is about: those that are not over."""
    if not messages:
        return []
    rows = await connection.fetch(query("deliver"), *message_columns(messages), sorted(STIRRING))
    if ending := [message.run_id for message in messages if message.kind in ENDING]:
        await connection.execute(query("withdraw"), ending)
    return [(run_id, ("ready", queue) if owner is None else ("inbox", str(owner))) for run_id, owner, queue in rows]


async def _park(connection: Connection, writes: Sequence[Write], report: Report) -> None:
    if parked := _parked(writes):
        rows = await connection.fetch(query("park"), *columns(parked, 4))
        report.hints += [("ready", row["queue"]) for row in rows if row["ready"]]
