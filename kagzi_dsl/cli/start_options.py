"""What `run` and `start` let a person say of a run that is started, beside its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kagzi_dsl.cli.moments import date, duration, moment
from kagzi_dsl.cli.selecting import pairs
from kagzi_dsl.config import table

if TYPE_CHECKING:
    from kagzi_dsl.retry import Retry
    from kagzi_dsl.runtime.starting import OnConflict, StartOptions

F = TypeVar("F", bound=Callable[..., Any])
_ON_CONFLICT = ("return", "reject", "restart_failed")
_OPTIONS = (
    "labels",
    "priority",
    "queue",
    "version",
    "retry",
    "delay",
    "at",
    "deadline",
    "traceparent",
    "correlation_id",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The input, the ids and the options of a run as they were typed."""

    assignments: tuple[str, ...]
    whole: str | None
    external_id: str | None
    on_conflict: OnConflict
    options: StartOptions

    @classmethod
    def taken_from(cls, typed: dict[str, Any]) -> Given:
        """What was typed among the options of a command, which are taken out of `typed`."""
        options: dict[str, Any] = {name: typed.pop(name) for name in _OPTIONS}
        if typed["external_id"] == "":
            raise click.UsageError("--id is empty; give the run an id of your own, or leave the option out")
        if options["at"] is not None and options["delay"] is not None:
            raise click.UsageError("--at and --delay exclude each other")
        if options["delay"] is not None:
            options["delay"] /= 1_000
        ends = options.pop("deadline")
        if ends is not None:
            options["within" if ends.at is None else "deadline"] = ends.ago / 1_000 if ends.at is None else ends.at
        said: Any = {name: value for name, value in options.items() if value is not None and value != {}}
        rest = {name: typed.pop(name) for name in ("assignments", "whole", "external_id", "on_conflict")}
        return cls(options=said, **rest)


def start_options(command: F) -> F:
    """The options, for Given.taken_from."""
    options = [
        click.option(
            "-i",
            "--set",
            "assignments",
            multiple=True,
            metavar="KEY=VALUE|KEY:=JSON",
            help="Set a field of the input, typed by the workflow's input schema; dots lead into nested objects.",
        ),
        click.option("--input", "whole", metavar="JSON|@FILE|-", help="The input as a whole; `-` reads it from stdin."),
        click.option(
            "--id", "external_id", metavar="KEY", help="An id of your own: a second start with it finds the first."
        ),
        click.option(
            "--on-conflict",
            type=click.Choice(_ON_CONFLICT),
            default="return",
            show_default=True,
            help="When the --id is taken: give the run that has it, refuse, or start anew if that failed or was "
            "cancelled.",
        ),
        click.option(
            "--label", "labels", multiple=True, metavar="K=V", callback=pairs, help="To find it by; may be repeated."
        ),
        click.option("--priority", type=click.IntRange(-(2**31), 2**31 - 1), help="Higher ones are taken up first."),
        click.option("--queue", metavar="Q", help="The queue it waits in, instead of the document's."),
        click.option("--version", metavar="TEXT", help="The version it counts as, instead of the document's."),
        click.option(
            "--run-retry",
            "retry",
            multiple=True,
            metavar="KEY=VALUE",
            callback=_policy,
            help="How the run as a whole is tried again when it fails, as in max_attempts=3; may be repeated.",
        ),
        click.option("--delay", callback=duration, metavar="DURATION", help="Begin so much later: 90s, 2h."),
        click.option("--at", callback=date, metavar="DATE", help="Begin then: 2026-01-31T09:00:00Z."),
        click.option(
            "--deadline",
            callback=moment,
            metavar="DURATION|DATE",
            help="Time out then, undoing what was done: 2h from now, 2026-01-31T09:00:00Z.",
        ),
        click.option("--traceparent", metavar="TEXT", help="The W3C trace context it belongs to, instead of its own."),
        click.option("--correlation-id", metavar="TEXT", help="What log lines of it and all it calls carry."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def _policy(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> Retry | None:
    from kagzi_dsl.retry import Retry

    said: dict[str, Any] = {}
    for pair in given:
        name, sign, text = pair.partition("=")
        if not sign or name not in table.RETRY:
            raise click.BadParameter(f"{pair!r} is not KEY=VALUE with a KEY of {', '.join(table.RETRY)}")
        try:
            said[name] = table.RETRY[name].kind.read(text, Path.cwd())
        except ValueError as error:
            raise click.BadParameter(f"{name}: {error}") from error
    return Retry(**said) if said else None
