"""What `cancel`, `terminate`, `pause` and `unpause` do: tell runs, and say what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kagzi_dsl.cli.exits import COMPLETED
from kagzi_dsl.cli.many import Deed, Targets, tell_deeds
from kagzi_dsl.cli.open import with_client
from kagzi_dsl.cli.output import say
from kagzi_dsl.cli.workers import owner_of, somebody_would_take_it
from kagzi_dsl.errors import RunConflict
from kagzi_dsl.runtime.again import can_hear
from kagzi_dsl.runtime.client import Client, Told
from kagzi_dsl.runtime.following import run_of
from kagzi_dsl.runtime.store.records import ENDED, Run

LIVE = ("pending", "running", "sleeping", "waiting", "paused")


@dataclass(frozen=True, slots=True)
class Act:
    """Something runs are told. `done` puts into words what came of it; `statuses` are those a filter looks for."""

    kind: Told
    complaint: str
    done: Callable[[Run], str]
    statuses: tuple[str, ...] = LIVE
    needs_somebody: bool = False


CANCEL = Act(
    "cancel",
    "cannot be cancelled",
    lambda run: "cancelled" if run.status in ENDED else "told to cancel",
    needs_somebody=True,
)
TERMINATE = Act(
    "terminate",
    "cannot be terminated",
    lambda run: "terminated" if run.status in ENDED else "told to terminate",
)
PAUSE = Act(
    "pause",
    "cannot be paused",
    lambda run: "paused" if run.status == "paused" else "told to pause; what runs ends first",
    statuses=("pending", "running", "sleeping", "waiting"),
)
UNPAUSE = Act("unpause", "cannot go on", lambda run: "told to go on", statuses=("paused",), needs_somebody=True)


def tell_runs(
    act: Act, options: dict[str, Any], database: str | None, namespace: str, reason: str, *, as_json: bool
) -> int:
    """Tells the runs that are meant, says what came of it, and gives the exit status."""
    targets = Targets.taken_from(options)

    async def work(client: Client) -> list[Deed]:
        runs = await targets.runs(client, act.kind, act.statuses)
        deeds = await _tell(client, act, runs, reason)
        if targets.one and not as_json:
            await _say(client, act, deeds[0])
        return deeds

    deeds = with_client(database, namespace, work)
    return COMPLETED if targets.one and not as_json else tell_deeds(deeds, as_json=as_json)


async def _tell(client: Client, act: Act, runs: list[Run], reason: str) -> list[Deed]:
    live = [run for run in runs if can_hear(run, act.kind)]
    told = dict(zip((run.id for run in live), await client.tell(live, act.kind, reason), strict=True))
    deeds = []
    for before in runs:
        run = await run_of(client.store, before.id)
        if before.id not in told:
            deeds.append(Deed(run, error=f"is {before.status} and {act.complaint}"))
        elif not told[before.id]:
            deeds.append(Deed(run, error=f"ended just now and {act.complaint}"))
        else:
            deeds.append(Deed(run, act.done(run)))
    return deeds


async def _say(client: Client, act: Act, deed: Deed) -> None:
    run = deed.run
    if deed.error is not None:
        raise RunConflict(f"run {run.id} {deed.error}")
    say(f"run {run.id} is {deed.word}")
    if act.needs_somebody:
        await say_who_acts(client, run)


async def say_who_acts(client: Client, run: Run) -> None:
    """Tells a person whose message would lie there until somebody works on the run again."""
    if await owner_of(client.store, run) is not None or await somebody_would_take_it(client.store, run):
        return
    # Whoever worked on it may be gone because it is over by now.
    if (await run_of(client.store, run.id)).status not in ENDED:
        say(f"nobody works on it now; `kagzi-dsl resume {run.id}` goes on with it", fg="yellow")
