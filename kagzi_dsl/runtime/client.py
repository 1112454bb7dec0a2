"""The client: starts, finds, steers and looks at runs, without owning any."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from kagzi_dsl.dsl.digest import canonical_text
from kagzi_dsl.dsl.input import prepare_input
from kagzi_dsl.dsl.link import Linked
from kagzi_dsl.dsl.model import Call, Workflow, walk
from kagzi_dsl.errors import AmbiguousRun, RunConflict, RunNotFound, WorkflowNotFound
from kagzi_dsl.payload import LIMIT_BYTES, Json, dumps, limit
from kagzi_dsl.runtime.core.chain import Verified, verify
from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.following import follow, until_over
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.library import Library
from kagzi_dsl.runtime.schedules import Schedules
from kagzi_dsl.runtime.signals import check_signal
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import ENDED, Definition, NewMessage, NewRun, Run, RunFilter, Started
from kagzi_dsl.runtime.view import NodeView, nodes_of


@dataclass(frozen=True, slots=True)
class Shown:
    """A run and its nodes, in the order they began."""

    run: Run
    nodes: list[NodeView]


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
        self.schedules = Schedules(self)
        self._poll = poll
        self._payload_limit = payload_limit

    # -- starting

    async def save(self, linked: Linked) -> None:
        """Stores a workflow and every workflow it can reach."""
        await self.store.save_definitions(
            [
                Definition(digest=linked.digests[name], workflow=name, version=w.version, canonical=canonical_text(w))
                for name, w in linked.workflows.items()
            ]
        )

    async def prepare(
        self,
        linked: Linked,
        input: Json,
        *,
        external_id: str | None = None,
        labels: Mapping[str, str] | None = None,
        origin: Mapping[str, Any] | None = None,
    ) -> NewRun:
        """Checks the input, fills in its defaults, stores the definitions, and says what run is to be started.

        Raises InputError, and RunConflict when a workflow that is called by name is nowhere to be found.
        """
        text = self._input_text(linked.root, input)
        pins = {**await self._pins(linked.missing), **linked.digests}
        await self.save(linked)
        run = self._new_run(linked.root, pins, text)
        return replace(run, external_id=external_id, labels={**run.labels, **(labels or {})}, origin=origin or {})

    async def prepare_stored(self, name: str, input: Json, *, origin: Mapping[str, Any] | None = None) -> NewRun:
        """As `prepare`, for the workflow of this name that was stored last. Raises WorkflowNotFound."""
        found = await self.store.latest_definition(name)
        if found is None:
            raise WorkflowNotFound(name)
        root = await self.library.workflow(found.digest)
        return replace(
            self._new_run(root, await self._pins([name]), self._input_text(root, input)), origin=origin or {}
        )

    async def checked_input(self, digest: str, input: Json) -> str:
        """The text of the input a run of this definition starts with. Raises InputError."""
        return self._input_text(await self.library.workflow(digest), input)

    def _input_text(self, workflow: Workflow, input: Json) -> str:
        text = dumps(prepare_input(workflow.input_schema, input))
        limit(text, self._payload_limit)
        return text

    def _new_run(self, root: Workflow, pins: Mapping[str, str], input: str) -> NewRun:
        run_id = uuid7()
        return NewRun(
            id=run_id, root_id=run_id, namespace=self.namespace, workflow=root.name, version=root.version,
            digest=pins[root.name], input=input, queue=root.queue, priority=root.run.priority, labels=root.run.labels,
            pins=pins,
        )  # fmt: skip

    async def _pins(self, missing: Sequence[str]) -> dict[str, str]:
        """The digests of workflows that are not beside the document, and of what they call, from the store."""
        pins: dict[str, str] = {}
        names = list(missing)
        while names:
            name = names.pop()
            if name in pins:
                continue
            found = await self.store.latest_definition(name)
            if found is None:
                raise RunConflict(
                    f"the workflow {name!r} is called, but it is neither beside the document nor in the database"
                )
            pins[name] = found.digest
            names.extend(called_by(await self.library.workflow(found.digest)))
        return pins

    async def start(self, linked: Linked, input: Json, **options: Any) -> Started:
        """Starts a run for some worker to take up; options as in `prepare`."""
        return (await self.store.start([await self.prepare(linked, input, **options)]))[0]

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
        return Shown(run, nodes_of(run, workflow, await self.store.journal(run.id)))

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
        limit(text, self._payload_limit)
        await self._send(run, NewMessage(run_id=run.id, kind="signal", name=name, payload=text), "takes no signal")
        return run

    async def cancel(self, reference: str, reason: str = "cancelled on request") -> Run:
        """Asks a run to cancel. Raises RunConflict when it is over."""
        run = await self._unfinished(reference, "cannot be cancelled")
        await self._send(run, NewMessage(run_id=run.id, kind="cancel", payload=dumps(reason)), "cannot be cancelled")
        return run

    async def _unfinished(self, reference: str, complaint: str) -> Run:
        run = await self.run(reference)
        if run.status in ENDED:
            raise RunConflict(f"run {run.id} is {run.status} and {complaint}")
        return run

    async def _send(self, run: Run, message: NewMessage, complaint: str) -> None:
        if not (await self.store.send([message]))[0]:
            raise RunConflict(f"run {run.id} ended just now and {complaint}")

    # -- waiting

    async def wait(self, run_id: UUID, *, timeout: float | None = None) -> Run:
        """The run once it is over. Raises TimeoutError after `timeout` seconds."""
        async with asyncio.timeout(timeout):
            return await until_over(self.store, run_id, poll=self._poll)

    def watch(self, run_id: UUID) -> AsyncIterator[Entry]:
        """A run's journal from its first entry, each entry soon after it is there, until the run is over."""
        return follow(self.store, run_id, poll=self._poll)


def called_by(workflow: Workflow) -> set[str]:
    """The names of the workflows a workflow calls."""
    return {node.workflow for node in walk(workflow.root) if isinstance(node, Call)}
