"""Between rows and the objects of the protocol. Columns come by position, as the statements list them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeAlias
from uuid import UUID

from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import dumps, loads
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime.core.chain import Stored, columns_of
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.store.limits import NO_NEEDS, NOTHING, Concurrency, Needs, needs
from kagzi_dsl.runtime.store.records import (
    Definition,
    Message,
    Moved,
    NewMessage,
    NewRun,
    NewWorker,
    Parent,
    Run,
    Worker,
    Write,
)
from kagzi_dsl.runtime.store.tasks import NewTask

Row: TypeAlias = Any
"""An asyncpg record."""
Columns: TypeAlias = list[list[Any]]
"""One list for each column: how many rows go into a statement as one set of arguments."""

_TYPES = {member.value: member for member in EntryType}
NEW_RUN_COLUMNS, MESSAGE_COLUMNS, TASK_COLUMNS = 21, 4, 11


def columns(rows: Iterable[Sequence[Any]], width: int) -> Columns:
    """Rows turned into `width` columns."""
    turned = [list(column) for column in zip(*rows, strict=True)]
    return turned or [[] for _ in range(width)]


def entry_rows(writes: Iterable[Write]) -> list[tuple[Any, ...]]:
    """The entries of some writes, each as a kagzi.entry."""
    return journal_rows((write.run_id, write.entries) for write in writes)


def journal_rows(journals: Iterable[tuple[UUID, Iterable[Entry]]]) -> list[tuple[Any, ...]]:
    """Entries by the runs they belong to, each as a kagzi.entry."""
    return [(run_id, *stored_columns(entry)) for run_id, entries in journals for entry in entries]


def stored_columns(entry: Entry) -> tuple[Any, ...]:
    """An entry as its columns; it is one of them itself unless there is a failure in it."""
    return entry if entry.failure is None else (*columns_of(entry), entry.previous, entry.digest)


def entry_of(row: Row) -> Entry:
    """An entry from a row of `journals`."""
    _, seq, type_, at, path, node, status, attempt, started_at, output, failure, due, note, previous, digest = row
    return Entry(
        seq=seq,
        type=_TYPES[type_],
        at=at,
        path=path,
        node=node,
        status=status,
        attempt=attempt,
        started_at=started_at,
        output=output,
        failure=failure_of(failure),
        due=due,
        note=note,
        previous=previous,
        digest=digest,
    )


def stored_of(row: Row) -> Stored:
    """The same row with nothing read into it."""
    return Stored(tuple(row)[1:-2], row[-2], row[-1])


def failure_text(failure: Failure | None) -> str | None:
    """A failure as JSON."""
    return None if failure is None else dumps(failure.to_record())


def failure_of(text: str | None) -> Failure | None:
    """The inverse of `failure_text`."""
    return None if text is None else Failure.from_record(loads(text))


def new_run_columns(runs: Iterable[NewRun]) -> Columns:
    """Runs to start, the first of each id."""
    different = {run.id: run for run in reversed(list(runs))}
    return columns((_new_run_values(run) for run in reversed(different.values())), NEW_RUN_COLUMNS)


def _new_run_values(run: NewRun) -> tuple[Any, ...]:
    parent = run.parent
    return (
        run.id,
        run.root_id,
        run.namespace,
        run.workflow,
        run.version,
        run.digest,
        run.input,
        run.external_id,
        run.queue,
        run.priority,
        _object_text(run.labels),
        _object_text(run.pins),
        *((parent.run_id, parent.path, parent.attempt, parent.attached) if parent else (None, None, None, None)),
        _object_text(run.origin),
        run.available_at,
        retry_text(run.retry),
        concurrency_text(run.concurrency),
        _needs_text(needs(run.workflow, run.queue, run.concurrency)),
    )


def concurrency_text(concurrency: Concurrency) -> str:
    """The limits of a run as JSON."""
    given: dict[str, Any] = {name: getattr(concurrency, name) for name in ("limit", "key", "key_limit")}
    held = {"held": sorted(concurrency.held)} if concurrency.held else {}
    return _object_text({name: value for name, value in given.items() if value is not None} | held)


def concurrency_of(text: str) -> Concurrency:
    """The inverse of `concurrency_text`."""
    if text == "{}":
        return NOTHING
    given = _object(text)
    return Concurrency(**{**given, "held": frozenset(given.get("held", ()))})


def _needs_text(needed: Needs) -> str | None:
    """What a run needs to begin, as JSON; None for one that needs at most a slot of its queue."""
    if needed == NO_NEEDS:
        return None
    return dumps({name: value for name, value in asdict(needed).items() if value})


def retry_text(retry: Retry | None) -> str | None:
    """A policy as JSON: what it says and nothing else."""
    return None if retry is None else dumps({name: value for name, value in asdict(retry).items() if value is not None})


def retry_of(text: str | None) -> Retry | None:
    """The inverse of `retry_text`."""
    if text is None:
        return None
    said = loads(text)
    errors = said.pop("non_retryable_errors", None)
    return Retry(**said, non_retryable_errors=None if errors is None else tuple(errors))


def moved_columns(moved: Iterable[tuple[UUID, Moved]]) -> Columns:
    """The definitions that runs go by from now on."""
    rows = ((run_id, new.digest, new.version, _object_text(new.pins), new.input) for run_id, new in moved)
    return columns(rows, 5)


def run_of(row: Row) -> Run:
    """A run from a row of the overview, or of a claim."""
    return Run(**_facts_of(row))


_AS_THEY_ARE = (
    "id", "root_id", "namespace", "workflow", "version", "digest", "input", "external_id", "queue", "priority",
    "status", "created_at", "started_at", "finished_at", "available_at", "start_at", "output", "compensation", "owner",
    "fence", "stalls",
)  # fmt: skip


def _facts_of(row: Row) -> dict[str, Any]:
    facts: dict[str, Any] = {name: row[name] for name in _AS_THEY_ARE}
    for name in ("labels", "pins", "origin"):
        facts[name] = _object(row[name])
    facts["parent"] = _parent_of(row)
    facts["retry"] = retry_of(row["retry"])
    facts["failure"] = failure_of(row["failure"])
    facts["concurrency"] = concurrency_of(row["concurrency"])
    return facts


def _parent_of(row: Row) -> Parent | None:
    if row["parent_id"] is None:
        return None
    return Parent(
        run_id=row["parent_id"],
        path=row["parent_path"],
        attempt=row["parent_attempt"],
        attached=row["parent_attached"],
    )


def message_columns(messages: Iterable[NewMessage]) -> Columns:
    """Messages to deliver."""
    return columns(((m.run_id, m.kind, m.name, m.payload) for m in messages), MESSAGE_COLUMNS)


def message_of(row: Row) -> Message:
    """A message from a row of `inboxes`."""
    message_id, run_id, kind, name, payload, at = row
    return Message(id=message_id, run_id=run_id, kind=kind, name=name, payload=payload, at=at)


def task_columns(tasks: Iterable[NewTask]) -> Columns:
    """Tasks to put there."""
    return columns(
        (
            (
                t.id,
                t.run_id,
                t.root_id,
                t.namespace,
                t.queue,
                t.activity,
                t.path,
                t.attempt,
                t.priority,
                t.request,
                t.sheltered,
            )
            for t in tasks
        ),
        TASK_COLUMNS,
    )


def definition_of(row: Row) -> Definition:
    """A definition from a row of `definitions`."""
    digest, workflow, version, canonical = row
    return Definition(digest=digest, workflow=workflow, version=version, canonical=canonical)


def worker_values(worker: NewWorker) -> tuple[Any, ...]:
    """The arguments of `register`."""
    return (
        worker.id,
        worker.name,
        worker.host,
        worker.boot_id,
        worker.pid,
        worker.started,
        worker.version,
        worker.lease_ms,
        _object_text(worker.labels),
        worker.namespace,
        list(worker.queues),
        list(worker.activities),
    )


def worker_of(row: Row) -> Worker:
    """A worker from a row of `workers`."""
    lists = {name: tuple(row[name]) for name in ("queues", "activities")}
    return Worker(**{**row, "labels": _object(row["labels"]), **lists})


def _object_text(value: Mapping[str, Any]) -> str:
    return dumps(dict(value)) if value else "{}"


def _object(text: str) -> Mapping[str, Any]:
    return loads(text) if text != "{}" else {}
