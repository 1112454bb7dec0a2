"""Group commit: what many runs want written while a commit is in flight goes into the next one together.

At low load a write pays one commit's latency, at high load many share it. Writes of one run keep their order and are
merged; what waits for a write is called back when it is durable, or refused. A write that is refused takes with it what
its run has put since, by the same claim: an entry is never stored without the one before it. What the run puts after it
was let go of and claimed again is another matter: it must not be lost because of an answer that came late. A write that
is patient waits for company: what a run wants written at its start mostly goes with what comes of its first step, in
one commit instead of two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias, TypeVar
from uuid import UUID

from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Refused, Write

T = TypeVar("T")
Answer = Callable[[Refused | None], None]
PATIENCE_S = 0.005
"""How long a patient write waits for company."""


Key: TypeAlias = tuple[UUID, int]
"""A run and the fence it is written by."""


@dataclass(slots=True)
class _Draft:
    """What a run has put since its last commit, by one fence."""

    writes: list[Write]
    answers: list[Answer]


def _merged(writes: Sequence[Write]) -> Write:
    """The writes of one run as one. Mostly there is only one."""
    if len(writes) == 1:
        return writes[0]
    _, _, entries, consumed, starts, sends, tasks, moved, leaves = zip(*writes, strict=True)
    return Write(
        writes[0].run_id, writes[0].fence, _joined(entries), _joined(consumed), _joined(starts), _joined(sends),
        _joined(tasks), _last(moved), _last(leaves),
    )  # fmt: skip


def _joined(parts: Sequence[Sequence[T]]) -> Sequence[T]:
    return list(chain.from_iterable(parts)) if any(parts) else ()


def _last(parts: Sequence[T | None]) -> T | None:
    return next((part for part in reversed(parts) if part is not None), None)


class Writer:
    """The one writer of a process.

    `max_batch` bounds how many runs share a commit: with hundreds of runs at work, some go on while others are written.
    """

    def __init__(self, store: Store, owner: UUID, *, max_batch: int = 250) -> None:
        self._store = store
        self._owner = owner
        self._max_batch = max_batch
        self._drafts: dict[Key, _Draft] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._patience: asyncio.TimerHandle | None = None
        self.commits = 0

    def put(self, write: Write, answer: Answer, *, patient: bool = False) -> None:
        """Takes a write; `answer` is called when it is durable (None) or refused."""
        key = (write.run_id, write.fence)
        draft = self._drafts.get(key)
        if draft is not None:
            draft.writes.append(write)
            draft.answers.append(answer)
        else:
            self._idle.clear()
            self._drafts[key] = _Draft([write], [answer])
        if not patient:
            self._wake.set()
        elif self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(PATIENCE_S, self.hurry)

    def hurry(self) -> None:
        """Has what is patient written now."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        self._wake.set()

    async def run(self) -> None:
        """Commits for ever; ends with the error when the database stays away."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._drafts:
                await self._commit(self._take())
            if not self._drafts:
                self._idle.set()

    async def flush(self) -> None:
        """Returns when everything put so far is durable or refused."""
        self.hurry()
        await self._idle.wait()

    def _take(self) -> dict[Key, _Draft]:
        if len(self._drafts) <= self._max_batch:
            batch, self._drafts = self._drafts, {}
            return batch
        self._wake.set()
        return {key: self._drafts.pop(key) for key in list(self._drafts)[: self._max_batch]}

    async def _commit(self, batch: dict[Key, _Draft]) -> None:
        verdicts = await self._store.commit(self._owner, [_merged(draft.writes) for draft in batch.values()])
        self.commits += 1
        for (key, draft), verdict in zip(batch.items(), verdicts, strict=True):
            answers = draft.answers
            if verdict is not None and (later := self._drafts.pop(key, None)) is not None:
                answers += later.answers
            for answer in answers:
                answer(verdict)
