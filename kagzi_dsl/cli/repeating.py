"""What `retry` of many runs and `rerun` do: put runs into the queue, and say what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from kagzi_dsl.cli.exits import COMPLETED, FAILED, INTERRUPTED
from kagzi_dsl.cli.given import parsed_json, read_json
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.many import Deed, Targets, tell_deeds
from kagzi_dsl.cli.open import with_client
from kagzi_dsl.cli.output import say, write_text
from kagzi_dsl.cli.waiting import wait_for
from kagzi_dsl.cli.workers import somebody_would_take_it
from kagzi_dsl.errors import ConfigError, InputError, KagziError, RunConflict
from kagzi_dsl.payload import Json
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.following import run_of
from kagzi_dsl.runtime.rerunning import SAME_INPUT
from kagzi_dsl.runtime.store.records import Run

Do = Callable[[Client, Run], Awaitable[Deed]]
_OVER = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Anew:
    """How a run is to be run anew."""

    from_node: str | None
    outputs: Mapping[str, Json]
    input: Json

    @classmethod
    def read(cls, *, from_node: str | None, outputs: Sequence[str], whole: str | None) -> Anew:
        """What was typed. Raises ConfigError."""
        given: dict[str, Json] = {}
        for pair in outputs:
            node, sign, text = pair.partition("=")
            if not sign or not node:
                raise ConfigError(f"--set {pair!r} is not of the form NODE=JSON")
            given[node] = parsed_json(text, f"--set {node}")
        return cls(from_node, given, SAME_INPUT if whole is None else read_json(whole, "--input"))


def retry_for_workers(manner: Manner, targets: Targets) -> int:
    """Lets runs go on for workers, tells, and gives the exit status."""

    async def retry(client: Client, run: Run) -> Deed:
        return Deed(await client.retry(str(run.id)), "goes on")

    deeds = with_client(
        manner.database, manner.namespace, lambda client: _do(client, targets, "retry", _OVER[1:], retry)
    )
    return _tell(manner, targets, deeds, lambda deed: f"run {deed.run.id} {deed.word}")


def rerun_for_workers(manner: Manner, targets: Targets, anew: Anew, *, wait: bool) -> int:
    """Starts the new runs, tells, waits for their ends when that is wanted, and gives the exit status."""

    async def rerun(client: Client, run: Run) -> Deed:
        started = await client.rerun(str(run.id), from_node=anew.from_node, outputs=anew.outputs, input=anew.input)
        return Deed(await run_of(client.store, started.run_id), f"rerun of {run.id}")

    deeds = with_client(manner.database, manner.namespace, lambda client: _do(client, targets, "rerun", _OVER, rerun))
    if wait and deeds:
        return _wait_for(manner, targets, deeds)
    if targets.one and not manner.as_json and deeds[0].error is None:
        write_text(str(deeds[0].run.id))
    return _tell(manner, targets, deeds, lambda deed: f"it is a {deed.word}")


def _wait_for(manner: Manner, targets: Targets, deeds: Sequence[Deed]) -> int:
    """Waits for the new runs, and tells how they ended; a run that could not be rerun counts as failed."""
    for deed in deeds:
        if deed.error is not None:
            say(f"run {deed.run.id}: {deed.error}", fg="red")
        elif not manner.quiet:
            say(f"run {deed.run.id} is a {deed.word}")
    new = [str(deed.run.id) for deed in deeds if deed.error is None]
    if not new:
        return FAILED
    status = wait_for(manner, new, None, many=not targets.one)
    return FAILED if len(new) < len(deeds) and status != INTERRUPTED else status


async def _do(client: Client, targets: Targets, verb: str, statuses: Sequence[str], do: Do) -> list[Deed]:
    deeds = []
    for run in await targets.runs(client, verb, statuses):
        try:
            deeds.append(await do(client, run))
        except (RunConflict, InputError) as error:
            if targets.one:
                raise
            deeds.append(Deed(run, error=_briefly(error, run)))
    await _warn(client, [deed.run for deed in deeds if deed.error is None])
    return deeds


def _briefly(error: KagziError, run: Run) -> str:
    return str(error).removeprefix(f"run {run.id} ")


async def _warn(client: Client, runs: Sequence[Run]) -> None:
    """Tells when nobody would take them up."""
    if runs and not await somebody_would_take_it(client.store, runs[0]):
        here = f"; this goes on with it here: kagzi-dsl resume {runs[0].id}" if len(runs) == 1 else ""
        say(f"warning: no worker is about to take {'it' if len(runs) == 1 else 'them'} up{here}", fg="yellow")


def _tell(manner: Manner, targets: Targets, deeds: Sequence[Deed], words: Callable[[Deed], str]) -> int:
    if not targets.one or manner.as_json:
        return tell_deeds(deeds, as_json=manner.as_json)
    if not manner.quiet:
        say(words(deeds[0]))
    return COMPLETED
