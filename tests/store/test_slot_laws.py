"""Laws of slots: no limit is ever exceeded, nothing that could begin is left out, and both stores choose alike."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_samples import HOUR, a_worker, claim_ids, end, new_run, new_worker, park

from kagzi_dsl.runtime.store.limits import Concurrency, Needs, QueueLimits
from kagzi_dsl.runtime.store.memory import MemoryStore
from kagzi_dsl.runtime.store.postgres import PostgresStore, open_postgres
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import NewRun
from kagzi_dsl.runtime.store.slots import Candidate, Room, choose

unhurried = settings(deadline=None, suppress_health_check=list(HealthCheck))
few = st.integers(0, 3)


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    found = []
    for number in range(draw(st.integers(0, 25))):
        needs = Needs(
            sheltered=draw(st.booleans()),
            workflow=draw(st.sampled_from("vw")),
            workflow_limit=draw(few),
            key=draw(st.sampled_from(["", "k", "l"])),
            key_limit=draw(few),
        )
        one = Candidate(UUID(int=number), "n", draw(st.sampled_from("pq")), draw(few), draw(few))
        found.append(replace(one, needs=draw(st.sampled_from([None, needs])), left_behind=draw(st.integers(0, 9)) == 0))
    return [replace(one, needs=None) if one.left_behind else one for one in found]


rooms = st.builds(
    lambda p, v, k: Room({("n", "p"): p}, {("n", "v"): v}, {("n", "v", "k"): k}), few, few, few
)  # q, w and l are free


def fits(chosen: list[Candidate], room: Room) -> bool:
    left = room.copy()
    for one in chosen:
        if not left.fits(one):
            return False
        left.enter(one)
    return True


@unhurried
@given(candidates(), rooms, st.integers(1, 30))
def test_what_is_chosen_fits_and_nothing_else_would(found: list[Candidate], room: Room, limit: int) -> None:
    chosen = choose(found, room, limit)
    assert len({one.run_id for one in chosen}) == len(chosen) <= limit
    assert fits(chosen, room)
    if len(chosen) < limit:
        assert not any(fits([*chosen, one], room) for one in found if one not in chosen)


@unhurried
@given(candidates(), rooms, st.integers(1, 30), st.randoms())
def test_the_choice_does_not_hang_on_the_order_of_what_was_found(
    found: list[Candidate], room: Room, limit: int, chance: random.Random
) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert choose(found, room, limit) == choose(shuffled, room, limit)
    assert choose(found, room, limit) == choose(found, room, limit + 5)[:limit]


@unhurried
@given(candidates(), st.integers(1, 30))
def test_nobody_is_passed_over_by_a_less_urgent_one_when_there_is_room(found: list[Candidate], limit: int) -> None:
    free = [replace(one, needs=one.needs and replace(one.needs, workflow_limit=0, key_limit=0)) for one in found]
    chosen = choose(free, Room(), limit)
    urgent = [one.priority for one in chosen if not one.left_behind]
    assert urgent == sorted(urgent, reverse=True)
    passed = [one.priority for one in free if one not in chosen]
    assert not passed or len(chosen) == limit
    assert all(priority <= min(urgent, default=9) for priority in passed if len(urgent) == limit)


@unhurried
@given(st.lists(st.sampled_from("abc"), max_size=30), st.integers(1, 30))
def test_no_key_gets_two_more_than_another_that_waits(keys: list[str], limit: int) -> None:
    found = [Candidate(UUID(int=n), "n", "q", 0, n, needs=Needs(workflow="w", key=key)) for n, key in enumerate(keys)]
    got = Counter(one.key for one in choose(found, Room(), limit))
    waiting = Counter(one.key for one in found) - got
    assert all(got[other] <= got[key] + 1 for key in waiting for other in got)


@dataclass
class Twins:
    """Both stores, told the same; what they answer must be the same."""

    memory: MemoryStore
    postgres: PostgresStore
    owner: UUID

    def __iter__(self) -> Iterator[Store]:
        yield self.memory
        yield self.postgres


def some_run(chance: random.Random, number: int, now: int) -> NewRun:
    """A run of some age under some limits; those are the same for all runs of a definition."""
    workflow, whole, keyed, each = chance.choice("vw"), chance.choice([None, 3, 4]), chance.random() < 0.6, None
    if keyed:
        each = chance.choice([None, 1, 2])
    concurrency = Concurrency(
        limit=whole,
        key=chance.choice(["ada", "ben", "cyd"]) if keyed else None,
        key_limit=each,
        held=frozenset(chance.choice([(), (), ("queue a",), ("workflow v", "key v ada")])),
    )
    return new_run(
        workflow=workflow, digest=f"{workflow}-{whole}-{keyed}-{each}", queue=chance.choice("ab"),
        priority=chance.choice([0, 0, 0, 5]), available_at=now - 100_000 + number, concurrency=concurrency,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
async def test_both_stores_claim_the_same_runs_in_the_same_order(database_url: str, seed: int) -> None:
    chance = random.Random(seed)
    postgres = await open_postgres(database_url, poll_only=True)
    worker = new_worker()
    twins = Twins(MemoryStore(), postgres, worker.id)
    for store in twins:
        await store.register(worker)
    held: dict[UUID, int] = {}
    now, number = await postgres.now(), 0
    for _ in range(40):
        match chance.choice(["start", "start", "claim", "claim", "end", "park", "limit"]):
            case "start":
                runs = [some_run(chance, number := number + 1, now) for _ in range(chance.randint(1, 6))]
                for store in twins:
                    await store.start(runs)
            case "claim":
                limit = chance.randint(1, 8)
                one, two = [await store.claim(twins.owner, limit=limit) for store in twins]
                assert [c.run.id for c in one] == [c.run.id for c in two]
                held |= {c.run.id: c.run.fence for c in one}
            case "end" if held:
                run_id = chance.choice(sorted(held))
                for store in twins:
                    await end(store, twins.owner, run_id, fence=held[run_id], status="failed", output=None)
                del held[run_id]
            case "park" if held:
                run_id = chance.choice(sorted(held))
                due = now + HOUR if chance.random() < 0.5 else now - 50_000
                for store in twins:
                    await park(store, twins.owner, run_id, held[run_id], status="sleeping", available_at=due)
                del held[run_id]
            case "limit":
                limits = QueueLimits(namespace="default", queue="a", concurrency=chance.choice([None, 2, 4]))
                for store in twins:
                    await store.set_limits(limits)
    await postgres.close()


HELD = """
select count(*) filter (where queue = 'a' and holds),
    count(*) filter (where workflow = 'v' and workflow_limit > 0 and seen_seq is not null),
    (select max(n) from (
        select count(*) as n from kagzi.queue where key <> '' and seen_seq is not null group by workflow, key
    ) keys)
from kagzi.queue
"""


async def test_workers_that_claim_at_once_never_exceed_a_limit_and_lose_no_slot(database_url: str) -> None:
    stores = [await open_postgres(database_url, poll_only=True) for _ in range(4)]
    await stores[0].set_limits(QueueLimits(namespace="default", queue="a", concurrency=3))
    runs = [
        new_run(
            workflow="v", queue="ab"[n % 2], digest="de"[n % 3 == 0] * 64,
            concurrency=Concurrency(limit=4, key=f"k{n % 5}", key_limit=2),
        )
        for n in range(60)
    ]  # fmt: skip
    await stores[0].start([*runs, *(new_run(queue="a") for _ in range(20))])
    over, left = asyncio.Event(), len(runs) + 20

    async def work(store: PostgresStore, chance: random.Random) -> None:
        nonlocal left
        owner = await a_worker(store)
        while left:
            for run_id in await claim_ids(store, owner, limit=chance.randint(1, 5)):
                await end(store, owner, run_id)
                left -= 1
        over.set()

    async def watch() -> list[tuple[int, int, int]]:
        connection = await asyncpg.connect(database_url)
        seen = []
        while not over.is_set():
            seen.append(tuple(await connection.fetchrow(HELD)))
        await connection.close()
        return seen

    watching = asyncio.ensure_future(watch())
    await asyncio.gather(*(work(store, random.Random(n)) for n, store in enumerate(stores)))
    seen = await watching
    assert max(queue for queue, _, _ in seen) <= 3
    assert max(workflow for _, workflow, _ in seen) <= 4
    assert max(key or 0 for _, _, key in seen) <= 2
    for store in stores:
        await store.close()
