"""Group commit: what many runs want written while a commit is in flight goes into the next one together.

At low load a write pays one commit's latency, at high load many share it. Writes of one run keep their order and are
merged; what waits for a write is called back when it is durable, or refused. A write that is refused takes with it what
its run has put since: an entry is never stored without the one before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from kagzi_dsl.runtime.core.journal import Entry
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Ended, NewMessage, NewRun, Parked, Refused, Write
from kagzi_dsl.runtime.store.tasks import NewTask

Answer = Callable[[Refused | None], None]


@dataclass(slots=True)
class _Draft:
    fence: int
    entries: list[Entry] = field(default_factory=list)
    consumed: list[int] = field(default_factory=list)
    starts: list[NewRun] = field(default_factory=list)
    sends: list[NewMessage] = field(default_factory=list)
    tasks: list[NewTask] = field(default_factory=list)
    leave: Parked | Ended | None = None
    answers: list[Answer] = field(default_factory=list)

    def add(self, write: Write, answer: Answer) -> None:
        self.entries.extend(write.entries)
        self.consumed.extend(write.consumed)
        self.starts.extend(write.starts)
        self.sends.extend(write.sends)
        self.tasks.extend(write.tasks)
        self.leave = write.leave or self.leave
        self.answers.append(answer)

    def write(self, run_id: UUID) -> Write:
        return Write(
            run_id=run_id, fence=self.fence, entries=self.entries, consumed=self.consumed,
            starts=self.starts, sends=self.sends, tasks=self.tasks, leave=self.leave,
        )  # fmt: skip


class Writer:
    """The one writer of a process. `max_batch` bounds how many runs share a commit."""

    def __init__(self, store: Store, owner: UUID, *, max_batch: int = 1_000) -> None:
        self._store = store
        self._owner = owner
        self._max_batch = max_batch
        self._drafts: dict[UUID, _Draft] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.commits = 0

    def put(self, write: Write, answer: Answer) -> None:
        """Takes a write; `answer` is called when it is durable (None) or refused."""
        draft = self._drafts.get(write.run_id)
        if draft is None:
            draft = self._drafts[write.run_id] = _Draft(write.fence)
        draft.add(write, answer)
        self._idle.clear()
        self._wake.set()

    async def run(self) -> None:
        """Commits for ever; ends with the error when the database stays away."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._drafts:
                await self._commit(self._take())
            self._idle.set()

    async def flush(self) -> None:
        """Returns when everything put so far is durable or refused."""
        await self._idle.wait()

    def _take(self) -> dict[UUID, _Draft]:
        if len(self._drafts) <= self._max_batch:
            batch, self._drafts = self._drafts, {}
            return batch
        return {run_id: self._drafts.pop(run_id) for run_id in list(self._drafts)[: self._max_batch]}

    async def _commit(self, batch: dict[UUID, _Draft]) -> None:
        verdicts = await self._store.commit(self._owner, [draft.write(run_id) for run_id, draft in batch.items()])
        self.commits += 1
        for (run_id, draft), verdict in zip(batch.items(), verdicts, strict=True):
            answers = draft.answers
            if verdict is not None and (later := self._drafts.pop(run_id, None)) is not None:
                answers += later.answers
            for answer in answers:
                answer(verdict)
