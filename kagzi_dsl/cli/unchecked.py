"""Activities of other queues that are not here: a worker of that queue must have them, others need not.

Where they cannot be looked at, the rest of a document is checked without them, and they are named.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from kagzi_dsl.cli.output import say
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.link import Linked
from kagzi_dsl.dsl.model import Activity, Call, walk

if TYPE_CHECKING:
    from kagzi_dsl.activities.registry import Registry
    from kagzi_dsl.runtime.client import Client

UNKNOWN = "unknown-activity"
Place: TypeAlias = tuple[str, Pointer]
"""A file, and where in it."""
Needed: TypeAlias = Callable[[Activity, str], bool]
"""Whether an activity must be here, given the queue its run is in."""
_NOT_SAID = "default"
"""The queue of a document that names none."""
_ABOUT_ACTIVITIES = (UNKNOWN, "activities-import")
_ALL_UNCHECKED = "--no-import starts it without a look at its activities, where only workers have them"


class Placed(NamedTuple):
    """An activity of a document, and the queue its run is in, as the documents say."""

    document: Document
    node: Activity
    queue: str


class Unchecked(NamedTuple):
    """An activity of another queue that is not here."""

    activity: str
    queue: str

    def __str__(self) -> str:
        return f"{self.activity} (queue {self.queue})"


def to_start(node: Activity, queue: str) -> bool:
    """What who starts a run must have: activities that name no queue."""
    return node.queue is None


def to_serve(queues: Collection[str]) -> Needed:
    """What a worker of some queues must have: the activities that name one of them, or whose run is in one."""
    return lambda node, queue: (node.queue or queue) in queues


def _placed(linked: Linked) -> Iterator[Placed]:
    """Every activity of a document and of those it calls; a call that names no queue runs in its caller's."""
    assert linked.document is not None
    waiting = [(linked.document, linked.document.workflow.queue)]
    seen: set[tuple[str, str]] = set()
    while waiting:
        document, queue = waiting.pop()
        if (document.workflow.name, queue) in seen:
            continue
        seen.add((document.workflow.name, queue))
        for node in walk(linked.workflows[document.workflow.name].root):
            if isinstance(node, Activity):
                yield Placed(document, node, queue)
            elif isinstance(node, Call) and (called := linked.documents.get(node.workflow)) is not None:
                own = called.workflow.queue
                waiting.append((called, queue if own == _NOT_SAID else own))


def unchecked_in(linked: Linked, registry: Registry, needed: Needed) -> tuple[list[Unchecked], set[Place]]:
    """What is not in the registry and need not be, and the places of those nodes."""
    found: set[Unchecked] = set()
    places: set[Place] = set()
    for document, node, queue in _placed(linked):
        if node.activity not in registry and not needed(node, queue):
            found.add(Unchecked(node.activity, node.queue or queue))
            places.add((document.file, document.kind_keys[node.id]))
    return sorted(found), places


def has_all_needed(linked: Linked, registry: Registry, needed: Needed) -> bool:
    """Whether every activity that must be here is in the registry."""
    return all(node.activity in registry for _, node, queue in _placed(linked) if needed(node, queue))


async def without_a_worker(client: Client, unchecked: Sequence[Unchecked]) -> list[Unchecked]:
    """Those that no living worker of their queue has."""
    if not unchecked:
        return []
    from kagzi_dsl.cli.workers import living_workers  # `validate` comes here, and needs no workers

    offered = {
        Unchecked(activity, queue)
        for one in await living_workers(client.store)
        if one.namespace == client.namespace
        for activity in one.activities
        for queue in one.queues
    }
    return [one for one in unchecked if one not in offered]


async def say_unchecked(client: Client, unchecked: Sequence[Unchecked], spared: Sequence[Diagnostic]) -> None:
    """Names what was not checked, why it could not be loaded, and what no living worker has."""
    for one in spared:
        if one.code != UNKNOWN:
            say(f"warning: {one.message}", fg="yellow")
    if not unchecked:
        return
    lacking = await without_a_worker(client, unchecked)
    named = ", ".join(map(str, unchecked))
    rest = f"; no worker that is alive has {_named(lacking, unchecked)}" if lacking else ""
    say(f"warning: not here, and so not checked: {named}{rest}", fg="yellow")


def _named(lacking: Sequence[Unchecked], unchecked: Sequence[Unchecked]) -> str:
    if len(lacking) < len(unchecked):
        return ", ".join(one.activity for one in lacking)
    return "it" if len(lacking) == 1 else "any of them"


def hinted(diagnostics: Iterable[Diagnostic], way_out: str = _ALL_UNCHECKED) -> list[Diagnostic]:
    """The diagnostics; those about activities that are not here say how to do without them, or a look at them."""
    return [
        replace(one, hint=f"{one.hint}; {way_out}" if one.hint and one.code == UNKNOWN else way_out)
        if one.code in _ABOUT_ACTIVITIES
        else one
        for one in diagnostics
    ]
