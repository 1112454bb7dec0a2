"""Which runs a command is about: the filters that commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kagzi_dsl.cli.moments import Moment, moment

if TYPE_CHECKING:
    from kagzi_dsl.runtime.client import Client
    from kagzi_dsl.runtime.store.records import RunFilter

F = TypeVar("F", bound=Callable[..., Any])
STATUSES = ("pending", "running", "sleeping", "waiting", "paused", "completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The filters that were typed; what was not narrows nothing."""

    statuses: tuple[str, ...] = ()
    workflow: str | None = None
    version: str | None = None
    queue: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    external_id: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    roots: bool = False

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Selection:
        """The selection among the options of a command, which are taken out of `options`."""
        return cls(**{one.name: options.pop(one.name) for one in fields(cls) if one.name in options})

    def __bool__(self) -> bool:
        return self != Selection()

    async def filter(self, client: Client, **more: Any) -> RunFilter:
        """The filter for a store; `more` are its other fields."""
        from kagzi_dsl.runtime.store.records import RunFilter

        now = await client.store.now() if self.since or self.until else 0
        return RunFilter(
            namespace=client.namespace,
            status=self.statuses,
            workflow=self.workflow,
            version=self.version,
            queue=self.queue,
            labels=self.labels,
            external_id=self.external_id,
            since=self.since.by(now) if self.since else None,
            until=self.until.by(now) if self.until else None,
            roots=self.roots,
            **more,
        )


def pairs(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> dict[str, str]:
    """The callback of an option that takes `K=V`, and may be repeated."""
    found = {}
    for text in value:
        key, sign, rest = text.partition("=")
        if not sign or not key:
            raise click.BadParameter(f"{text!r} is not of the form K=V")
        found[key] = rest
    return found


def selection_options(command: F) -> F:
    """The filters, for Selection.taken_from."""
    options = [
        click.option(
            "--status", "statuses", multiple=True, type=click.Choice(STATUSES), help="Only these; may be repeated."
        ),
        click.option("--workflow", metavar="NAME", help="Only runs of this workflow."),
        click.option("--version", metavar="TEXT", help="Only runs of this version of a workflow."),
        click.option("--queue", metavar="Q", help="Only runs in this queue."),
        click.option(
            "--label",
            "labels",
            multiple=True,
            metavar="K=V",
            callback=pairs,
            help="Only with this label; may be repeated.",
        ),
        click.option(
            "--since", callback=moment, metavar="AGO|DATE", help="Only runs started since then: 90m, 2026-01-31."
        ),
        click.option("--until", callback=moment, metavar="AGO|DATE", help="Only runs started before then."),
        click.option("--roots", is_flag=True, help="Leave out child runs."),
    ]
    for option in reversed(options):
        command = option(command)
    return command
