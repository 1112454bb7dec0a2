"""How the memory store keeps runs, and how they look from outside."""

from __future__ import annotations

from dataclasses import dataclass, field

from kagzi_dsl.payload import dumps, loads
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.store.records import Message, NewMessage, NewRun, Run, RunFilter


@dataclass(slots=True)
class Row:
    """A run with what hangs on it. `seen_seq` is the last `seq` there was at the last claim, None before any.

    A run that was `reopened` goes on without those who waited for it; one that was `withdrawn` is to end before it
    began, and needs no slot for that.
    """

    run: Run
    entries: dict[int, Entry] = field(default_factory=dict)
    inbox: list[Message] = field(default_factory=list)
    messages_sent: int = 0
    seen_seq: int | None = None
    reopened: bool = False
    withdrawn: bool = False

    def has_started(self) -> bool:
        return any(entry.type is EntryType.RUN_STARTED for entry in self.entries.values())

    def last_seq(self) -> int:
        return max(self.entries, default=-1)

    def in_order(self) -> list[Entry]:
        return [self.entries[seq] for seq in sorted(self.entries)]


def run_of(new: NewRun, now: int) -> Run:
    """A run as it is when it starts."""
    return Run(
        id=new.id,
        root_id=new.root_id,
        namespace=new.namespace,
        workflow=new.workflow,
        version=new.version,
        digest=new.digest,
        input=new.input,
        external_id=new.external_id,
        queue=new.queue,
        priority=new.priority,
        labels=dict(new.labels),
        pins=dict(new.pins),
        parent=new.parent,
        origin=dict(new.origin),
        status="pending",
        created_at=now,
        available_at=now if new.available_at is None else new.available_at,
        concurrency=new.concurrency,
        start_at=new.available_at if new.available_at is not None and new.available_at > now else None,
        retry=new.retry,
    )


def message_of(new: NewMessage, message_id: int, now: int) -> Message:
    """A message as it lies in the inbox."""
    return Message(id=message_id, run_id=new.run_id, kind=new.kind, name=new.name, payload=new.payload, at=now)


def end_message(run: Run) -> NewMessage:
    """How the end of an attached child is told to its parent."""
    assert run.parent is not None
    payload = {
        "run_id": str(run.id),
        "attempt": run.parent.attempt,
        "status": run.status,
        "output": None if run.output is None else loads(run.output),
        "error": None if run.failure is None else run.failure.to_record(),
    }
    return NewMessage(run_id=run.parent.run_id, kind="child", name=run.parent.path, payload=dumps(payload))


def fits(run: Run, wanted: RunFilter) -> bool:
    """Whether a run is among those asked for."""
    return (
        (wanted.namespace is None or run.namespace == wanted.namespace)
        and (not wanted.status or run.status in wanted.status)
        and (wanted.workflow is None or run.workflow == wanted.workflow)
        and (wanted.version is None or run.version == wanted.version)
        and (wanted.queue is None or run.queue == wanted.queue)
        and wanted.labels.items() <= run.labels.items()
        and (wanted.since is None or run.created_at >= wanted.since)
        and (wanted.until is None or run.created_at < wanted.until)
        and (wanted.root_id is None or run.root_id == wanted.root_id)
        and (not wanted.roots or run.parent is None)
        and (wanted.external_id is None or run.external_id == wanted.external_id)
        and (wanted.before is None or run.id < wanted.before)
    )
