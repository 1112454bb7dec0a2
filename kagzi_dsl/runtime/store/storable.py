"""What PostgreSQL refuses to store, refused by the memory store too: else a test would pass that fails in earnest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kagzi_dsl.errors import PayloadError, StoreError
from kagzi_dsl.payload import dumps, loads
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.records import Ended, NewMessage, NewRun, Write


@contextmanager
def storable() -> Iterator[None]:
    """Turns the complaint about what cannot be stored into the store's own."""
    try:
        yield
    except PayloadError as error:
        raise StoreError(f"the database cannot store this: {error}") from error


def check_write(write: Write) -> None:
    """Raises PayloadError when a write holds what cannot be stored."""
    for entry in write.entries:
        check_entry(entry)
    for run in write.starts:
        check_run(run)
    if write.moved is not None:
        check_json(write.moved.input)
    for message in write.sends:
        check_message(message)
    for task in write.tasks:
        check_text(task.namespace, task.queue, task.activity, task.path)
        check_json(task.request)
    if isinstance(write.leave, Ended):
        check_json(write.leave.output)
        if write.leave.failure is not None:
            dumps(write.leave.failure.to_record())


def check_entry(entry: Entry) -> None:
    """The same for a journal entry."""
    check_text(entry.path, entry.node, entry.status, entry.note)
    check_json(entry.output)
    if entry.failure is not None:
        dumps(entry.failure.to_record())


def check_run(run: NewRun) -> None:
    """The same for a run to start."""
    for entry in run.journal:
        check_entry(entry)
    check_text(run.namespace, run.workflow, run.version or "", run.external_id or "", run.queue)
    check_text(*run.labels.keys(), *run.labels.values())
    check_json(run.input)


def check_message(message: NewMessage) -> None:
    """The same for a message."""
    check_text(message.name)
    check_json(message.payload)


def check_text(*texts: str) -> None:
    """Raises PayloadError for a NUL character or a lone surrogate."""
    for text in texts:
        dumps(text)


def check_json(text: str | None) -> None:
    """Raises PayloadError for text that is not JSON."""
    if text is not None:
        loads(text)
