"""A run as it was: after some entry of its journal, or at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kagzi_dsl.dsl.moment import timestamp
from kagzi_dsl.errors import RunConflict
from kagzi_dsl.payload import loads
from kagzi_dsl.runtime.core.commands import RunActivity, SendSignal
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.machine import Machine
from kagzi_dsl.runtime.library import Library
from kagzi_dsl.runtime.store.records import Run, Status
from kagzi_dsl.runtime.view import NodeView, facts_of, nodes_of


@dataclass(frozen=True, slots=True)
class Was:
    """A run and its nodes as they were after the entry `seq`, at the moment `at` (ms) or later."""

    run: Run
    nodes: list[NodeView]
    seq: int
    at: int


async def as_it_was(
    library: Library, run: Run, journal: Sequence[Entry], *, seq: int | None = None, at: int | None = None
) -> Was:
    """The run after the entry `seq`, or at the moment `at` (ms). Raises RunConflict for one before its beginning."""
    kept = [entry for entry in journal if (seq is None or entry.seq <= seq) and (at is None or entry.at <= at)]
    if not kept:
        began = f"; its first entry is of {timestamp(journal[0].at)}" if journal else ""
        raise RunConflict(f"nothing had happened in run {run.id} by then{began}")
    later = journal[len(kept) :]
    digest = next((_moved_from(entry) for entry in later if entry.type is EntryType.RUN_MIGRATED), run.digest)
    workflow = await library.workflow(digest)
    version = run.version if digest == run.digest else workflow.version
    before = replace(run, digest=digest, version=version)
    machine = Machine(workflow, facts_of(before), limit_bytes=2**62)
    machine.replay(kept)
    return Was(_state(before, machine), nodes_of(before, workflow, kept), kept[-1].seq, kept[-1].at)


def _moved_from(entry: Entry) -> str:
    return str(loads(entry.output or "{}")["from"])


def _state(run: Run, machine: Machine) -> Run:
    over = machine.over
    return replace(
        run,
        status=over.status if over is not None else _status(machine),
        started_at=run.started_at if machine.started_at is not None else None,
        finished_at=over.at if over is not None else None,
        available_at=None,
        output=over.output if over is not None else None,
        failure=over.failure if over is not None else None,
        compensation=over.compensation if over is not None else "",
        owner=None,
    )


def _status(machine: Machine) -> Status:
    busy = any(
        isinstance(command, SendSignal) or (isinstance(command, RunActivity) and command.not_before is None)
        for command in machine.pending.values()
    )
    return "running" if busy and not machine.paused else machine.resting()
