"""What `migrate` does: check the document, move the runs, and say what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from kagzi_dsl.cli.checking import check_file
from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.many import Deed, Targets, tell_deeds
from kagzi_dsl.cli.open import with_client
from kagzi_dsl.cli.output import say
from kagzi_dsl.cli.telling import LIVE, say_who_acts
from kagzi_dsl.cli.unchecked import say_unchecked, to_start
from kagzi_dsl.errors import DocumentError, InputError, RunConflict
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.migrating import REASON, why_paused
from kagzi_dsl.runtime.starting import Blueprint
from kagzi_dsl.runtime.store.records import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which runs are to be moved to which definition, and how."""

    targets: Targets
    file: str
    dry_run: bool
    timeout: int
    no_import: bool
    activities: tuple[str, ...]
    manner: Manner


def move_runs(wish: Wish) -> int:
    """Moves the runs, and gives the exit status. Raises DocumentError, and for a single run what forbids the move."""
    checked = check_file(wish.file, activities=wish.activities, load=not wish.no_import, needed=to_start)
    if checked.fails:
        raise DocumentError(checked.diagnostics)
    manner, one = wish.manner, wish.targets.one and not wish.manner.as_json

    async def work(client: Client) -> list[Deed]:
        blueprint = await client.blueprint(checked.linked)
        runs = await wish.targets.runs(client, "move" if not wish.dry_run else "check", LIVE)
        deeds = [await _move(client, run, blueprint, wish, alone=one) for run in runs]
        if one and not manner.quiet:
            say(f"run {deeds[0].run.id} {deeds[0].word}")
            if not wish.dry_run:
                await say_who_acts(client, deeds[0].run)
        await say_unchecked(client, checked.unchecked, checked.spared)
        return deeds

    deeds = with_client(manner.database, manner.namespace, work)
    return COMPLETED if one else tell_deeds(deeds, as_json=manner.as_json)


async def _move(client: Client, run: Run, blueprint: Blueprint, wish: Wish, *, alone: bool) -> Deed:
    if not wish.manner.quiet and await why_paused(client, run) == REASON:
        say(f"run {run.id} was left paused by a move that was interrupted", fg="yellow")
    try:
        moved = await client.migrate(str(run.id), blueprint, dry_run=wish.dry_run, timeout=wish.timeout / 1_000)
    except (RunConflict, InputError) as error:
        if alone:
            raise
        return Deed(run, error=str(error).removeprefix(f"run {run.id} "))
    return Deed(moved, "can be moved" if wish.dry_run else f"goes by {blueprint.digest[:12]} now")
