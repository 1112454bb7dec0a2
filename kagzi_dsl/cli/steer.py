"""`kagzi-dsl cancel` and `signal`: telling a run something, wherever it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.options import database_options, run_argument
from kagzi_dsl.cli.output import say

if TYPE_CHECKING:
    from kagzi_dsl.runtime.client import Client
    from kagzi_dsl.runtime.store.records import Run


@click.command(short_help="Cancel a run.")
@run_argument
@click.option("--reason", default="cancelled on request", show_default=True, help="Why; it is kept with the run.")
@database_options
def cancel(reference: str, reason: str, database: str | None, namespace: str) -> int:
    """Cancel a run: what it does is stopped, what it has done in a saga is undone, every `finally` runs.

    RUN is a run id, the beginning of one, or an external id.

    \b
    Example:
      kagzi-dsl cancel order-A-1 --reason "the customer changed their mind"
    """
    from kagzi_dsl.cli.open import with_client

    async def work(client: Client) -> None:
        run = await client.cancel(reference, reason)
        say(f"run {run.id} is told to cancel")
        await _say_who_acts(client, run)

    with_client(database, namespace, work)
    return COMPLETED


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

    value = read_json(payload, "--payload")

    async def work(client: Client) -> None:
        run = await client.signal(reference, name, value)
        say(f"run {run.id} has the signal {name}")
        await _say_who_acts(client, run)

    with_client(database, namespace, work)
    return COMPLETED


async def _say_who_acts(client: Client, run: Run) -> None:
    """Tells a person whose message would lie there until somebody works on the run again."""
    from kagzi_dsl.cli.workers import owner_of, somebody_would_take_it

    if await owner_of(client.store, run) is None and not await somebody_would_take_it(client.store, run):
        say(f"nobody works on it now; `kagzi-dsl resume {run.id}` goes on with it", fg="yellow")
