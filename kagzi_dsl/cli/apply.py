"""`kagzi-dsl apply`: store what files say, definitions and schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.options import database_options, json_option
from kagzi_dsl.cli.output import stdout_kept, write_json, write_text

if TYPE_CHECKING:
    from kagzi_dsl.cli.checking import Checked
    from kagzi_dsl.runtime.client import Client
    from kagzi_dsl.runtime.schedules import Applied


@click.command(short_help="Store workflows and make their schedules what the files say.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option("--no-import", is_flag=True, help="Import no activities; their names and arguments stay unchecked.")
@json_option
@database_options
def apply(paths: tuple[str, ...], no_import: bool, as_json: bool, database: str | None, namespace: str) -> int:
    """Store workflows and make their schedules what the files say.

    PATH is a file, a folder or a glob, as for `validate`. All files are checked first; if one is wrong, nothing is
    stored. A schedule that came from a document of the same workflow, and is in it no more, is deleted. Whether a
    schedule is paused stays as it is. Applying the same again changes nothing.

    \b
    Examples:
      kagzi-dsl apply report.yaml
      kagzi-dsl apply workflows/ --no-import
    """
    from kagzi_dsl.cli.open import with_client
    from kagzi_dsl.cli.paths import files_of

    files = files_of(paths)
    with stdout_kept() as stdout:
        checked = _check(files, load=not no_import)
        applied = with_client(
            database, namespace, lambda client: _apply(client, dict(zip(files, checked, strict=True)))
        )
        if as_json:
            write_json([_record(one) for one in applied], stdout)
        else:
            write_text("\n".join(line for one in applied for line in _lines(one)), stdout)
    return COMPLETED


def _check(files: Sequence[str], *, load: bool) -> list[Checked]:
    """Every file, checked. Raises DocumentError for all that is wrong in any, ConfigError for two of one name."""
    from kagzi_dsl.cli.checking import check_file, in_order
    from kagzi_dsl.cli.unchecked import to_start
    from kagzi_dsl.errors import ConfigError, DocumentError

    checked = [check_file(file, load=load, needed=to_start) for file in files]
    if any(one.fails for one in checked):
        raise DocumentError(in_order(problem for one in checked for problem in one.diagnostics))
    named: dict[str, str] = {}
    for file, one in zip(files, checked, strict=True):
        first = named.setdefault(one.linked.root.name, file)
        if first != file:
            raise ConfigError(f"{first} and {file} both hold a workflow {one.linked.root.name!r}; apply one of them")
    return checked


async def _apply(client: Client, files: dict[str, Checked]) -> list[Applied]:
    from kagzi_dsl.cli.scheduling import say_who_starts
    from kagzi_dsl.cli.sources import origin_of
    from kagzi_dsl.cli.unchecked import say_unchecked

    applied = [
        await client.schedules.apply(checked.linked, origin=origin_of(file, checked.sets))
        for file, checked in files.items()
    ]
    for checked in files.values():
        await say_unchecked(client, checked.unchecked, checked.spared)
    if any(change.what in ("created", "updated") for one in applied for change in one.changes):
        await say_who_starts(client)
    return applied


def _lines(applied: Applied) -> list[str]:
    from kagzi_dsl.cli.scheduling import say_when

    lines = [f"{applied.workflow}: {'stored' if applied.stored else 'unchanged'} ({applied.digest[:12]})"]
    for change in applied.changes:
        different = f" ({', '.join(change.fields)})" if change.fields else ""
        coming = "" if change.what == "deleted" else say_when(change.schedule)
        lines.append(f"{applied.workflow}: schedule {change.schedule.id} {change.what}{different}{coming}")
    return lines


def _record(applied: Applied) -> dict[str, object]:
    from kagzi_dsl.cli.scheduling import record_of

    return {
        "workflow": applied.workflow,
        "digest": applied.digest,
        "stored": applied.stored,
        "schedules": [
            {"what": change.what, "fields": list(change.fields), "schedule": record_of(change.schedule)}
            for change in applied.changes
        ],
    }
