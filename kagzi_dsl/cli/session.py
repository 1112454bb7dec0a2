"""What `run` and `resume` share: working on a run until it is over, and telling how it ended or how to go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from kagzi_dsl.activities.registry import Registry
from kagzi_dsl.cli.display import display_for
from kagzi_dsl.cli.ending import report_end
from kagzi_dsl.cli.exits import FAILED, INTERRUPTED
from kagzi_dsl.cli.follow import Foreground, LetGo, asked_in_passing, follow
from kagzi_dsl.cli.interrupts import Interrupted
from kagzi_dsl.cli.logs import logged
from kagzi_dsl.cli.loop import leave_soon
from kagzi_dsl.cli.manner import Manner
from kagzi_dsl.cli.open import with_client
from kagzi_dsl.cli.output import say
from kagzi_dsl.cli.workers import named, owner_of
from kagzi_dsl.runtime.client import Client
from kagzi_dsl.runtime.engine import Engine
from kagzi_dsl.runtime.store.records import Run, Worker


@dataclass(frozen=True, slots=True)
class Session:
    """A client and the real stdout, for one command. Whatever activities print goes to stderr."""

    manner: Manner
    client: Client
    stdout: IO[str]

    async def work_on(
        self, registry: Registry, root_id: UUID, begin: Callable[[Foreground, Engine], Awaitable[Run]]
    ) -> int:
        """Begins, follows the run to its end, prints what came of it, and gives the exit status."""
        foreground = Foreground(self.client, registry, display_for(quiet=self.manner.quiet))
        begun: list[Run] = []

        async def begin_noted(engine: Engine) -> Run:
            begun.append(await begin(foreground, engine))
            return begun[0]

        try:
            run = await follow(foreground, root_id, begin_noted)
            foreground.display.ended(run)
            return self.tell(run)
        except Interrupted:
            await self._tell_interrupted(begun[0])
            return INTERRUPTED
        except LetGo as error:
            say(f"error: {error}", fg="red")
            say(self._how_to_go_on(begun[0]))
            return FAILED

    async def _tell_interrupted(self, run: Run) -> None:
        owner = await asked_in_passing(self._owner(run))
        if owner is not None:
            how = f"{named(owner)} goes on with it; to follow it: {self.manner.command('watch', run.id)}"
            say(f"interrupted; run {run.id} is left alone, and {how}", fg="yellow")
            return
        say(f"interrupted; {self._how_to_go_on(run)}", fg="yellow")

    def _how_to_go_on(self, run: Run) -> str:
        return f"run {run.id} stands as it is, and goes on with: {self.manner.command('resume', run.id)}"

    async def _owner(self, run: Run) -> Worker | None:
        return await owner_of(self.client.store, await self.client.store.run(run.id) or run)

    def tell(self, run: Run) -> int:
        """Prints what came of a run that is over."""
        return report_end(run, stdout=self.stdout, manner=self.manner)


def with_session(manner: Manner, work: Callable[[Session], Awaitable[int]], stdout: IO[str]) -> int:
    """Does `work` with the database open and log records shown, and gives its exit status."""

    async def connected(client: Client) -> int:
        return await work(Session(manner, client, stdout))

    with logged(quiet=manner.quiet):
        status = with_client(manner.database, manner.namespace, connected)
    leave_soon(status)
    return status
