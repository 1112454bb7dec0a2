"""Transactional activities: what they wrote and the checkpoint that says so are committed in one transaction.

Around that commit the run is held: earlier writes are waited for and later events wait, so that the journal never has a
gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.core.machine import Step
from kagzi_dsl.runtime.store.protocol import Transaction
from kagzi_dsl.runtime.store.records import Write

if TYPE_CHECKING:
    from kagzi_dsl.runtime.live import Late, LiveRun


async def commit(live: LiveRun, transaction: Transaction, late: Late) -> bool:
    """Commits the event's entries in an activity's own transaction; False when the node did not complete by it.

    Then nothing was committed and the event is written as any other. Whatever the database raises leaves the run as its
    journal has it.
    """
    await live.hold.take()
    try:
        await live.durable()
        event = late()
        if event is None or live.gone:
            return False
        step = live.decide(event)
        if step is None:
            return False
        if step.entries[0].status != "completed":
            live.put(step.entries, step.commands)
            return False
        await _commit(live, transaction, step)
        return True
    finally:
        live.hold.release()


async def _commit(live: LiveRun, transaction: Transaction, step: Step) -> None:
    write = Write(run_id=live.id, fence=live.run.fence, entries=step.entries, leave=live.end_among(step.commands))
    try:
        await transaction.commit(write)
    except BaseException:
        if live.gone or not await _happened_after_all(live, step.entries):
            raise
    live.go_on_after(step)


async def _happened_after_all(live: LiveRun, entries: Sequence[Entry]) -> bool:
    """Puts the machine back to what the journal says, and tells whether a commit that raised is in there."""
    try:
        await live.engine.rebuild(live)
    except Exception as error:
        # The machine is ahead of a journal nobody can read: the run cannot go on here.
        live.engine.broke(error)
        raise
    return live.machine.seq >= entries[-1].seq
