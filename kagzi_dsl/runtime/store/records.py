"""What a store keeps and is asked to write: runs, messages, workers, writes, and what came of them.

Whatever is JSON is passed as its text. Times are milliseconds since the epoch, by the database's clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple
from uuid import UUID

from kagzi_dsl.errors import Failure
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.limits import NOTHING, Concurrency
from kagzi_dsl.runtime.store.tasks import NewTask, TaskAnswer

Status = Literal["pending", "running", "sleeping", "waiting", "paused", "completed", "failed", "cancelled"]
FORGOTTEN_AFTER_MS = 24 * 3_600_000
"""How long the row of a worker that owns nothing is kept after its lease ended."""
ENDED: frozenset[str] = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A workflow as it is stored: its canonical JSON text under the SHA-256 (hex) of that text."""

    digest: str
    workflow: str
    version: str | None
    canonical: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """The `call` a child run comes from. An attached child reports its end to the parent's inbox."""

    run_id: UUID
    path: str
    attempt: int
    attached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run to start. `pins` maps the name of every workflow it can reach to the digest it will use.

    `root_id` is the run that started its family (itself, for one that nobody called). `origin` tells where it was
    started from (host, file, activities), for people and for `resume`. `available_at` None means at once. Of runs that
    are available, those with a higher `priority` are claimed first. `concurrency` are the limits its workflow sets.
    `retry` goes before what the workflow says of trying the whole run again. A run that begins in the middle brings its
    `journal` along (see core/fork.py) and is started without an owner; its fence is 1 from the beginning, for a run of
    fence 0 has no journal.
    """

    id: UUID
    root_id: UUID
    namespace: str
    workflow: str
    version: str | None
    digest: str
    input: str
    external_id: str | None = None
    queue: str = "default"
    priority: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)
    parent: Parent | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    available_at: int | None = None
    concurrency: Concurrency = NOTHING
    retry: Retry | None = None
    journal: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Started:
    """The run a start ended in, its fence when it was claimed at once, and whether it was there already.

    A run that needs a slot is not claimed at once, whoever starts it.
    """

    run_id: UUID
    created: bool
    fence: int | None = None

    @property
    def already_exists(self) -> bool:
        """Whether nothing was started, because the id was taken."""
        return not self.created


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as it is stored: the facts of its start, its state, and how it ended.

    `owner` is the worker that holds it, None when nobody does. `available_at` is the earliest moment something is due
    for a run nobody holds (None: it waits for a message). `start_at` is the moment it was not to begin before (None: it
    was to begin at once). `compensation` is "", "completed" or "failed". `fence` is the last one there was; `stalls` is
    0 once the run is over.
    """

    id: UUID
    root_id: UUID
    namespace: str
    workflow: str
    version: str | None
    digest: str
    input: str
    external_id: str | None
    queue: str
    priority: int
    labels: Mapping[str, str]
    pins: Mapping[str, str]
    parent: Parent | None
    origin: Mapping[str, Any]
    status: Status
    created_at: int
    started_at: int | None = None
    finished_at: int | None = None
    available_at: int | None = None
    start_at: int | None = None
    retry: Retry | None = None
    output: str | None = None
    failure: Failure | None = None
    compensation: str = ""
    owner: UUID | None = None
    fence: int = 0
    stalls: int = 0
    concurrency: Concurrency = NOTHING


MessageKind = Literal["signal", "cancel", "terminate", "pause", "unpause", "migrate", "child", "task"]
STIRRING: frozenset[MessageKind] = frozenset({"cancel", "terminate", "unpause", "migrate"})
"""The messages that make a paused run available; others wait until it is unpaused."""
ENDING: frozenset[MessageKind] = frozenset({"cancel", "terminate"})
"""The messages that end a run which has not begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """Something for a run's inbox: a signal (`name`, payload), a cancellation (payload: the reason), a child's end, the
    answer to a task (`name`: its id).
    """

    run_id: UUID
    kind: MessageKind
    name: str = ""
    payload: str = "null"

    @classmethod
    def of_task(cls, answer: TaskAnswer) -> NewMessage:
        """The message that brings the answer of a task to its run."""
        return cls(run_id=answer.run_id, kind="task", name=str(answer.id), payload=answer.payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message in an inbox; `id` rises in order of arrival within a run."""

    id: int
    run_id: UUID
    kind: MessageKind
    name: str
    payload: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A run this worker owns now: its row, its whole journal and its unread messages in order.

    `messages_sent` counts the messages it was ever sent (since it was reopened, for a run that was). `tasks` are its
    tasks that are there.
    """

    run: Run
    entries: Sequence[Entry]
    messages: Sequence[Message]
    messages_sent: int
    tasks: Collection[UUID] = ()


@dataclass(frozen=True, slots=True)
class Parked:
    """The owner lets go of a run that only waits. `available_at` None: for a message alone.

    `messages_seen` is how many messages the owner ever took in; were more sent meanwhile, the run is available at once.
    """

    status: Literal["pending", "sleeping", "waiting", "paused"]
    available_at: int | None
    messages_seen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run is over; an attached child's end goes to its parent's inbox in the same transaction.

    `messages_seen` is how many messages the owner ever took in, for a run that is nobody's attached child: then a store
    need not look who is to be told, and what lies unread.
    """

    status: Literal["completed", "failed", "cancelled"]
    at: int
    output: str | None = None
    failure: Failure | None = None
    compensation: str = ""
    messages_seen: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The run goes by another definition from now on; its input may have got further defaults."""

    digest: str
    version: str | None
    pins: Mapping[str, str]
    input: str


class Write(NamedTuple):
    """What one run wants committed, all or nothing: entries, messages read, children, messages, tasks, its leaving.

    The run's fence is checked under its row's lock. Entries already there under the same `seq` were written by the same
    owner before an answer got lost, and are left as they are.
    """

    run_id: UUID
    fence: int
    entries: Sequence[Entry] = ()
    consumed: Sequence[int] = ()
    starts: Sequence[NewRun] = ()
    sends: Sequence[NewMessage] = ()
    tasks: Sequence[NewTask] = ()
    moved: Moved | None = None
    leave: Parked | Ended | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why one write of a batch was not committed: the fence was lost, or its rows cannot be stored."""

    reason: Literal["fence", "rows"]
    message: str

    @classmethod
    def stale(cls, run_id: UUID) -> Refused:
        """The answer to a write whose run is not its owner's any more."""
        return cls("fence", f"run {run_id} belongs to another worker now, or to none")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWorker:
    """A process that owns runs.

    `boot_id` and `started` (of the process, in clock ticks) tell a reused pid from a live one. `queues` are those it
    takes runs from, in `namespace`, and `activities` those it has; a process that works for runs of its own alone has
    no queues.
    """

    id: UUID
    name: str
    host: str
    boot_id: str
    pid: int
    started: str
    version: str
    lease_ms: int
    labels: Mapping[str, str] = field(default_factory=dict)
    namespace: str | None = None
    queues: Sequence[str] = ()
    activities: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A registered worker; its lease ends at `expires_at` unless it is renewed. The rest is as in `NewWorker`."""

    id: UUID
    name: str
    host: str
    boot_id: str
    pid: int
    started: str
    version: str
    labels: Mapping[str, str]
    namespace: str | None
    queues: Sequence[str]
    activities: Sequence[str]
    registered_at: int
    renewed_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Which runs a worker takes up: of one namespace, in these queues, with one of these definitions (digests)."""

    namespace: str
    queues: Collection[str]
    digests: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """Runs to forget: they, and the roots of their families, ended before `before` (ms). No namespace: of any."""

    before: int
    namespace: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs to list, newest first. What is left out narrows nothing.

    A run must have all of `labels`. `since` and `until` (ms) bound the moment it was started: from the first to just
    before the second. `roots` leaves child runs out. `before` continues after the last run of the page before.
    """

    namespace: str | None = None
    status: Collection[str] = ()
    workflow: str | None = None
    version: str | None = None
    queue: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None
    root_id: UUID | None = None
    roots: bool = False
    external_id: str | None = None
    before: UUID | None = None
    limit: int = 100
