"""Which runs there are: every one by its id, those that are not over, and who has which external id."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from kagzi_dsl.runtime.store.memory.rows import Row, run_of
from kagzi_dsl.runtime.store.records import NewRun, Run


class Runs:
    """The runs of one store: all `rows`, and the `live` among them."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.rows: dict[UUID, Row] = {}
        self.live: dict[UUID, Row] = {}
        self._now = now
        self._taken: dict[tuple[str, str, str | None], UUID] = {}

    def add(self, new: NewRun) -> Row:
        """Adds a run that is not there yet."""
        row = self.rows[new.id] = self.live[new.id] = Row(run_of(new, self._now()))
        if new.journal:
            row.entries = {entry.seq: entry for entry in new.journal}
            row.run = replace(row.run, fence=1)
        if new.external_id is not None:
            self._taken[_external(new)] = new.id
        return row

    def already_there(self, new: NewRun) -> UUID | None:
        """The run that has this id, or this external id."""
        if new.id in self.rows:
            return new.id
        return None if new.external_id is None else self._taken.get(_external(new))

    def free_external_ids(self, runs: Sequence[NewRun]) -> None:
        """Takes the external ids of new runs from those that failed or were cancelled."""
        taken = {key for new in runs if (key := _external(new)) in self._taken}
        for key in taken:
            row = self.rows[self._taken[key]]
            if row.run.status in ("failed", "cancelled"):
                del self._taken[key]
                row.run = replace(row.run, external_id=f"{row.run.external_id}~{row.run.id}")
                self._taken[_external(row.run)] = row.run.id

    def holds(self, owner: UUID, run_id: UUID, fence: int) -> bool:
        """Whether a worker owns a run that is not over, under this fence."""
        row = self.live.get(run_id)
        return row is not None and row.run.owner == owner and row.run.fence == fence

    def reopen(self, run_id: UUID) -> Row | None:
        """Makes a run that failed or was cancelled ready again; None if it is none."""
        row = self.rows.get(run_id)
        if row is None or row.run.status not in ("failed", "cancelled"):
            return None
        row.run = replace(
            row.run,
            status="pending",
            available_at=self._now(),
            finished_at=None,
            output=None,
            failure=None,
            compensation="",
        )
        self.live[run_id] = row
        row.reopened, row.withdrawn = True, False
        return row

    def forget(self, run_id: UUID) -> None:
        """Removes a run that is over, and frees its external id."""
        run = self.rows.pop(run_id).run
        if run.external_id is not None:
            self._taken.pop(_external(run), None)


def _external(run: Run | NewRun) -> tuple[str, str, str | None]:
    return run.namespace, run.workflow, run.external_id
