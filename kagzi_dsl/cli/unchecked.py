"""Activities that name a queue and are not here: a worker of that queue must have them, who starts a run need not.

Where they cannot be looked at, the rest of a document is checked without them, and they are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from kagzi_dsl.cli.output import say
from kagzi_dsl.dsl.diagnostic import Diagnostic, Pointer
from kagzi_dsl.dsl.document import Document
from kagzi_dsl.dsl.model import Activity, walk

if TYPE_CHECKING:
    from kagzi_dsl.activities.registry import Registry
    from kagzi_dsl.runtime.client import Client

UNKNOWN = "unknown-activity"
Place: TypeAlias = tuple[str, Pointer]
"""A file, and where in it."""
_ABOUT_ACTIVITIES = (UNKNOWN, "activities-import")
_ALL_UNCHECKED = "--no-import starts it without a look at its activities, where only workers have them"


class Unchecked(NamedTuple):
    """An activity of another queue that is not here."""

    activity: str
    queue: str

    def __str__(self) -> str:
        return f"{self.activity} (queue {self.queue})"


def unchecked_in(documents: Iterable[Document], registry: Registry) -> tuple[list[Unchecked], set[Place]]:
    """What names a queue and is not in the registry, and the places of those nodes."""
    found: set[Unchecked] = set()
    places: set[Place] = set()
    for document in documents:
        for node in walk(document.workflow.root):
            if isinstance(node, Activity) and node.queue is not None and node.activity not in registry:
                found.add(Unchecked(node.activity, node.queue))
                places.add((document.file, document.kind_keys[node.id]))
    return sorted(found), places


def has_all_others(documents: Iterable[Document], registry: Registry) -> bool:
    """Whether every activity that names no queue is in the registry."""
    nodes = (node for one in documents for node in walk(one.workflow.root) if isinstance(node, Activity))
    return all(node.activity in registry for node in nodes if node.queue is None)


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


def hinted(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics; those about activities that are not here say how to do without a look at them."""
    return [
        replace(one, hint=f"{one.hint}; {_ALL_UNCHECKED}" if one.hint and one.code == UNKNOWN else _ALL_UNCHECKED)
        if one.code in _ABOUT_ACTIVITIES
        else one
        for one in diagnostics
    ]
