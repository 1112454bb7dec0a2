"""Starting runs: what is the same for all runs of a workflow, and what can be said of each.

A workflow comes as a document that was linked, as its file, or as the name of one that is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypedDict, Unpack

from kagzi_dsl.dsl.digest import canonical_text
from kagzi_dsl.dsl.input import prepare_input
from kagzi_dsl.dsl.link import Linked, link_file
from kagzi_dsl.dsl.model import Call, Workflow, walk
from kagzi_dsl.errors import BadInputs, ConfigError, DocumentError, InputError, PayloadError, RunConflict
from kagzi_dsl.payload import LIMIT_BYTES, Json, dumps, limit
from kagzi_dsl.retry import Retry
from kagzi_dsl.runtime.concurrency import concurrency_of
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.library import Library
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Definition, NewRun
from kagzi_dsl.runtime.trace import origin_with

OnConflict: TypeAlias = Literal["return", "reject", "restart_failed"]
"""What a start does whose external id is taken: gives the run that has it, is refused, or gives the id to a new run if
the one that has it failed or was cancelled.
"""
ToStart: TypeAlias = "Linked | Path | str | Blueprint"
"""A linked document, its file, the name of a stored workflow, or what was made of one of these."""
NO_INPUT: Final[Json] = {}
"""The input of a run that was given none."""
RELATIVE: Final = frozenset({"delay", "within"})
"""The options that count from the time it is."""
_MOST_RUNS = 200
_MOST_BYTES = 16_000_000


class StartOptions(TypedDict, total=False):
    """What can be said of a run at its start, beside its input and its external id.

    `labels` are added to those of the document. `priority`, `queue` and `version` go before what it says, and so does
    `retry`, the policy for the run as a whole. The run begins `delay` seconds from now, or at `at` (ms since the
    epoch). It times out `within` so many seconds from now, or at the `deadline` (ms since the epoch). `origin` tells
    people where it comes from. `traceparent` (W3C Trace Context) and `correlation_id` go to all it calls and into logs;
    left out, they are made.
    """

    labels: Mapping[str, str]
    priority: int
    queue: str
    version: str
    retry: Retry
    delay: float
    at: int
    within: float
    deadline: int
    origin: Mapping[str, Any]
    traceparent: str
    correlation_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """What is the same for all runs of one definition: `pins` are the digests of all it can reach, its own too."""

    workflow: Workflow
    digest: str
    pins: Mapping[str, str]
    namespace: str
    limit_bytes: int = LIMIT_BYTES

    def run(
        self, input: Json, *, external_id: str | None = None, now: int = 0, **options: Unpack[StartOptions]
    ) -> NewRun:
        """A run to start. `now` (ms) is what `delay` and `within` count from.

        Raises InputError, PayloadTooLarge, and ConfigError for an empty external id and for a traceparent or a
        correlation id that is none.
        """
        if external_id == "":
            raise ConfigError("an external id may not be empty; leave it out where a run is to have none")
        workflow, run_id = self.workflow, uuid7()
        given = prepare_input(workflow.input_schema, input)
        text = dumps(given)
        limit(text, self.limit_bytes, of="the input")
        return NewRun(
            id=run_id,
            root_id=run_id,
            namespace=self.namespace,
            workflow=workflow.name,
            version=options.get("version", workflow.version),
            digest=self.digest,
            input=text,
            external_id=external_id,
            queue=options.get("queue", workflow.queue),
            priority=options.get("priority", workflow.run.priority),
            labels={**workflow.run.labels, **options.get("labels", {})},
            pins=self.pins,
            origin=_origin(now, options),
            available_at=_begins_at(now, options),
            retry=options.get("retry"),
            concurrency=concurrency_of(workflow, given),
        )


def runs_of(
    blueprint: Blueprint,
    inputs: Sequence[Json],
    external_ids: Sequence[str | None] | None,
    now: int,
    options: StartOptions,
) -> list[NewRun]:
    """A run for each input. Raises BadInputs naming every one that does not fit."""
    runs: list[NewRun] = []
    problems: dict[int, tuple[str, ...]] = {}
    for place, (given, external_id) in enumerate(zip(inputs, external_ids or repeat(None, len(inputs)), strict=True)):
        try:
            runs.append(blueprint.run(given, external_id=external_id, now=now, **options))
        except InputError as error:
            problems[place] = error.problems
        except PayloadError as error:
            problems[place] = (str(error),)
    if problems:
        raise BadInputs(problems)
    return runs


def in_batches(runs: Sequence[NewRun]) -> Iterator[list[NewRun]]:
    """The runs in parts, a transaction each: so many that workers begin with the first while the rest is on its way,
    and no more JSON than goes over a slow line in time.
    """
    batch: list[NewRun] = []
    size = 0
    for run in runs:
        if batch and (len(batch) == _MOST_RUNS or size + len(run.input) > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(run)
        size += len(run.input)
    if batch:
        yield batch


def _begins_at(now: int, options: StartOptions) -> int | None:
    at, delay = options.get("at"), options.get("delay")
    if at is not None and delay is not None:
        raise ConfigError("a run begins at a moment or after a delay; both were given")
    return now + round(delay * 1000) if delay is not None else at


def _origin(now: int, options: StartOptions) -> dict[str, Any]:
    origin = origin_with(options.get("origin", {}), options.get("traceparent"), options.get("correlation_id"))
    deadline, within = options.get("deadline"), options.get("within")
    if deadline is not None and within is not None:
        raise ConfigError("a run has one deadline, a moment or so much time from now; both were given")
    if within is not None:
        deadline = now + round(within * 1000)
    return origin if deadline is None else {**origin, "deadline": deadline}


class Draftsman:
    """Makes blueprints: finds definitions, stores those that come from a file, and pins what they call."""

    def __init__(self, store: Store, library: Library) -> None:
        self._store = store
        self._library = library

    async def blueprint(self, what: ToStart, *, namespace: str, limit_bytes: int = LIMIT_BYTES) -> Blueprint:
        """The blueprint of a workflow. Raises DocumentError, and RunConflict when it, or one it calls, is not known."""
        if isinstance(what, Blueprint):
            return what
        if isinstance(what, str):
            pins = await self.pins([what], started=what)
            workflow = await self._library.workflow(pins[what])
        else:
            linked = _linked(what)
            pins = {**await self.pins(linked.missing), **linked.digests}
            workflow = linked.root
            await self.save(linked)
        return Blueprint(
            workflow=workflow,
            digest=pins[workflow.name],
            pins=pins,
            namespace=namespace,
            limit_bytes=limit_bytes,
        )

    async def save(self, linked: Linked) -> None:
        """Stores a workflow and every workflow it can reach."""
        await self._store.save_definitions(
            [
                Definition(digest=linked.digests[name], workflow=name, version=w.version, canonical=canonical_text(w))
                for name, w in linked.workflows.items()
            ]
        )

    async def pins(self, names: Iterable[str], *, started: str = "") -> dict[str, str]:
        """The digests of stored workflows and of what they call, the latest of each name. Raises RunConflict.

        One of them is `started` by its name; whatever else is not there is called by something.
        """
        pins: dict[str, str] = {}
        wanted = list(names)
        while wanted:
            name = wanted.pop()
            if name in pins:
                continue
            found = await self._store.latest_definition(name)
            if found is None:
                store = "; start its file, or store it with `kagzi-dsl apply`"
                where = store if name == started else ", nor beside what calls it"
                raise RunConflict(f"there is no workflow {name!r} in the database{where}")
            pins[name] = found.digest
            wanted.extend(called_by(await self._library.workflow(found.digest)))
        return pins


def _linked(what: Linked | Path) -> Linked:
    linked = what if isinstance(what, Linked) else link_file(what)
    if any(one.severity == "error" for one in linked.diagnostics):
        raise DocumentError(linked.diagnostics)
    return linked


def called_by(workflow: Workflow) -> set[str]:
    """The names of the workflows a workflow calls."""
    return {node.workflow for node in walk(workflow.root) if isinstance(node, Call)}
