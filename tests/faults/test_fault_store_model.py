"""A state machine of two workers and their clients: PostgreSQL must answer as the store in memory does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

from faults.conftest import Fault
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from store.store_samples import child_of, entry, new_run, new_worker, signal

from kagzi_dsl.payload import dumps, loads
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.postgres import open_postgres
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Ended, Message, NewRun, Parked, Run, Write

WORKERS = st.integers(0, 1)
PICK = st.integers(0, 1_000)
FENCES = st.integers(0, 3)


def seen(run: Run | None) -> Any:
    """Of a run what does not hang on the moment."""
    return run and (run.id, run.status, run.owner, run.fence, run.output, run.compensation, run.stalls)


def told(message: Message) -> tuple[str, str, str]:
    """Of a message what a run makes of it: blanks between the parts of its JSON are nothing to it."""
    return message.kind, message.name, dumps(loads(message.payload))


class Stores(RuleBasedStateMachine):
    """Both stores, told the same; whatever they answer is compared."""

    runner: asyncio.Runner
    postgres: Store
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.memory = MemoryStore()
        self.workers = [new_worker(name=name) for name in ("one", "two")]
        self.runs: list[NewRun] = []
        self.written: dict[UUID, int] = {}
        for worker in self.workers:
            self.both(lambda store, worker=worker: store.register(worker))  # type: ignore[misc]

    def both(
        self, call: Callable[[Store], Awaitable[Any]], project: Callable[[Any], Any] = lambda answer: answer
    ) -> Any:
        expected = self.runner.run(_awaited(call(self.memory)))
        answer = self.runner.run(_awaited(call(self.postgres)))
        assert project(answer) == project(expected)
        Stores.steps += 1
        return expected

    def one_of(self, pick: int) -> NewRun:
        return self.runs[pick % len(self.runs)]

    @rule(owned=st.booleans(), worker=WORKERS, name=st.sampled_from([None, "A", "B"]))
    def start(self, owned: bool, worker: int, name: str | None) -> None:
        run = new_run(external_id=name)
        owner = self.workers[worker].id if owned else None
        [started] = self.both(
            lambda store: store.start([run], owner=owner),
            lambda answer: [(one.run_id, one.created, one.fence) for one in answer],
        )
        if started.created:
            self.runs.append(run)

    @precondition(lambda self: self.runs)
    @rule(worker=WORKERS, pick=PICK)
    def claim(self, worker: int, pick: int) -> None:
        run = self.one_of(pick)
        self.both(
            lambda store: store.claim(self.workers[worker].id, limit=5, run_ids=[run.id]),
            lambda answer: [
                (seen(one.run), [*one.entries], [*map(told, one.messages)], one.messages_sent) for one in answer
            ],
        )

    @precondition(lambda self: self.runs)
    @rule(worker=WORKERS, pick=PICK, other=PICK, fence=FENCES, right=st.booleans(), leave=st.sampled_from(
        [None, None, "waiting", "pending", "completed", "failed"]), count=st.integers(0, 3), extra=st.sampled_from(
        [None, "send", "start"]))  # fmt: skip
    def commit(
        self,
        worker: int,
        pick: int,
        other: int,
        fence: int,
        right: bool,
        leave: str | None,
        count: int,
        extra: str | None,
    ) -> None:
        run, target = self.one_of(pick), self.one_of(other)
        owner = self.workers[worker].id
        row = self.runner.run(_awaited(self.memory.run(run.id)))
        assert row is not None
        if right and row.owner is not None:
            owner, fence = row.owner, row.fence
        first = self.written.get(run.id, 0)
        child = child_of(run, path=f"call{first}")
        write = Write(
            run_id=run.id, fence=fence, entries=[entry(first + n) for n in range(count)], leave=_leaving(leave),
            sends=[signal(target.id, "go")] if extra == "send" else (), starts=[child] if extra == "start" else (),
        )  # fmt: skip
        [refused] = self.both(
            lambda store: store.commit(owner, [write]),
            lambda answer: [one and one.reason for one in answer],
        )
        if refused is None:
            self.written[run.id] = first + count
            self.runs += [child] if extra == "start" else []

    @precondition(lambda self: self.runs)
    @rule(pick=PICK, name=st.sampled_from(["go", "stop"]))
    def send(self, pick: int, name: str) -> None:
        self.both(lambda store: store.send([signal(self.one_of(pick).id, name)]))

    @precondition(lambda self: self.runs)
    @rule(pick=PICK)
    def reopen(self, pick: int) -> None:
        self.both(lambda store: store.reopen(self.one_of(pick).id))

    @rule(worker=WORKERS)
    def die_and_come_back(self, worker: int) -> None:
        gone, self.workers[worker] = self.workers[worker], new_worker(name=f"again {worker}")
        self.both(lambda store: store.retire([gone.id]))
        self.both(lambda store: store.register(self.workers[worker]))

    @rule(worker=WORKERS)
    def look_into_the_inbox(self, worker: int) -> None:
        self.both(
            lambda store: store.messages(self.workers[worker].id),
            lambda answer: sorted((str(one.run_id), *told(one)) for one in answer),
        )

    @precondition(lambda self: self.runs)
    @rule(pick=PICK)
    def look(self, pick: int) -> None:
        run = self.one_of(pick)
        self.both(lambda store: store.run(run.id), seen)
        self.both(lambda store: store.journal(run.id), lambda entries: [*entries])

    def teardown(self) -> None:
        for run in self.runs:
            self.both(lambda store, run=run: store.run(run.id), seen)  # type: ignore[misc]
            self.both(lambda store, run=run: store.journal(run.id), lambda entries: [*entries])  # type: ignore[misc]
        self.runner.run(_forget(self.postgres, self.runs))


async def _awaited(answer: Awaitable[Any]) -> Any:
    return await answer


async def _forget(store: Any, runs: Sequence[NewRun]) -> None:
    async with store._pool.borrowed() as connection:
        for table in ("inbox", "queue", "journal", "runs", "workers"):
            await connection.execute(f"delete from kagzi.{table}")


def _leaving(how: str | None) -> Parked | Ended | None:
    match how:
        case None:
            return None
        case "waiting":
            return Parked("waiting", None, 0)
        case "pending":
            return Parked("pending", 1, 0)
        case _:
            return Ended(status="failed" if how == "failed" else "completed", at=5_000, output='"done"')


def test_both_stores_answer_alike(fault: Fault, database_url: str, runner: asyncio.Runner) -> None:
    Stores.runner, Stores.postgres, Stores.steps = runner, runner.run(open_postgres(database_url)), 0
    examples = fault.times(40, 3_000)
    run_state_machine_as_test(
        seed(fault.seed)(Stores),
        settings=settings(
            max_examples=examples, stateful_step_count=40, deadline=None, database=None, print_blob=False,
            suppress_health_check=[*HealthCheck],
        ),
    )  # fmt: skip
    runner.run(Stores.postgres.close())
    fault.tell(
        "stores", "Whatever two workers and their clients do, PostgreSQL answers as the store in memory does.",
        case="histories", held=examples, of=examples, calls_compared=Stores.steps,
    )  # fmt: skip
