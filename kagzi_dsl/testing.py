"""Testing workflows without a database and without waiting: runs in memory, on a clock that jumps.

    from kagzi_dsl.testing import simulate

    def test_the_customer_is_reminded_after_three_days():
        run = simulate("onboarding.yaml", {"user": "ada"}, activities=[send_email])
        assert run.status == "completed"
        assert run.elapsed == timedelta(days=3)

A simulation runs the real interpreter and the real engine on the in-memory store. Whenever nothing is left to do at
the present moment, time jumps to the next thing that is due, so a sleep of a year takes no time. Plain functions are
called in place instead of in threads. An activity that does real I/O is waited for in real time.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, TypeVarTuple, Unpack

from kagzi_dsl.activities.builtin import BUILTIN
from kagzi_dsl.activities.decorator import activity
from kagzi_dsl.activities.definition import Definition, definition_of
from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.calendar.zone import parse_zone
from kagzi_dsl.dsl.check import check
from kagzi_dsl.dsl.diagnostic import Diagnostic, has_errors
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.link import Linked, link_file, link_text
from kagzi_dsl.dsl.moment import parse_moment
from kagzi_dsl.dsl.schedule import Schedule
from kagzi_dsl.errors import DocumentError, Failure, KagziError
from kagzi_dsl.payload import Json, loads
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.engine import Engine, Settings
from kagzi_dsl.runtime.scheduler import Decision, Scheduler, SchedulerOptions
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.records import Run, RunFilter
from kagzi_dsl.runtime.store.schedules import scheduled_for
from kagzi_dsl.runtime.view import NodeView

__all__ = ["Fired", "Simulated", "VirtualLoop", "simulate", "simulate_schedule"]

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")
_FOREVER = 10.0 * 365 * 86_400
_SETTINGS = Settings(lease_ms=2**50, poll=_FOREVER, linger=0.0, margin=0.0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still while there is work and jumps when there is none.

    `time()` starts at 0. As long as a socket, a thread or another process is being waited for, time passes as it really
    does.
    """

    def __init__(self) -> None:
        self._elapsed = 0.0
        self.busy_threads = 0
        super().__init__(_JumpingSelector(self))
        # asyncio fires what is due within the clock's resolution; the default is lost in floats that count years.
        self._clock_resolution = 1e-6
        self.idle_descriptors = len(self._selector.get_map())  # type: ignore[attr-defined]

    def time(self) -> float:
        """The virtual time in seconds."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self._elapsed += seconds

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As asyncio's (which looks host names up so): a thread takes real time."""
        self.busy_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_ended)
        return future

    def _thread_ended(self, future: asyncio.Future[Any]) -> None:
        self.busy_threads -= 1


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for `timeout` it says that it has passed."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if events or timeout == 0:
            return events
        if timeout is None or self._loop.busy_threads or len(self.get_map()) > self._loop.idle_descriptors:
            before = time.monotonic()
            events = super().select(timeout)
            self._loop.advance(time.monotonic() - before)
            return events
        self._loop.advance(timeout)
        return []


class _InPlace:
    """An executor that calls at once, where it stands."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """How a simulated run went. `status` is a run's; `waiting` when it waits for something that never came.

    `nodes` are in the order they began, `elapsed` is the virtual time from start to end. `error` is set unless it
    completed.
    """

    status: str
    output: Json
    error: Failure | None
    compensation: str
    nodes: list[NodeView] = field(default_factory=list)
    elapsed: timedelta = timedelta()

    def node(self, path: str) -> NodeView:
        """The node at a path. Raises KeyError naming the paths there are."""
        for node in self.nodes:
            if node.path == path:
                return node
        raise KeyError(f"no node at {path!r}; there are {', '.join(node.path for node in self.nodes)}")


def simulate(
    workflow: str | Path,
    input: Json = None,
    *,
    activities: Registry | Iterable[Callable[..., Any]] | Mapping[str, Callable[..., Any]] | None = None,
    signals: Sequence[tuple[float, str, Json]] = (),
    cancel_after: float | None = None,
    start: str = "2026-01-01T00:00:00Z",
) -> Simulated:
    """Runs a workflow in memory and virtual time, and says how it went.

    `workflow` is a file's path, or the text of a document (anything with a line break in it). `activities` stand in
    for the document's own: a mapping of names to functions, which may also name built-in ones, or functions with
    `@activity`; left out, the document's own are loaded. `signals` are (seconds after the start, name, payload);
    `cancel_after` is in seconds. Raises DocumentError for a document that cannot be run, and InputError for an input
    that does not fit.
    """
    linked, document = _linked(workflow)
    registry = _checked(linked, document, activities)
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(_run(linked, registry, input, signals, cancel_after, parse_moment(start)))
    finally:
        loop.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """A run a schedule started in a simulation; both moments by the clocks of its zone (an interval's: UTC)."""

    scheduled_for: datetime
    started_at: datetime | None
    run: Simulated


def simulate_schedule(
    workflow: str | Path,
    *,
    start: str,
    until: str,
    outages: Sequence[tuple[str, str]] = (),
    activities: Registry | Iterable[Callable[..., Any]] | Mapping[str, Callable[..., Any]] | None = None,
) -> list[Fired]:
    """Applies a document with a `schedule:` in memory, lets time pass, and gives the runs it started, in order.

    Moments are RFC 3339 texts. A worker is there from `start` to `until` but for the `outages`, in order, each from a
    moment to a moment; runs that are not over at the end have the status they have then. `workflow` and `activities`
    are as of `simulate`. Raises DocumentError, InputError, and ValueError for a document without a schedule.
    """
    linked, document = _linked(workflow)
    registry = _checked(linked, document, activities)
    if document.schedule is None:
        raise ValueError(f"the workflow {document.workflow.name} has no `schedule:`")
    edges = [parse_moment(edge) for edge in (start, *(edge for outage in outages for edge in outage), until)]
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(_run_schedule(linked, document.schedule, registry, edges))
    finally:
        loop.close()


def _linked(workflow: str | Path) -> tuple[Linked, Document]:
    is_text = isinstance(workflow, str) and "\n" in workflow
    linked = link_text(str(workflow)) if is_text else link_file(Path(workflow))
    _refuse(linked.diagnostics)
    assert linked.document is not None
    return linked, linked.document


def _refuse(diagnostics: Sequence[Diagnostic]) -> None:
    if has_errors(tuple(diagnostics)):
        raise DocumentError(diagnostics)


def _checked(linked: Linked, document: Document, activities: Any) -> Registry:
    """The activities, once the document is known to fit them: where one stands in for a built-in, to fit that one."""
    registry = _registry(activities, document)
    signatures = {**registry.signatures(), **Registry().signatures()}
    _refuse(check(document, signatures=signatures, workflows=linked.workflows))
    return registry


def _registry(activities: Any, document: Document) -> Registry:
    match activities:
        case Registry():
            return activities
        case None:
            folder = Path(document.source.file).parent
            beside = ["./activities.py"] if (folder / "activities.py").exists() else []
            return Registry.load(list(document.activities if document.activities is not None else beside), folder)
        case Mapping():
            builtin = [one for one in BUILTIN if one.name not in activities]
            return Registry((_named(name, function) for name, function in activities.items()), builtin=builtin)
        case _:
            return Registry.of(*activities)


def _named(name: str, function: Callable[..., Any]) -> Definition:
    """A function as the activity of this name, whether it is decorated or not, and however often it is asked for."""
    definition = definition_of(function) or definition_of(activity(name=name)(function))
    assert definition is not None
    return replace(definition, name=name)


async def _run(
    linked: Linked,
    registry: Registry,
    input: Json,
    signals: Sequence[tuple[float, str, Json]],
    cancel_after: float | None,
    start: int,
) -> Simulated:
    loop = asyncio.get_running_loop()
    store = MemoryStore(now=lambda: start + int(loop.time() * 1000 + 1e-3))
    client = Client(store, poll=_FOREVER)
    new = await client.prepare(linked, input)
    async with Engine(store, registry, settings=_SETTINGS, executor=_InPlace()) as engine:
        await engine.start([new])
        run_id = str(new.id)
        tasks = [loop.create_task(_later(after, client.signal(run_id, name, value))) for after, name, value in signals]
        if cancel_after is not None:
            tasks.append(loop.create_task(_later(cancel_after, client.cancel(run_id))))
        await _until_over(engine, client, new.id)
        for task in tasks:
            task.cancel()
        told = await asyncio.gather(*tasks, return_exceptions=True)
        for error in told:
            if isinstance(error, KagziError):
                raise error
        return await _simulated(client, run_id)


async def _later(seconds: float, action: Any) -> None:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        action.close()
        raise
    await action


async def _until_over(engine: Engine, client: Client, run_id: Any) -> None:
    waiting: asyncio.Future[Any] = asyncio.ensure_future(client.wait(run_id, timeout=_FOREVER / 2))
    futures: set[asyncio.Future[Any]] = {waiting, engine.failed}
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    if engine.failed.done():
        waiting.cancel()
        engine.failed.result()
    with contextlib.suppress(TimeoutError):
        await waiting


async def _simulated(client: Client, run_id: str) -> Simulated:
    shown = await client.show(run_id)
    run = shown.run
    finished = run.finished_at or run.created_at
    return Simulated(
        status=run.status,
        output=loads(run.output) if run.output is not None else None,
        error=run.failure,
        compensation=run.compensation,
        nodes=shown.nodes,
        elapsed=timedelta(milliseconds=finished - run.created_at),
    )


async def _run_schedule(linked: Linked, schedule: Schedule, registry: Registry, edges: Sequence[int]) -> list[Fired]:
    """`edges` are moments at which a worker comes and goes in turn."""
    loop = asyncio.get_running_loop()
    store = MemoryStore(now=lambda: edges[0] + int(loop.time() * 1000 + 1e-3))
    client = Client(store, poll=_FOREVER)
    await client.schedules.apply(linked)
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        await asyncio.sleep((begin - await store.now()) / 1000)
        async with Engine(store, registry, settings=_SETTINGS, executor=_InPlace()) as engine:
            working = loop.create_task(_Waking(client, engine).run())
            await asyncio.sleep((end - begin) / 1000)
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            if engine.failed.done():
                engine.failed.result()
    runs = await client.schedules.runs(schedule.id, limit=1_000_000)
    zone: tzinfo = parse_zone(schedule.timezone) if schedule.timezone is not None else UTC
    return [await _fired(client, run, zone) for run in reversed(runs)]


class _Waking(Scheduler):
    """A scheduler that looks only when something is due, and tells the engine beside it when runs with jitter begin."""

    def __init__(self, client: Client, engine: Engine) -> None:
        super().__init__(client, SchedulerOptions(interval=_FOREVER))
        self._client = client
        self._engine = engine

    def decision(self, budget: int) -> Decision:
        return Decision(budget=budget, again=round(SchedulerOptions().interval * 1000))

    async def tick(self) -> int:
        started = await super().tick()
        loop, now = asyncio.get_running_loop(), await self._client.store.now()
        for run in await self._client.list_runs(RunFilter(status=("pending",))):
            if run.available_at is not None and run.available_at > now:
                loop.call_later((run.available_at - now) / 1000, self._engine.wake)
        return started


async def _fired(client: Client, run: Run, zone: tzinfo) -> Fired:
    fire = scheduled_for(run.external_id)
    assert fire is not None, "a run of a schedule knows its fire"
    started = None if run.started_at is None else datetime.fromtimestamp(run.started_at / 1000, zone)
    return Fired(
        scheduled_for=datetime.fromisoformat(fire).astimezone(zone),
        started_at=started,
        run=await _simulated(client, str(run.id)),
    )
