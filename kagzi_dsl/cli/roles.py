"""`kagzi-dsl db roles`: roles with the least rights that an owner, a worker and somebody who looks need."""

from __future__ import annotations

import click

from kagzi_dsl.cli.debug import debug_option
from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.options import database_option
from kagzi_dsl.cli.output import say, write_text


@click.command(short_help="Make roles for the owner, workers and viewers.")
@click.option("--prefix", metavar="NAME", default="kagzi", show_default=True, help="What their names begin with.")
@click.option("--print", "only_tell", is_flag=True, help="Print the SQL and change nothing.")
@database_option
@debug_option
def roles(prefix: str, only_tell: bool, database: str | None) -> int:
    """Make the roles kagzi_owner, kagzi_worker and kagzi_viewer, each with the least rights it needs.

    The owner has the schema and may migrate it; workers read and write runs; viewers only look. The roles cannot log
    in: make your logins members of them, as in `grant kagzi_worker to shop_app`. Later migrations are covered.
    Doing it again changes nothing. It takes a login that may make roles and owns the schema.

    \b
    Examples:
      kagzi-dsl db roles
      kagzi-dsl db roles --print | psql postgresql://postgres@db.example.org/kagzi
    """
    from kagzi_dsl.cli.loop import run_async
    from kagzi_dsl.cli.open import database_url
    from kagzi_dsl.runtime.store.postgres.roles import Roles, as_script, set_up

    with database_url(database) as found:
        steps = run_async(set_up(found, Roles.named(prefix), only_tell=only_tell))
    if only_tell:
        write_text(as_script(steps))
        return COMPLETED
    for step in steps:
        say(step.says)
    return COMPLETED
