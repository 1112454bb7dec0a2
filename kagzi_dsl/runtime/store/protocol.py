"""What a store must do: the one door between the runtime and where runs are kept.

`memory.py` is the reference; `postgres.py` must behave the same, and one contract suite is run against both. Whatever
is JSON is passed as its text. Times are milliseconds since the epoch, by the database's clock. Every method may raise
DatabaseUnavailable, and StoreError when it is given something that cannot be stored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

from kagzi_dsl.errors import Failure
from kagzi_dsl.runtime.core.journal import Entry

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
    are available, those with a higher `priority` are claimed first.
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


@dataclass(frozen=True, slots=True)
class Started:
    """The run a start ended in, its fence when it was claimed at once, and whether it was there already."""

    run_id: UUID
    created: bool
    fence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as it is stored: the facts of its start, its state, and how it ended.

    `owner` is the worker that holds it, None when nobody does. `available_at` is the earliest moment something is due
    for a run nobody holds (None: it waits for a message). `compensation` is "", "completed" or "failed". `fence` is the
    last one there was; `stalls` is 0 once the run is over.
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
    output: str | None = None
    failure: Failure | None = None
    compensation: str = ""
    owner: UUID | None = None
    fence: int = 0
    stalls: int = 0


MessageKind = Literal["signal", "cancel", "child"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """Something for a run's inbox: a signal (`name`, payload), a cancellation (payload: the reason), a child's end."""

    run_id: UUID
    kind: MessageKind
    name: str = ""
    payload: str = "null"


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

    `messages_sent` counts the messages it was ever sent (since it was reopened, for a run that was).
    """

    run: Run
    entries: Sequence[Entry]
    messages: Sequence[Message]
    messages_sent: int


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
    """The run is over; an attached child's end goes to its parent's inbox in the same transaction."""

    status: Literal["completed", "failed", "cancelled"]
    at: int
    output: str | None = None
    failure: Failure | None = None
    compensation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What one run wants committed, all or nothing: journal entries, messages read, children, messages, its leaving.

    The run's fence is checked under its row's lock. Entries already there under the same `seq` were written by the same
    owner before an answer got lost, and are left as they are.
    """

    run_id: UUID
    fence: int
    entries: Sequence[Entry] = ()
    consumed: Sequence[int] = ()
    starts: Sequence[NewRun] = ()
    sends: Sequence[NewMessage] = ()
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

    `boot_id` and `started` (of the process, in clock ticks) tell a reused pid from a live one.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A registered worker; its lease ends at `expires_at` unless it is renewed."""

    id: UUID
    name: str
    host: str
    boot_id: str
    pid: int
    started: str
    version: str
    labels: Mapping[str, str]
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
class RunFilter:
    """Which runs to list, newest first. `before` continues after the last run of the page before."""

    namespace: str | None = None
    status: Collection[str] = ()
    workflow: str | None = None
    root_id: UUID | None = None
    external_id: str | None = None
    before: UUID | None = None
    limit: int = 100


Topic = Literal["ready", "inbox", "ended"]
Listener = Callable[[Topic, str], None]
"""Called with "ready" and a queue, "inbox" and an owner's id, "ended" and a run's id. A hint: may be late or lost."""


class Transaction(Protocol):
    """A transaction of the database, open while a transactional activity runs."""

    @property
    def connection(self) -> Any:
        """The asyncpg connection whose transaction this is."""

    async def commit(self, write: Write) -> None:
        """Writes `write` and commits, together with what the activity wrote.

        Raises FenceLost, and StoreError when its rows cannot be stored; nothing is committed then. Where it is not
        known whether it was, this waits for the database to tell.
        """


class Store(Protocol):
    """Where definitions, runs, journals, inboxes and workers are kept."""

    async def close(self) -> None:
        """Gives back every connection."""

    async def now(self) -> int:
        """The database's time."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Asks for hints; what is returned ends them."""

    async def save_definitions(self, definitions: Sequence[Definition]) -> None:
        """Keeps definitions; those already there are left as they are."""

    async def definitions(self, digests: Collection[str]) -> dict[str, Definition]:
        """The definitions among `digests` that are there."""

    async def latest_definition(self, workflow: str) -> Definition | None:
        """The definition of this name that was saved last (saving one again counts)."""

    async def register(self, worker: NewWorker) -> None:
        """Makes a worker known, its lease beginning now."""

    async def renew(self, worker_id: UUID) -> int | None:
        """Prolongs a lease and says when it ends; None when the worker is not known any more."""

    async def retire(self, worker_ids: Collection[UUID]) -> None:
        """Ends leases for good: the runs these workers own can be claimed at once, and `renew` knows them no more."""

    async def workers(self) -> list[Worker]:
        """Every worker that is registered or still owns a run."""

    async def start(self, runs: Sequence[NewRun], *, owner: UUID | None = None) -> list[Started]:
        """Starts runs in one transaction, claimed by `owner` if given.

        One whose id is there already, or whose external id is taken in its namespace and workflow, is not started.
        """

    async def claim(
        self,
        owner: UUID,
        *,
        limit: int,
        run_ids: Collection[UUID] | None = None,
        root_ids: Collection[UUID] | None = None,
        share: Share | None = None,
    ) -> list[Claimed]:
        """Takes over runs that are available or whose owner's lease has ended, and raises their fences.

        Nothing is given to a worker that is not registered or whose own lease has ended.

        First those left behind by an owner, then by priority, by how long they have been available, by id.
        `run_ids` and `root_ids` narrow it to these runs, or to the families of these roots; without either, `share` to
        what a worker takes up. Claiming a run counts as a
        stall when its journal did not grow since the claim before; `stalls` starts again at 0 when it did.
        """

    async def digests(self, namespace: str, queues: Collection[str]) -> set[str]:
        """The definitions of all runs in these queues that are not over, by digest."""

    async def commit(self, owner: UUID, writes: Sequence[Write]) -> list[Refused | None]:
        """Commits the writes of many runs in one transaction; a refused one leaves the others untouched."""

    def transaction(self, owner: UUID, run_id: UUID, fence: int) -> AbstractAsyncContextManager[Transaction]:
        """Opens a transaction for a transactional activity; leaving it without `commit` rolls it back.

        Raises FenceLost when `owner` does not hold the run by that fence.
        """

    async def send(self, messages: Sequence[NewMessage]) -> list[bool]:
        """Puts messages into inboxes and makes parked runs available; False for a run that is over or unknown."""

    async def messages(self, owner: UUID) -> list[Message]:
        """The unread messages of every run `owner` holds, in order of arrival."""

    async def reopen(self, run_id: UUID) -> bool:
        """Makes a failed or cancelled run pending again, so that it can be claimed; its result is cleared.

        False when it is not over, completed or unknown. Its stalls are forgotten, its fence goes on rising.
        """

    async def run(self, run_id: UUID) -> Run | None:
        """One run."""

    async def find(self, reference: str, *, namespace: str | None) -> list[UUID]:
        """The runs `reference` may mean, at most 10, newest first.

        The run of this id; if there is none those of this external id; if there is none those whose id begins so.
        """

    async def list_runs(self, wanted: RunFilter) -> list[Run]:
        """Runs by filter, newest first."""

    async def journal(self, run_id: UUID) -> list[Entry]:
        """A run's whole journal, in order."""

    async def unread(self, run_id: UUID) -> list[Message]:
        """A run's unread messages, in order of arrival."""
