"""`kagzi-dsl db prune`: forget runs that ended long ago."""

from __future__ import annotations

import click

from kagzi_dsl.cli.debug import debug_option
from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.moments import duration
from kagzi_dsl.cli.options import database_option
from kagzi_dsl.cli.output import say


@click.command(short_help="Forget runs that ended long ago.")
@click.option(
    "--older-than",
    required=True,
    callback=duration,
    metavar="DURATION",
    help="How long ago they must have ended, such as 30d.",
)
@click.option("--namespace", metavar="NAME", help="Only runs of this namespace [default: of every one].")
@click.option("--dry-run", is_flag=True, help="Only count them.")
@database_option
@debug_option
def prune(older_than: int, namespace: str | None, dry_run: bool, database: str | None) -> int:
    """Forget runs that ended long ago, with their journals. There is no way back.

    A child run is kept as long as the run that its family began with. The external id of a run that was forgotten is
    free again. `kagzi-dsl worker --retention 30d` does the same all the time.

    \b
    Examples:
      kagzi-dsl db prune --older-than 30d --dry-run
      kagzi-dsl db prune --older-than 12h --namespace test
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.duration import format_duration
    from kagzi_dsl.runtime.client import Client
    from kagzi_dsl.runtime.retention import forget
    from kagzi_dsl.runtime.store.records import Old

    async def work(client: Client) -> int:
        old = Old(before=await client.store.now() - older_than, namespace=namespace)
        if dry_run:
            return await client.store.prunable(old)
        return sum([count async for count in forget(client.store, old)])

    count = with_client(database, namespace or "default", work)
    runs = f"{count:,} run{'' if count == 1 else 's'} that ended more than {format_duration(older_than)} ago"
    say(f"would forget {runs}" if dry_run else f"forgot {runs}")
    return COMPLETED
