"""The client: starts, finds, steers and looks at runs, without owning any."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack
from uuid import UUID

from kagzi_dsl.dsl.link import Linked
from kagzi_dsl.errors import AlreadyExists, AmbiguousRun, ConfigError, RunConflict, RunNotFound
from kagzi_dsl.payload import LIMIT_BYTES, Json, dumps, limit
from kagzi_dsl.runtime.again import can_hear, was_given_up, why_retried
from kagzi_dsl.runtime.core.chain import Verified, verify
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.following import follow, run_of, until_over
from kagzi_dsl.runtime.library import Library
from kagzi_dsl.runtime.migrating import check, migrate, pause_in
from kagzi_dsl.runtime.past import Was, as_it_was
from kagzi_dsl.runtime.rerunning import SAME_INPUT, rerun
from kagzi_dsl.runtime.signals import check_signal
from kagzi_dsl.runtime.starting import (
    NO_INPUT,
    RELATIVE,
    Blueprint,
    Draftsman,
    OnConflict,
    StartOptions,
    ToStart,
    in_batches,
    runs_of,
)
from kagzi_dsl.runtime.steward import steward
from kagzi_dsl.runtime.store.limits import MOST, Full, QueueLimits, QueueState, Rate, parse_rate
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import ENDED, NewMessage, NewRun, Run, RunFilter, Started
from kagzi_dsl.runtime.view import NodeView, nodes_of

if TYPE_CHECKING:
    from kagzi_dsl.runtime.schedules import Schedules

Told: TypeAlias = Literal["cancel", "terminate", "pause", "unpause"]
"""What runs can be told from outside, beside signals."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A run and its nodes, in the order they began.

    `waits_for` are the limits that keep it from beginning, `pause` is why it is paused.
    """

    run: Run
    nodes: list[NodeView]
    waits_for: Sequence[Full] = ()
    pause: str | None = None


class Client:
    """A door to the runs of one namespace in a store.

    `poll` (seconds) is how often `wait` looks when no hint comes; `payload_limit` (bytes) is for inputs and signals.
    """

    def __init__(
        self, store: Store, *, namespace: str = "default", poll: float = 0.5, payload_limit: int = LIMIT_BYTES
    ) -> None:
        self.store = store
        self.namespace = namespace
        self.library = Library(store)
        self._draftsman = Draftsman(store, self.library)
        self._poll = poll
        self._payload_limit = payload_limit

    @cached_property
    def schedules(self) -> Schedules:
        """The schedules of the namespace."""
        from kagzi_dsl.runtime.schedules import Schedules  # the calendar, time zones: few commands need them

        return Schedules(self)

    # -- starting

    async def save(self, linked: Linked) -> None:
        """Stores a workflow and every workflow it can reach."""
        await self._draftsman.save(linked)

    async def blueprint(self, what: ToStart) -> Blueprint:
        """What all runs of a workflow have in common; it is stored if it comes from a file.

        Raises DocumentError, and RunConflict when it, or one it calls by name, is nowhere to be found.
        """
        return await self._draftsman.blueprint(what, namespace=self.namespace, limit_bytes=self._payload_limit)

    async def prepare(
        self, what: ToStart, input: Json, *, external_id: str | None = None, **options: Unpack[StartOptions]
    ) -> NewRun:
        """Checks the input, fills in its defaults, stores the definitions, and says what run is to be started.

        Raises what `blueprint` does, InputError, and PayloadTooLarge.
        """
        blueprint = await self.blueprint(what)
        now = await self.store.now() if options.keys() & RELATIVE else 0
        return blueprint.run(input, external_id=external_id, now=now, **options)

    async def start(
        self,
        what: ToStart,
        input: Json = NO_INPUT,
        *,
        external_id: str | None = None,
        on_conflict: OnConflict = "return",
        connection: Any = None,
        **options: Unpack[StartOptions],
    ) -> Started:
        """Starts a run for some worker to take up: of a document, its file, or the name of a stored workflow.

        With an asyncpg `connection` to the same database it is started in the transaction that is open there, and is
        there when that is committed. Raises what `prepare` does, and AlreadyExists by `on_conflict="reject"`.
        """
        new = await self.prepare(what, input, external_id=external_id, **options)
        [started] = await self.store.start([new], restart_failed=on_conflict == "restart_failed", connection=connection)
        if started.already_exists and on_conflict == "reject":
            raise AlreadyExists(external_id or "", str(started.run_id))
        return started

    async def start_many(
        self,
        what: ToStart,
        inputs: Sequence[Json],
        *,
        external_ids: Sequence[str | None] | None = None,
        on_conflict: Literal["return", "restart_failed"] = "return",
        connection: Any = None,
        **options: Unpack[StartOptions],
    ) -> list[Started]:
        """Starts a run for each input, in the order given; `external_ids` are theirs, one each.

        Either all are right, or nothing is started and BadInputs names those that are not. They are started two
        hundred at a time, a transaction each (unless `connection` lends one to all): after a failure some may be there,
        and with external ids the same call starts the rest.
        """
        blueprint = await self.blueprint(what)
        now = await self.store.now() if options.keys() & RELATIVE else 0
        runs = runs_of(blueprint, inputs, external_ids, now, options)
        started: list[Started] = []
        for batch in in_batches(runs):
            started += await self.store.start(
                batch, restart_failed=on_conflict == "restart_failed", connection=connection
            )
        return started

    # -- finding

    async def find(self, reference: str) -> UUID:
        """The run a person means: by id, unique prefix of one, or external id. Raises RunNotFound or AmbiguousRun."""
        found = await self.store.find(reference, namespace=self.namespace)
        if not found:
            raise RunNotFound(reference)
        if len(found) > 1:
            raise AmbiguousRun(reference, [str(one) for one in found])
        return found[0]

    async def run(self, reference: str) -> Run:
        """A run, by any reference."""
        run = await self.store.run(await self.find(reference))
        if run is None:
            raise RunNotFound(reference)
        return run

    async def list_runs(self, wanted: RunFilter) -> list[Run]:
        """Runs by filter, newest first."""
        return await self.store.list_runs(wanted)

    async def show(self, reference: str) -> Shown:
        """A run with all its nodes."""
        run = await self.run(reference)
        workflow = await self.library.workflow(run.digest)
        tasks = await self.store.tasks.of(run.id)
        entries = await self.store.journal(run.id)
        pause = pause_in(entries) if run.status == "paused" else None
        return Shown(run, nodes_of(run, workflow, entries, tasks), (await self.waits_for([run])).get(run.id, ()), pause)

    async def waits_for(self, runs: Sequence[Run]) -> dict[UUID, list[Full]]:
        """The limits that keep runs from beginning now: of queues, of workflows and of their keys."""
        pending = [run.id for run in runs if run.status == "pending"]
        return await self.store.full_limits(pending) if pending else {}

    async def show_past(self, reference: str, *, seq: int | None = None, at: int | None = None) -> Was:
        """A run with its nodes as it was after an entry of its journal, or at a moment (ms).

        Raises RunConflict when nothing had happened by then.
        """
        run = await self.run(reference)
        return await as_it_was(self.library, run, await self.store.journal(run.id), seq=seq, at=at)

    async def history(self, reference: str) -> list[Entry]:
        """A run's journal."""
        return await self.store.journal(await self.find(reference))

    async def verify(self, reference: str, *, head: bytes | None = None) -> tuple[Run, Verified]:
        """A run, and what is wrong with the chain of its journal; `head` is the digest of an entry, kept elsewhere."""
        run = await self.run(reference)
        return run, verify(str(run.id), await self.store.stored(run.id), head=head)

    # -- steering

    async def signal(self, reference: str, name: str, payload: Json = None) -> Run:
        """Sends a signal. Raises SignalRefused when the run waits for none such, RunConflict when it is over."""
        run = await self._unfinished(reference, f"takes no signal {name!r}")
        check_signal(await self.library.workflow(run.digest), name, payload)
        text = dumps(payload)
        limit(text, self._payload_limit, of=f"the payload of {name!r}")
        await self._send(run, NewMessage(run_id=run.id, kind="signal", name=name, payload=text), "takes no signal")
        return run

    async def cancel(self, reference: str, reason: str = "cancelled on request") -> Run:
        """Asks a run to cancel; one that has not begun ends at once.

        One that was given up because it made no progress is taken up again for it, so that what it did is undone.
        Raises RunConflict when a run is over otherwise.
        """
        return await self._tell(reference, "cancel", reason, "cannot be cancelled")

    async def terminate(self, reference: str, reason: str = "terminated on request") -> Run:
        """Ends a run and its attached child runs at once, as cancelled: nothing is undone, no `finally` runs.

        What runs is told to stop and not waited for. Where somebody works on it, they do this as soon as they are told.
        Raises RunConflict when it is over.
        """
        return await self._tell(reference, "terminate", reason, "cannot be terminated")

    async def pause(self, reference: str, reason: str = "paused on request") -> Run:
        """Lets nothing new begin in a run and its attached child runs until they are unpaused; what runs ends.

        Raises RunConflict when it is over.
        """
        return await self._tell(reference, "pause", reason, "cannot be paused")

    async def unpause(self, reference: str) -> Run:
        """Lets a paused run, and its attached child runs, go on. Raises RunConflict when it is over."""
        return await self._tell(reference, "unpause", "", "cannot go on")

    async def retry(self, reference: str) -> Run:
        """Lets a run that failed, was cancelled or terminated go on from where it stood, once a worker takes it up.

        Where compensations failed, only those are tried again. Raises RunConflict when there is nothing to go on from.
        """
        run = await self.run(reference)
        if run.compensation != "failed":
            why_retried(run)
        if not await self.store.reopen(run.id):
            raise RunConflict(f"run {run.id} is {run.status}; there is nothing to retry")
        return await run_of(self.store, run.id)

    async def rerun(
        self,
        reference: str,
        *,
        from_node: str | None = None,
        outputs: Mapping[str, Json] | None = None,
        input: Json = SAME_INPUT,
    ) -> Started:
        """Starts a new run of an old one's definition: from its beginning, or reusing what came before a node.

        `from_node` (a path or an id) is where the new run begins; `outputs` gives nodes an output instead of running
        them, and without `from_node` the new run begins at the first of them. The input is the old one's if no other is
        given. Labels, queue and priority are the old run's; the external id is not.

        Raises InputError, and RunConflict naming the node that stands in the way.
        """
        run = await self.run(reference)
        new = rerun(
            run,
            await self.library.workflow(run.digest),
            await self.store.journal(run.id),
            now=await self.store.now(),
            from_node=from_node,
            outputs=outputs or {},
            input=input,
            limit_bytes=self._payload_limit,
        )
        return (await self.store.start([new]))[0]

    async def migrate(self, reference: str, what: ToStart, *, dry_run: bool = False, timeout: float = 60.0) -> Run:
        """Moves a run that is not over to another definition of its workflow; `dry_run` only checks whether it can be.

        Every node that has ended must still stand where it stood; what has not ended may be changed, added or left out.
        The run is paused meanwhile, and `timeout` (seconds) bounds the wait for what it is doing.

        Raises DocumentError, InputError when the run's input does not fit, and RunConflict naming what forbids it.
        """
        run = await self.run(reference)
        blueprint = await self.blueprint(what)
        if dry_run:
            await check(self, run, blueprint)
        else:
            await migrate(self, run, blueprint, timeout=timeout)
        return await run_of(self.store, run.id)

    async def tell(self, runs: Sequence[Run], kind: Told, reason: str = "") -> list[bool]:
        """Tells many runs to cancel, terminate, pause or go on; False for each that was over by then.

        One that was given up because it made no progress is taken up again to be cancelled.
        """
        for run in runs:
            if kind == "cancel" and was_given_up(run):
                await self.store.reopen(run.id)
        messages = [NewMessage(run_id=run.id, kind=kind, payload=dumps(reason)) for run in runs]
        told = await self.store.send(messages)
        heard = [run for run, was_told in zip(runs, told, strict=True) if was_told]
        if kind == "cancel":
            heard = [run for run in heard if run.started_at is None]
        if not heard:
            return told
        async with steward(self.store, self.library) as hand:
            await (hand.withdraw if kind == "cancel" else hand.settle)([run.id for run in heard])
        return told

    async def _tell(self, reference: str, kind: Told, reason: str, complaint: str) -> Run:
        run = await self.run(reference)
        if not can_hear(run, kind):
            raise RunConflict(f"run {run.id} is {run.status} and {complaint}")
        if not (await self.tell([run], kind, reason))[0]:
            raise RunConflict(f"run {run.id} ended just now and {complaint}")
        return await run_of(self.store, run.id)

    async def _unfinished(self, reference: str, complaint: str) -> Run:
        run = await self.run(reference)
        if run.status in ENDED:
            raise RunConflict(f"run {run.id} is {run.status} and {complaint}")
        return run

    async def _send(self, run: Run, message: NewMessage, complaint: str) -> None:
        if not (await self.store.send([message]))[0]:
            raise RunConflict(f"run {run.id} ended just now and {complaint}")

    # -- waiting

    # -- queues

    async def queues(self) -> list[QueueState]:
        """How the queues of the namespace stand: those with limits, or with runs that are not over."""
        return await self.store.queues(self.namespace)

    async def limit_queue(
        self, queue: str, *, concurrency: int | None = None, rate: Rate | str | None = None
    ) -> QueueLimits:
        """Sets the limits of a queue over all workers; without any, it has none any more.

        A `rate` is written as `100/1m`. Raises ConfigError for a limit that is not from 1 to 1,000,000.
        """
        try:
            rate = parse_rate(rate) if isinstance(rate, str) else rate
        except ValueError as error:
            raise ConfigError(str(error)) from error
        if concurrency is not None and not 1 <= concurrency <= MOST:
            raise ConfigError(f"a limit is a number from 1 to {MOST:,}, not {concurrency}")
        limits = QueueLimits(namespace=self.namespace, queue=queue, concurrency=concurrency, rate=rate)
        await self.store.set_limits(limits)
        return limits

    async def wait(self, run_id: UUID, *, timeout: float | None = None) -> Run:
        """The run once it is over. Raises TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            return await until_over(self.store, run_id, poll=self._poll)

    def watch(self, run_id: UUID) -> AsyncIterator[Entry]:
        """A run's journal from its first entry, each entry soon after it is there, until the run is over."""
        return follow(self.store, run_id, poll=self._poll)
