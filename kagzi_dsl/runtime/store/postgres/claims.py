"""Claiming: one statement finds what nobody has a lease on, locks it and takes it; then what hangs on it is loaded.

Where runs wait that need a slot, the statement takes nothing and says so: then who is next is decided in a transaction,
under locks on what the slots are counted by (slots.py).
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.postgres.connection import Connection
from kagzi_dsl.runtime.store.postgres.queries import query
from kagzi_dsl.runtime.store.postgres.rows import entry_of, message_of, run_of
from kagzi_dsl.runtime.store.records import Claimed, Message, Run, Share

Scope = Literal["share", "runs", "families"]
Part = Scope | Literal["ready", "chosen", "aside"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `owner` asks for: up to `limit` runs, if given only these, of these families or of its share.

    `aside`: these runs, only to be told something. `hinted`: what only time brings may be left out.
    """

    owner: UUID
    limit: int
    run_ids: Collection[UUID] | None
    root_ids: Collection[UUID] | None
    share: Share | None = None
    aside: bool = False
    hinted: bool = False

    @property
    def scope(self) -> Scope:
        """The part of the statements that says where to look."""
        if self.run_ids is not None:
            return "runs"
        return "families" if self.root_ids is not None else "share"

    def where(self) -> list[Any]:
        """The arguments of that part."""
        match self.scope:
            case "runs":
                return [list(self.run_ids or ()), None if self.root_ids is None else list(self.root_ids)]
            case "families":
                return [list(self.root_ids or ())]
            case "share":
                share = self.share
                return [None] * 3 if share is None else [share.namespace, list(share.queues), list(share.digests)]


@dataclass(frozen=True, slots=True)
class Taken:
    """A run that is ours now, how many messages it was ever sent, and its tasks.

    A task that was not seen here has left its answer in the inbox before, for that is read later.
    """

    run: Run
    messages_sent: int
    tasks: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was taken, and after how many seconds it is worth while to look again (None: when there is a hint)."""

    taken: list[Taken]
    again: float | None = None


_KEYS: dict[Part, str] = {
    "share": "$6", "ready": "$6", "runs": "$5", "families": "$4", "chosen": "$4", "aside": "$4",
}  # fmt: skip
"""Where the key of a claim stands: behind the arguments of the part that says where to look."""


@functools.cache
def statement(name: str, part: Part) -> str:
    """The statement `claim`, or `claimable_now`, with the parts that say where it looks."""
    needy = query("needy")
    scopes = {"share": [query("dead"), query("wanted")], "ready": [query("asked")]}.get(part, [query("dead")])
    at_will = part in ("chosen", "aside")
    return query(name).format(
        scope=", ".join(scopes),
        opens="(select min(opens) from wanted)" if part == "share" else "null::bigint",
        waiting="select false" if at_will else query(f"waiting_{part}").format(needy=needy),
        claimable=query("claimable_chosen" if at_will else f"claimable_{part}").format(needy=needy),
        begins=query("stays" if part == "aside" else "begins"),
        key=_KEYS[part],
    )


async def taken_before(connection: Connection, owner: UUID, key: UUID) -> list[Taken]:
    """The runs a claim of this key took, whose answer got lost."""
    run_ids = [row[0] for row in await connection.fetch(query("taken_before"), owner, key)]
    if not run_ids:
        return []
    tasks = defaultdict(list)
    for run_id, task_id in await connection.fetch(query("task_ids"), run_ids):
        tasks[run_id].append(task_id)
    rows = await connection.fetch(query("runs"), run_ids)
    return [Taken(run_of(row), row["messages_sent"], tasks[row["id"]]) for row in rows]


async def take(connection: Connection, wanted: Wanted, key: UUID) -> Outcome | None:
    """Takes what needs no slot; nothing, and None, if there are others that may find one."""
    if wanted.aside:
        return Outcome(await _take(connection, wanted, key, "aside", list(wanted.run_ids or ())))
    parts: list[Part] = [wanted.scope]
    if wanted.hinted and wanted.share is not None:
        parts.insert(0, "ready")  # a third of the work, where there are no limits
    for part in parts:
        text = statement("claim", part)
        rows = await connection.fetch(text, wanted.owner, wanted.limit, *wanted.where(), key)
        if not rows[0]["waits"]:
            opens = rows[0]["opens"]
            return Outcome(_taken(rows), None if opens is None else max(0, opens) / 1000)
    return None


async def take_chosen(connection: Connection, wanted: Wanted, key: UUID, run_ids: Sequence[UUID]) -> list[Taken]:
    """Takes these runs, those that can still be taken."""
    return await _take(connection, wanted, key, "chosen", run_ids)


async def _take(connection: Connection, wanted: Wanted, key: UUID, part: Part, run_ids: Sequence[UUID]) -> list[Taken]:
    text = statement("claim", part)
    return _taken(await connection.fetch(text, wanted.owner, wanted.limit, run_ids, key))


async def claimable_now(connection: Connection, wanted: Wanted, limit: int) -> list[Any]:
    """The runs that need no slot, locked: run_id, turn (0: left behind), priority, available_at."""
    text = statement("claimable_now", wanted.scope)
    return list(await connection.fetch(text, wanted.owner, limit, *wanted.where()))


def _taken(rows: Sequence[Any]) -> list[Taken]:
    return [Taken(run_of(row), row["messages_sent"], row["tasks"]) for row in rows if row["id"] is not None]


async def load(connection: Connection, taken: Sequence[Taken]) -> list[Claimed]:
    """What hangs on runs that were taken, read afterwards, so that everything written before is seen."""
    journals = await _journals(connection, [one.run.id for one in taken if one.run.fence > 1])
    inboxes = await _inboxes(connection, [one.run.id for one in taken if one.messages_sent])
    claimed = []
    for one in taken:
        messages_sent, messages = inboxes.get(one.run.id, (one.messages_sent, []))
        entries = journals.get(one.run.id, [])
        claimed.append(
            Claimed(run=one.run, entries=entries, messages=messages, messages_sent=messages_sent, tasks=one.tasks)
        )
    return claimed


async def _journals(connection: Connection, run_ids: Sequence[UUID]) -> Mapping[UUID, list[Entry]]:
    journals: dict[UUID, list[Entry]] = defaultdict(list)
    for row in await connection.fetch(query("journals"), run_ids) if run_ids else ():
        journals[row["run_id"]].append(entry_of(row))
    return journals


async def _inboxes(connection: Connection, run_ids: Sequence[UUID]) -> Mapping[UUID, tuple[int, list[Message]]]:
    inboxes: dict[UUID, tuple[int, list[Message]]] = {}
    for sent, *message in await connection.fetch(query("claimed_inboxes"), run_ids) if run_ids else ():
        _, messages = inboxes.setdefault(message[1], (sent, []))
        if message[0] is not None:
            messages.append(message_of(message))
    return inboxes
