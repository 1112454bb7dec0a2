"""`kagzi-dsl db`: the database itself."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import click

from kagzi_dsl.cli.debug import debug_option
from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.options import database_option, json_option
from kagzi_dsl.cli.output import say, write_json, write_text
from kagzi_dsl.cli.prune import prune
from kagzi_dsl.cli.roles import roles
from kagzi_dsl.cli.settings import value_of
from kagzi_dsl.config import table
from kagzi_dsl.errors import ConfigError, DatabaseUnavailable
from kagzi_dsl.payload import Json

if TYPE_CHECKING:
    from kagzi_dsl.runtime.embedded import Status


@click.group(short_help="Look after the database: url, migrate, status, prune, roles, start, stop, psql.")
def db() -> None:
    """Look after the database.

    It is the PostgreSQL that --db or $KAGZI_DB_URL names, else the embedded one in $KAGZI_HOME (else in your data
    folder), which starts when it is needed and stops with its last user.

    \b
    Examples:
      kagzi-dsl db status
      kagzi-dsl db migrate --db postgresql://kagzi@db.example.org/kagzi
    """


@db.command()
@database_option
@debug_option
def url(database: str | None) -> int:
    """Print the database's URL.

    The embedded database only runs as long as somebody uses it, or from `db start` to `db stop`.

    \b
    Example:
      kagzi-dsl db start && psql "$(kagzi-dsl db url)"
    """
    from kagzi_dsl.cli.open import database_url
    from kagzi_dsl.runtime.embedded import status as embedded_status

    running = bool(database) or embedded_status(value_of(table.HOME)).pid is not None
    with database_url(database) as found:
        write_text(found)
    if not running:
        say("the embedded database stops again now; `kagzi-dsl db start` lets it run")
    return COMPLETED


@db.command()
@database_option
@debug_option
def migrate(database: str | None) -> int:
    """Bring the database's schema up to date.

    Needed once on a server of your own, and after an upgrade of kagzi-dsl; an embedded database is kept up to date by
    itself. Any number of processes may do it at once.

    \b
    Example:
      kagzi-dsl db migrate --db postgresql://kagzi@db.example.org/kagzi
    """
    from kagzi_dsl.cli.loop import run_async
    from kagzi_dsl.cli.open import database_url
    from kagzi_dsl.runtime.store.postgres import migrate as apply

    with database_url(database) as found:
        done = run_async(apply(found))
    for name in done:
        say(f"applied {name}")
    say("the schema is up to date", fg="green")
    return COMPLETED


@db.command()
@json_option
@database_option
@debug_option
def status(database: str | None, as_json: bool) -> int:
    """Show which database is used and how it is. Starts nothing.

    \b
    Example:
      kagzi-dsl db status --json
    """
    facts = _named(database) if database else _embedded()
    if as_json:
        write_json(facts)
        return COMPLETED
    for name, value in facts.items():
        if value is not None:
            write_text(f"{name + ':':<12} {_told(value)}")
    return COMPLETED


def _told(value: Json) -> str:
    match value:
        case True | False:
            return "yes" if value else "no"
        case []:
            return "none"
        case list():
            return ", ".join(str(item) for item in value)
        case _:
            return str(value)


def _embedded() -> dict[str, Json]:
    from kagzi_dsl.runtime.embedded import status as embedded_status

    found = embedded_status(value_of(table.HOME))
    facts: dict[str, Json] = {"database": "embedded", "home": str(found.home), "running": found.pid is not None}
    if found.url is not None:
        facts |= {"pid": found.pid, "stays": found.kept, "used_by": list(found.users), "log": str(found.log)}
        facts |= _server(found.url)
    return facts


def _named(database: str) -> dict[str, Json]:
    from kagzi_dsl.runtime.store.postgres.address import parse

    return {"database": parse(database).place, "running": True, **_server(database)}


def _server(found: str) -> dict[str, Json]:
    from kagzi_dsl.cli.loop import run_async
    from kagzi_dsl.runtime.store.postgres import pending_migrations
    from kagzi_dsl.runtime.store.postgres.connection import close, one_connection
    from kagzi_dsl.runtime.store.postgres.migrate import errand

    async def look() -> dict[str, Json]:
        pending = await pending_migrations(found)
        connection = await one_connection(errand(found))
        version = connection.get_server_version()
        await close(connection)
        return {
            "postgresql": f"{version.major}.{version.micro}",
            "schema": "up to date" if not pending else "needs `kagzi-dsl db migrate`",
            "pending": pending or None,
        }

    return run_async(look())


@db.command()
@database_option
@debug_option
def start(database: str | None) -> int:
    """Start the embedded database and let it run until `kagzi-dsl db stop`; prints its URL.

    \b
    Example:
      kagzi-dsl db start
    """
    _refuse_named(database, "start")
    from kagzi_dsl.runtime.embedded import start_detached

    write_text(start_detached(value_of(table.HOME)))
    return COMPLETED


@db.command()
@click.option("--force", is_flag=True, help="Stop it at once, whoever uses it.")
@database_option
@debug_option
def stop(database: str | None, force: bool) -> int:
    """Stop the embedded database; while others use it, it stops with the last of them.

    \b
    Example:
      kagzi-dsl db stop
    """
    _refuse_named(database, "stop")
    from kagzi_dsl.runtime.embedded import stop as stop_embedded

    say(_after_stop(stop_embedded(value_of(table.HOME), force=force)))
    return COMPLETED


def _after_stop(found: Status) -> str:
    if found.pid is None:
        return "the embedded database is stopped"
    users = ", ".join(str(pid) for pid in found.users)
    return f"the embedded database stops with its last user (in use by process {users}); --force stops it now"


def _refuse_named(database: str | None, verb: str) -> None:
    if database:
        raise ConfigError(
            f"`db {verb}` is for the embedded database, and --db or KAGZI_DB_URL names a server of its own"
        )


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PSQL OPTIONS]")
@database_option
@debug_option
def psql(database: str | None, arguments: tuple[str, ...]) -> int:
    """Open the database in psql; what follows goes to psql.

    \b
    Examples:
      kagzi-dsl db psql
      kagzi-dsl db psql -c 'select count(*) from kagzi.runs'
    """
    from kagzi_dsl.cli.open import database_url

    program = _psql(embedded=not database)
    with database_url(database) as found, _interrupts_left_to_psql():
        bare, password = _parted(found)
        # In the environment, because everybody on the machine can read the arguments of a process.
        environment = os.environ | ({"PGPASSWORD": password} if password else {})
        status = subprocess.run([program, *arguments, "-d", bare], env=environment, check=False).returncode
    return status if status >= 0 else 128 - status


def _parted(found: str) -> tuple[str, str | None]:
    """A URL as psql takes it, without its password, and the password."""
    parts = urlsplit(f"postgresql://{found.partition('://')[2]}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    given = options.pop("password", None)
    login, at, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    # Not by `geturl`, which leaves out an empty host.
    query = urlencode(options, quote_via=quote)
    bare = f"postgresql://{user}{at}{hosts}{parts.path}{f'?{query}' if query else ''}"
    return bare, given or unquote(password) or None


def _psql(*, embedded: bool) -> str:
    from kagzi_dsl.runtime.embedded import psql_path

    if not embedded and (found := shutil.which("psql")):
        return found
    try:
        return str(psql_path())
    except DatabaseUnavailable:
        if found := shutil.which("psql"):
            return found
        raise


db.add_command(prune)
db.add_command(roles)


@contextlib.contextmanager
def _interrupts_left_to_psql() -> Iterator[None]:
    """Ctrl-C ends a query, not us. (A signal that is ignored outright would be ignored by psql too.)"""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
