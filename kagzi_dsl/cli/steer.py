"""`kagzi-dsl cancel`, `terminate`, `pause`, `unpause` and `signal`: telling runs something, wherever they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.options import database_options, json_option, run_argument
from kagzi_dsl.cli.output import say
from kagzi_dsl.cli.targets import target_options

if TYPE_CHECKING:
    from kagzi_dsl.runtime.client import Client

F = TypeVar("F", bound=Callable[..., Any])


def reason_option(default: str) -> Callable[[F], F]:
    """Why something is done to a run."""
    return click.option("--reason", default=default, show_default=True, help="Why; it is kept with the run.")


@click.command(short_help="Cancel runs.")
@target_options
@reason_option("cancelled on request")
@json_option
@database_options
def cancel(database: str | None, namespace: str, as_json: bool, reason: str, **options: Any) -> int:
    """Cancel runs: what they do is stopped, what they have done in a saga is undone, every `finally` runs.

    RUN is a run id, the beginning of one, or an external id. Instead of it filters say which runs; before many are
    touched you are asked.

    \b
    Examples:
      kagzi-dsl cancel order-A-1 --reason "the customer changed their mind"
      kagzi-dsl cancel --workflow order-processing --status waiting --since 1h
    """
    from kagzi_dsl.cli.telling import CANCEL, tell_runs

    return tell_runs(CANCEL, options, database, namespace, reason, as_json=as_json)


@click.command(short_help="End runs at once, with nothing undone.")
@target_options
@reason_option("terminated on request")
@json_option
@database_options
def terminate(database: str | None, namespace: str, as_json: bool, reason: str, **options: Any) -> int:
    """End runs at once: nothing is undone, no `finally` runs, and what runs is not waited for.

    Their child runs end with them. Use `cancel` unless that would do harm, or takes too long. RUN and filters are as of
    `cancel`.

    \b
    Examples:
      kagzi-dsl terminate order-A-1 --reason "it fills the disk"
      kagzi-dsl terminate --label batch=42 --yes
    """
    from kagzi_dsl.cli.telling import TERMINATE, tell_runs

    return tell_runs(TERMINATE, options, database, namespace, reason, as_json=as_json)


@click.command(short_help="Let nothing new begin in runs until they are unpaused.")
@target_options
@reason_option("paused on request")
@json_option
@database_options
def pause(database: str | None, namespace: str, as_json: bool, reason: str, **options: Any) -> int:
    """Let nothing new begin in runs until they are unpaused. What runs goes on to its end; timers that fall due wait.

    Their child runs are paused with them. RUN and filters are as of `cancel`.

    \b
    Examples:
      kagzi-dsl pause order-A-1
      kagzi-dsl pause --queue mail --reason "the provider is down" --yes
    """
    from kagzi_dsl.cli.telling import PAUSE, tell_runs

    return tell_runs(PAUSE, options, database, namespace, reason, as_json=as_json)


@click.command(short_help="Let paused runs go on.")
@target_options
@json_option
@database_options
def unpause(database: str | None, namespace: str, as_json: bool, **options: Any) -> int:
    """Let paused runs go on where they were, and their child runs with them.

    RUN and filters are as of `cancel`.

    \b
    Examples:
      kagzi-dsl unpause order-A-1
      kagzi-dsl unpause --queue mail --yes
    """
    from kagzi_dsl.cli.telling import UNPAUSE, tell_runs

    return tell_runs(UNPAUSE, options, database, namespace, "", as_json=as_json)


@click.command(short_help="Send a signal to a run that waits for it, or will.")
@run_argument
@click.argument("name", metavar="NAME")
@click.option("--payload", metavar="JSON|@FILE|-", default="null", help="What goes with it; `-` reads it from stdin.")
@database_options
def signal(reference: str, name: str, payload: str, database: str | None, namespace: str) -> int:
    """Send a signal to a run that waits for it, or will.

    RUN is a run id, the beginning of one, or an external id. A signal nobody in the workflow waits for, or whose
    payload fails the schema of the wait, is refused.

    \b
    Example:
      kagzi-dsl signal expense-17 approval --payload '{"approved": true}'
    """
    from kagzi_dsl.cli.given import read_json
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.telling import say_who_acts

    value = read_json(payload, "--payload")

    async def work(client: Client) -> None:
        run = await client.signal(reference, name, value)
        say(f"run {run.id} has the signal {name}")
        await say_who_acts(client, run)

    with_client(database, namespace, work)
    return COMPLETED
