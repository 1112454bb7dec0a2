"""What `resume` and `retry` do: find the run and its activities, and go on; or tell how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kagzi_dsl.cli.follow import Foreground, left_behind, take_over, take_up_the_rest
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.output import say, stdout_kept
from kagzi_dsl.cli.session import Session, with_session
from kagzi_dsl.cli.sources import differs, registry_for
from kagzi_dsl.dsl.link import link_file
from kagzi_dsl.runtime.again import was_given_up, why_retried
from kagzi_dsl.runtime.engine import Engine
from kagzi_dsl.runtime.store.records import ENDED, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which run is to go on, with which activities, and how."""

    reference: str
    activities: tuple[str, ...]
    manner: Manner
    retrying: bool = False


def resume_and_follow(wish: Wish) -> int:
    """Does what `resume` is asked for, and gives the exit status."""
    with stdout_kept() as stdout:
        return with_session(wish.manner, lambda session: _resume(wish, session), stdout)


async def _resume(wish: Wish, session: Session) -> int:
    run = await session.client.run(wish.reference)
    again = why_again(run) or (why_retried(run) if wish.retrying else None)
    rest = await left_behind(session.client, run) if run.status in ENDED and again is None else []
    if run.status in ENDED and again is None and not rest:
        if not wish.manner.quiet:
            say(f"run {run.id}")
            say(f"it has ended already ({run.status}); there is nothing to resume")
        return session.tell(run)
    registry, source = await registry_for(session.client, run, wish.activities)

    async def begin(foreground: Foreground, engine: Engine) -> Run:
        if rest:
            return await take_up_the_rest(foreground, engine, run, rest)
        for line in (f"run {run.id}", again, f"activities: {source}" if source else None, edited(run)):
            if line is not None:
                foreground.display.note(line)
        if again is not None:
            await session.client.store.reopen(run.id)
        return await take_over(foreground, engine, run)

    return await session.work_on(registry, run.root_id, begin)


def why_again(run: Run) -> str | None:
    """Why a run that has ended is taken up again, None when it is not."""
    if run.status not in ("failed", "cancelled"):
        return None
    if run.compensation == "failed":
        return f"it {run.status} and its compensation failed; what was not undone is tried again"
    if was_given_up(run):
        return "it was given up because it made no progress; it is taken up again"
    return None


def edited(run: Run) -> str | None:
    """What to say when the file a run was started from says something else than the run goes by."""
    file = run.origin.get("file")
    if not isinstance(file, str) or not Path(file).is_file():
        return None
    digests = link_file(file).digests
    started_with = {**run.pins, run.workflow: run.digest}
    if run.workflow in digests and all(digests.get(name, digest) == digest for name, digest in started_with.items()):
        return None
    return differs(file)
