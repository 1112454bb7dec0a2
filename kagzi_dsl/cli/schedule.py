"""`kagzi-dsl schedule`: runs that are started by themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.moments import duration
from kagzi_dsl.cli.options import database_options, json_option
from kagzi_dsl.cli.output import colourful, say, write_json, write_text

if TYPE_CHECKING:
    from kagzi_dsl.runtime.client import Client
    from kagzi_dsl.runtime.store.records import Run
    from kagzi_dsl.runtime.store.schedules import StoredSchedule

F = TypeVar("F", bound=Callable[..., Any])

_OVERLAPS = ("allow", "skip", "queue", "cancel")
_id_argument = click.argument("schedule_id", metavar="ID")


def _time_options(command: F) -> F:
    """The options that say when a schedule fires; each is None where it was not typed."""
    for option in (
        click.option("--interval", callback=duration, metavar="DURATION", help="Fire every so often, such as 15m."),
        click.option("--timezone", metavar="ZONE", help="Whose clocks --cron goes by, such as Europe/Berlin [UTC]."),
        click.option(
            "--cron",
            metavar="EXPR",
            help='When to fire, as in "0 9 * * mon-fri"; the first of six is the second.',
        ),
    ):
        command = option(command)
    return command


def _run_options(command: F) -> F:
    """The options that say what a schedule starts, and how."""
    for option in (
        click.option("--jitter", callback=duration, metavar="DURATION", help="Begin each run up to so much later."),
        click.option(
            "--overlap", type=click.Choice(_OVERLAPS), help="What to do while a run of it is not over [allow]."
        ),
        click.option("--max-catchup", type=click.IntRange(0), metavar="N", help="Missed fires to make up for [100]."),
        click.option("--input", "whole", metavar="JSON|@FILE|-", help="The input of its runs as a whole."),
        click.option(
            "-i", "--set", "assignments", multiple=True, metavar="KEY=VALUE|KEY:=JSON", help="Set a field of the input."
        ),
    ):
        command = option(command)
    return command


@click.group(short_help="Start runs by themselves: create, list, show, pause, trigger, …")
def schedule() -> None:
    """Start runs by themselves, at times of day or at intervals.

    Every worker of the namespace starts what is due; one fire is one run, however many workers there are. A document
    may hold its own schedule, under `schedule:`, which `kagzi-dsl apply` stores.

    \b
    Examples:
      kagzi-dsl schedule create nightly report.yaml --cron "0 2 * * *" --timezone Europe/Berlin
      kagzi-dsl schedule next nightly
      kagzi-dsl schedule pause nightly
    """


@schedule.command(short_help="Keep a new schedule.")
@_id_argument
@click.argument("workflow", metavar="FILE|NAME")
@_time_options
@_run_options
@click.option("--paused", is_flag=True, help="Do not start anything before `schedule resume`.")
@json_option
@database_options
def create(
    schedule_id: str,
    workflow: str,
    paused: bool,
    as_json: bool,
    database: str | None,
    namespace: str,
    **options: Any,
) -> int:
    """Keep a new schedule, under an ID of your own.

    It starts the workflow of FILE, or the one of this NAME that is stored already, as it is now: later changes of the
    file count after `schedule update ID --workflow FILE`.

    \b
    Examples:
      kagzi-dsl schedule create nightly report.yaml --cron "0 2 * * *" --timezone Europe/Berlin -i region=eu
      kagzi-dsl schedule create poll poll.yaml --interval 30s --overlap skip
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.scheduling import create_schedule, say_when

    found = with_client(
        database, namespace, lambda client: create_schedule(client, schedule_id, workflow, options, paused=paused)
    )
    if as_json:
        _write(found)
    else:
        say(f"created {found.id}, which starts {found.template.workflow}{say_when(found)}")
    return COMPLETED


@schedule.command(short_help="Change a schedule.")
@_id_argument
@click.option("--workflow", metavar="FILE|NAME", help="What to start from now on.")
@_time_options
@_run_options
@json_option
@database_options
def update(
    schedule_id: str, workflow: str | None, as_json: bool, database: str | None, namespace: str, **options: Any
) -> int:
    """Change a schedule; what is not named stays as it is.

    With other times it fires by them from now on, and fires missed before are not made up for. A schedule that a
    document holds becomes what the document says with the next `kagzi-dsl apply`.

    \b
    Examples:
      kagzi-dsl schedule update nightly --cron "30 3 * * *"
      kagzi-dsl schedule update nightly --workflow report.yaml --max-catchup 0
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.scheduling import say_when, update_schedule

    found = with_client(database, namespace, lambda client: update_schedule(client, schedule_id, workflow, options))
    if as_json:
        _write(found)
    else:
        say(f"updated {found.id}{say_when(found)}")
    return COMPLETED


@schedule.command("list", short_help="List schedules.")
@json_option
@database_options
def list_(as_json: bool, database: str | None, namespace: str) -> int:
    """List the schedules of the namespace, with the next fire of each.

    \b
    Example:
      kagzi-dsl schedule list --json | jq -r '.[] | select(.state == "paused") | .id'
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.scheduling import record_of, table

    found = with_client(database, namespace, lambda client: client.schedules.all())
    if as_json:
        write_json([record_of(one) for one in found])
    elif found:
        write_text("\n".join(table(found, colour=colourful(sys.stdout))))
    else:
        say("no schedules")
    return COMPLETED


@schedule.command(short_help="Show a schedule.")
@_id_argument
@json_option
@database_options
def show(schedule_id: str, as_json: bool, database: str | None, namespace: str) -> int:
    """Show all there is to know of a schedule.

    \b
    Example:
      kagzi-dsl schedule show nightly
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.scheduling import picture

    found = with_client(database, namespace, lambda client: client.schedules.get(schedule_id))
    if as_json:
        _write(found)
    else:
        write_text("\n".join(picture(found, colour=colourful(sys.stdout))))
    return COMPLETED


@schedule.command(short_help="Start no more runs until `schedule resume`.")
@_id_argument
@database_options
def pause(schedule_id: str, database: str | None, namespace: str) -> int:
    """Start no more runs until `schedule resume`. Runs that are there already go on.

    \b
    Example:
      kagzi-dsl schedule pause nightly
    """
    from kagzi_dsl.cli.open import with_client

    found = with_client(database, namespace, lambda client: client.schedules.pause(schedule_id))
    say(f"paused {found.id}")
    return COMPLETED


@schedule.command(short_help="Let a paused schedule go on.")
@_id_argument
@database_options
def resume(schedule_id: str, database: str | None, namespace: str) -> int:
    """Let a paused schedule go on; the fires missed meanwhile are made up for, the newest --max-catchup of them.

    \b
    Example:
      kagzi-dsl schedule resume nightly
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.scheduling import say_when

    found = with_client(database, namespace, lambda client: client.schedules.resume(schedule_id))
    say(f"{found.id} goes on{say_when(found)}")
    return COMPLETED


@schedule.command(short_help="Forget a schedule.")
@_id_argument
@database_options
def delete(schedule_id: str, database: str | None, namespace: str) -> int:
    """Forget a schedule. Runs that it started go on.

    \b
    Example:
      kagzi-dsl schedule delete nightly
    """
    from kagzi_dsl.cli.open import with_client

    found = with_client(database, namespace, lambda client: client.schedules.delete(schedule_id))
    say(f"deleted {found.id}" + ("; the document that holds it brings it back when applied" if found.applied else ""))
    return COMPLETED


@schedule.command(short_help="Start a run of a schedule now.")
@_id_argument
@database_options
def trigger(schedule_id: str, database: str | None, namespace: str) -> int:
    """Start a run of a schedule now, even if it is paused or a run of it is not over; prints the run id.

    The calendar goes on as if nothing had happened.

    \b
    Example:
      kagzi-dsl wait "$(kagzi-dsl schedule trigger nightly)"
    """
    from kagzi_dsl.cli.open import with_client

    write_text(str(with_client(database, namespace, lambda client: client.schedules.trigger(schedule_id))))
    return COMPLETED


@schedule.command(short_help="List the runs a schedule started, newest first.")
@_id_argument
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.option("--after", metavar="RUN", help="Go on with what comes after this run: the next page.")
@json_option
@database_options
def runs(schedule_id: str, limit: int, after: str | None, as_json: bool, database: str | None, namespace: str) -> int:
    """List the runs a schedule started, newest first; the external id of each ends with the fire it was started for.

    \b
    Example:
      kagzi-dsl schedule runs nightly --limit 7
    """
    from kagzi_dsl.cli.listing import table
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.runtime.view import record_of

    async def work(client: Client) -> list[Run]:
        before = await client.find(after) if after is not None else None
        return await client.schedules.runs(schedule_id, before=before, limit=limit + 1)

    found = with_client(database, namespace, work)
    shown = found[:limit]
    if as_json:
        write_json([record_of(run) for run in shown])
    elif shown:
        write_text("\n".join(table(shown, colour=colourful(sys.stdout))))
    else:
        say("no runs yet")
    if len(found) > limit:
        say(f"there are more; the next page: --after {shown[-1].id}")
    return COMPLETED


@schedule.command("next", short_help="Print the coming fires.")
@click.argument("schedule_id", metavar="[ID]", required=False)
@_time_options
@click.option("-n", "count", type=click.IntRange(1, 1_000), default=5, show_default=True, help="How many.")
@json_option
@database_options
def next_(
    schedule_id: str | None,
    count: int,
    as_json: bool,
    database: str | None,
    namespace: str,
    **times: Any,
) -> int:
    """Print the coming fires of a schedule, by the clocks of its zone; or those of times that are only tried out.

    \b
    Examples:
      kagzi-dsl schedule next nightly -n 3
      kagzi-dsl schedule next --cron "30 2 * * sun" --timezone America/New_York
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.scheduling import coming, tried_out

    tried = {name: value for name, value in times.items() if value is not None}
    if (schedule_id is None) == (not tried):
        raise click.UsageError("name a schedule, or try out --cron or --interval")
    if schedule_id is None:
        fires = tried_out(tried, count)
    else:
        name = schedule_id
        fires = with_client(database, namespace, lambda client: coming(client, name, count))
    if as_json:
        write_json([fire.as_json() for fire in fires])
    elif fires:
        write_text("\n".join(fire.line() for fire in fires))
    else:
        say("it fires never again")
    return COMPLETED


def _write(found: StoredSchedule) -> None:
    from kagzi_dsl.cli.scheduling import record_of

    write_json(record_of(found))
