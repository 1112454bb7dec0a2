"""Moving a live run to another definition.

Nobody may work on the run meanwhile, so it is paused first: what runs comes to its end, nothing is begun, and its owner
lets go of it. Then a steward takes it, checks the move against the whole journal, and commits the new definition, the
entry that tells of it and the end of the pause at once. Whatever stands in the way is named, and the run goes on as it
was. If whoever moves it dies in between, it stays paused; by the reason that is kept with the pause the next who moves
it knows that this was none of its owner's wishes, and ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

from kagzi_dsl.dsl.input import prepare_input
from kagzi_dsl.errors import RunConflict
from kagzi_dsl.payload import dumps, loads
from kagzi_dsl.runtime.core import chain
from kagzi_dsl.runtime.core.events import RunMigrated, RunUnpaused, to_entry
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.core.machine import Machine
from kagzi_dsl.runtime.core.move import check_move
from kagzi_dsl.runtime.following import run_of
from kagzi_dsl.runtime.starting import Blueprint
from kagzi_dsl.runtime.steward import Steward, given_back, put_down_paused, steward
from kagzi_dsl.runtime.store.records import ENDED, Claimed, Ended, Message, Moved, NewMessage, Parked, Run, Write
from kagzi_dsl.runtime.view import facts_of

if TYPE_CHECKING:
    from kagzi_dsl.runtime.client import Client

REASON = "to be moved to another definition"
"""Why a run is paused before it is moved."""
_PAUSING = frozenset({EntryType.RUN_PAUSED, EntryType.RUN_UNPAUSED, EntryType.CANCEL_REQUESTED})
_LOOKS = 20
"""How often to look whether a run is let go of before asking whether its owner is alive."""


async def check(client: Client, run: Run, blueprint: Blueprint) -> None:
    """Raises RunConflict naming what forbids the move, and InputError when the run's input does not fit."""
    if run.status in ENDED:
        raise RunConflict(f"run {run.id} is {run.status}; only a run that is not over can be moved")
    if run.workflow != (name := blueprint.workflow.name):
        raise RunConflict(f"run {run.id} is one of {run.workflow}, and the new definition is one of {name}")
    if (run.digest, dict(run.pins)) == (blueprint.digest, dict(blueprint.pins)):
        raise RunConflict(f"run {run.id} goes by this definition already")
    old = await client.library.workflow(run.digest)
    _moved(run, blueprint, check_move(old, blueprint.workflow, facts_of(run), await client.store.journal(run.id)))


def _moved(run: Run, blueprint: Blueprint, machine: Machine) -> Moved:
    given = prepare_input(blueprint.workflow.input_schema, loads(run.input))
    return Moved(digest=blueprint.digest, version=blueprint.workflow.version, pins=blueprint.pins, input=dumps(given))


async def why_paused(client: Client, run: Run) -> str | None:
    """The reason that is kept with a run's pause; None when it is not paused."""
    return pause_in(await client.store.journal(run.id))


def pause_in(entries: Sequence[Entry]) -> str | None:
    """The same, from a journal."""
    last = next((entry for entry in reversed(entries) if entry.type in _PAUSING), None)
    return last.note if last is not None and last.type is EntryType.RUN_PAUSED else None


async def migrate(client: Client, run: Run, blueprint: Blueprint, *, timeout: float) -> None:
    """Moves a run. `timeout` (seconds) bounds the wait for what it is doing.

    A pause that an interrupted move left behind ends with this one, whether or not the run can be moved. Raises what
    `check` does, and RunConflict when the run is not let go of in time.
    """
    reason = await why_paused(client, run)
    stays_paused = reason not in (None, REASON)
    paused_here = reason == REASON
    try:
        await check(client, run, blueprint)
        paused_here = not stays_paused
        if run.status != "paused":
            await client.tell([run], "pause", REASON)
        async with asyncio.timeout(timeout):
            await _move(client, run, blueprint, stays_paused=stays_paused)
    except TimeoutError:
        await _let_go_on(client, run, paused_here)
        raise RunConflict(
            f"run {run.id} is still at work on something it began; it was not moved, and goes on as it was"
        ) from None
    except BaseException:
        await _let_go_on(client, run, paused_here)
        raise


async def _let_go_on(client: Client, run: Run, paused_here: bool) -> None:
    current = await run_of(client.store, run.id)
    if paused_here and current.status not in ENDED:
        await client.tell([current], "unpause")


async def _move(client: Client, run: Run, blueprint: Blueprint, *, stays_paused: bool) -> None:
    for look in count(1):
        current = await run_of(client.store, run.id)
        if current.status in ENDED:
            raise RunConflict(f"run {run.id} {current.status} before it could be moved")
        if current.status == "paused" and current.owner is None:
            async with steward(client.store, client.library) as hand:
                claimed = await hand.take(run.id)
                if claimed is not None:
                    await _commit(client, hand, claimed, blueprint, stays_paused=stays_paused)
                    return
        elif not look % _LOOKS:
            async with steward(client.store, client.library) as hand:  # its owner may have died meanwhile
                await hand.settle([run.id])
        await asyncio.sleep(0.1)


async def _commit(client: Client, hand: Steward, claimed: Claimed, blueprint: Blueprint, *, stays_paused: bool) -> None:
    run, now = claimed.run, await client.store.now()
    ours = [message.id for message in claimed.messages if _is_of_a_move(message)]
    back = put_down_paused(claimed, now)
    try:
        old = await client.library.workflow(run.digest)
        machine = check_move(old, blueprint.workflow, facts_of(run), claimed.entries)
        moved = _moved(run, blueprint, machine)
    except BaseException:
        await hand.commit(Write(run_id=run.id, fence=run.fence, consumed=ours, leave=back))
        raise
    entries = _entries(claimed, blueprint, machine, now, stays_paused=stays_paused)
    leave = _leave(claimed, machine, now) if machine.over is not None or not stays_paused else back
    # They were paused with it.
    children = [] if stays_paused else await hand.children(run)
    write = Write(
        run_id=run.id,
        fence=run.fence,
        entries=entries,
        consumed=ours,
        sends=[NewMessage(run_id=child, kind="unpause", payload=dumps("")) for child in children],
        moved=moved,
        leave=leave,
    )
    if not await hand.commit(write):
        raise RunConflict(f"run {run.id} was taken up by somebody else before it could be moved")
    await hand.settle(children)


def _is_of_a_move(message: Message) -> bool:
    return message.kind == "migrate" or (message.kind == "pause" and loads(message.payload) == REASON)


def _entries(
    claimed: Claimed, blueprint: Blueprint, machine: Machine, now: int, *, stays_paused: bool
) -> Sequence[Entry]:
    """What the move adds to the journal: itself, the end of the pause, and the end of a run that is over by it."""
    at = max([now, *(entry.at for entry in claimed.entries[-1:])])
    text = dumps({"from": claimed.run.digest, "to": blueprint.digest})
    told: list[RunMigrated | RunUnpaused] = [RunMigrated(text, at)]
    if not stays_paused and machine.over is None:
        told.append(RunUnpaused(at))
    entries = [to_entry(event, seq=0) for event in told]
    if (over := machine.over) is not None:
        entries.append(
            Entry(
                seq=0, type=EntryType.RUN_ENDED, at=at, status=over.status, started_at=machine.started_at,
                output=over.output, failure=over.failure, note=over.compensation,
            )
        )  # fmt: skip
    return _chained(claimed, entries)


def _chained(claimed: Claimed, entries: Sequence[Entry]) -> list[Entry]:
    seq = claimed.entries[-1].seq if claimed.entries else 0
    head = chain.head(str(claimed.run.id), claimed.entries)
    chained: list[Entry] = []
    for number, entry in enumerate(entries, seq + 1):
        chained.append(chain.linked(entry._replace(seq=number), head))
        head = chained[-1].digest or b""
    return chained


def _leave(claimed: Claimed, machine: Machine, now: int) -> Parked | Ended:
    over = machine.over
    if over is None:
        # One that has not begun keeps its place in line.
        return given_back(claimed, now if machine.started_at is not None else claimed.run.created_at)
    return Ended(status=over.status, at=now, output=over.output, failure=over.failure, compensation=over.compensation)
