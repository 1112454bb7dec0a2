"""A run as people look at it: its record, its nodes, its history.

Nodes are not stored as such: their inputs, and the outputs of composites, are worked out by replaying the journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kagzi_dsl.dsl.model import Workflow
from kagzi_dsl.dsl.moment import timestamp
from kagzi_dsl.errors import Failure
from kagzi_dsl.payload import Json, loads
from kagzi_dsl.runtime.core.commands import Pending, RunActivity, SendSignal, StartChild, StopActivity, StopChild
from kagzi_dsl.runtime.core.course import Course
from kagzi_dsl.runtime.core.events import AttemptFailed, Purpose
from kagzi_dsl.runtime.core.facts import Facts
from kagzi_dsl.runtime.core.frame import Frame
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.core.machine import Machine
from kagzi_dsl.runtime.core.outcome import Cancelled, Completed, Failed, Outcome, Returned, status_of
from kagzi_dsl.runtime.store.limits import Full
from kagzi_dsl.runtime.store.records import NewRun, Run
from kagzi_dsl.runtime.store.schedules import scheduled_for
from kagzi_dsl.runtime.store.tasks import Task
from kagzi_dsl.runtime.trace import correlation_id, trace_id

_AT_REST = {"sleep": "sleeping", "wait_for": "waiting", "call": "waiting"}
_GOES_ON_BY: dict[str, Purpose] = {"sleep": "sleep", "repeat": "every", "wait_for": "timeout"}


@dataclass(slots=True)
class NodeView:
    """One node of one run. Times in ms; `status` as a run's, or `skipped`. `parent` is the path of the node around it.

    `due` is when a node that is not over goes on by itself, as far as that is known. `task` is set while its attempt is
    for a worker of another queue to make.
    """

    path: str
    id: str
    kind: str
    parent: str
    status: str = "running"
    attempt: int = 0
    input: Json = None
    output: Json = None
    error: Failure | None = None
    started_at: int | None = None
    finished_at: int | None = None
    due: int | None = None
    name: str = ""
    task: Task | None = None

    def as_json(self) -> dict[str, Json]:
        """The fields that `show --json` prints."""
        return {
            "path": self.path,
            "id": self.id,
            "kind": self.kind,
            "status": self.status,
            "attempt": self.attempt,
            "input": self.input,
            "output": self.output,
            "error": self.error.as_json() if self.error else None,
            "started_at": _time(self.started_at),
            "finished_at": _time(self.finished_at),
            "task": None if self.task is None else _task_as_json(self.task),
        }


@dataclass(slots=True)
class NodeViews:
    """A watcher that keeps a view of every node, in the order they began. `changed` counts changes, for a live display.

    `machine` is the one that is watched, once its first attempt began.
    """

    machine: Course | None = None
    nodes: dict[str, NodeView] = field(default_factory=dict)
    changed: int = 0

    def started(self, frame: Frame[Any]) -> None:
        node = frame.node
        parent = getattr(frame.parent, "path", "")
        self.nodes[frame.path] = NodeView(
            path=frame.path, id=node.id, kind=node.kind, parent=parent, status=_AT_REST.get(node.kind, "running"),
            started_at=frame.machine.at, name=getattr(node, node.kind, "") if node.kind in ("activity", "signal") else
            "",
        )  # fmt: skip
        self.changed += 1

    def asked(self, command: Pending) -> None:
        view = self.nodes[command.path]
        match command:
            case RunActivity(arguments=arguments, attempt=attempt, not_before=due):
                view.input, view.attempt, view.due = arguments, attempt, due
                view.status = "running" if due is None else "sleeping"
            case StartChild(input=given, attempt=attempt):
                view.input, view.attempt = given, attempt
            case SendSignal(payload=payload):
                view.input = payload
            case StopActivity() | StopChild():
                pass
        self.changed += 1

    def failed(self, frame: Frame[Any], event: AttemptFailed) -> None:
        self.nodes[frame.path].error = event.failure
        self.changed += 1

    def ended(self, frame: Frame[Any], outcome: Outcome) -> None:
        if frame.path not in self.nodes:
            self.started(frame)
        view = self.nodes[frame.path]
        view.status, view.finished_at, view.due = status_of(outcome), frame.machine.at, None
        view.error = None
        match outcome:
            case Completed(output) | Returned(output):
                view.output = output
            case Failed() | Cancelled():
                view.error = frame.failure_of(outcome)
            case _:
                pass
        self.changed += 1

    def restarted(self, machine: Course) -> None:
        self.machine = machine
        self.nodes.clear()
        self.changed += 1

    def due_of(self, view: NodeView) -> int | None:
        """When a node goes on by itself (ms): its next attempt, the end of its sleep, the timeout of its wait."""
        if view.finished_at is not None:
            return None
        purpose = _GOES_ON_BY.get(view.kind)
        if purpose is None or self.machine is None:
            return view.due
        return self.machine.due_of(view.path, purpose)


def facts_of(run: Run | NewRun) -> Facts:
    """What the interpreter is given of a run."""
    return Facts(
        id=str(run.id), workflow=run.workflow, version=run.version, namespace=run.namespace,
        external_id=run.external_id, scheduled_for=scheduled_for(run.external_id), input=loads(run.input),
        retry=run.retry, deadline=run.origin.get("deadline"),
    )  # fmt: skip


def nodes_of(run: Run, workflow: Workflow, entries: list[Entry], tasks: Sequence[Task] = ()) -> list[NodeView]:
    """Every node of a run that began or was skipped, in order; `tasks` are those the run has out."""
    views = NodeViews()
    Machine(workflow, facts_of(run), watcher=views, limit_bytes=2**62).replay(entries)
    for view in views.nodes.values():
        view.due = views.due_of(view)
    for task in tasks:
        if (found := views.nodes.get(task.path)) is not None and found.finished_at is None:
            found.task = task
            found.status = "waiting" if task.owner is None else "running"
    return list(views.nodes.values())


def record_of(run: Run) -> dict[str, Json]:
    """A run as `--json` prints it."""
    return {
        "run_id": str(run.id),
        "workflow": run.workflow,
        "version": run.version,
        "digest": run.digest,
        "namespace": run.namespace,
        "external_id": run.external_id,
        "parent_id": str(run.parent.run_id) if run.parent else None,
        "queue": run.queue,
        "priority": run.priority,
        "labels": dict(run.labels),
        "concurrency_key": run.concurrency.key,
        "trace_id": trace_id(run),
        "correlation_id": correlation_id(run),
        "deadline": _time(run.origin.get("deadline")),
        "status": run.status,
        "input": loads(run.input),
        "output": loads(run.output) if run.output is not None else None,
        "error": run.failure.as_json() if run.failure else None,
        "compensation": run.compensation or None,
        "created_at": timestamp(run.created_at),
        "started_at": _time(run.started_at),
        "finished_at": _time(run.finished_at),
    }


def limit_as_json(full: Full) -> dict[str, Json]:
    """A limit that leaves no room as `show --json` prints it."""
    of_queue = full.kind in ("queue", "rate")
    return {
        "kind": full.kind,
        "queue" if of_queue else "workflow": full.name,
        **({"key": full.key} if full.kind == "key" else {}),
        "limit": full.limit,
        "in_use": full.in_use,
        **({"window_ms": full.window_ms, "opens_at": _time(full.opens_at)} if full.kind == "rate" else {}),
    }


def entry_as_json(entry: Entry) -> dict[str, Json]:
    """A journal entry as `history --json` prints it."""
    return {
        "seq": entry.seq,
        "at": timestamp(entry.at),
        "type": entry.type.value,
        "path": entry.path or None,
        "kind": entry.node or None,
        "status": entry.status or None,
        "attempt": entry.attempt or None,
        "started_at": _time(entry.started_at),
        "output": loads(entry.output) if entry.output is not None else None,
        "error": entry.failure.as_json() if entry.failure else None,
        "due": _time(entry.due),
        "note": entry.note or None,
        "previous": entry.previous.hex() if entry.previous is not None else None,
    }


def _task_as_json(task: Task) -> dict[str, Json]:
    return {
        "queue": task.queue,
        "worker_id": None if task.owner is None else str(task.owner),
        "put_at": timestamp(task.created_at),
        "taken_up_at": _time(task.started_at),
    }


def _time(at: int | None) -> str | None:
    return None if at is None else timestamp(at)
