"""The contract of tasks: put, taken up, stopped and finished. For both stores."""

from __future__ import annotations

import pytest
from store_samples import (
    a_dead_worker,
    a_worker,
    an_owned_run,
    child_of,
    claim_one,
    end,
    park,
    signal,
    write,
)
from task_samples import ANY, GPU, answer, ids, new_task, put

from kagzi_dsl.errors import FenceLost, StoreError
from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.tasks import Stopped, TaskShare


async def test_a_task_is_there_as_it_was_put(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    new = await put(store, owner, run, path="each[3].render", attempt=2)
    [task] = await store.tasks.of(run.id)
    assert (task.id, task.run_id, task.namespace, task.queue) == (new.id, run.id, "default", "gpu")
    assert (task.activity, task.path, task.attempt, task.request) == ("render", "each[3].render", 2, new.request)
    assert (task.owner, task.claims, task.started_at, task.stopping) == (None, 0, None, None)
    assert await store.tasks.of(uuid7()) == []


async def test_a_task_put_twice_is_one(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    new = await put(store, owner, run)
    [taken] = await store.tasks.claim(owner, limit=5, share=ANY)
    await write(store, owner, run.id, tasks=[new])
    assert await store.tasks.of(run.id) == [taken]


async def test_a_task_whose_answer_was_not_read_is_not_put_again(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    new = await put(store, owner, run)
    [task] = await store.tasks.claim(owner, limit=5, share=GPU)
    await store.tasks.finish(owner, [answer(task)])
    [message] = await store.unread(run.id)
    await write(store, owner, run.id, tasks=[new])
    assert await store.tasks.of(run.id) == []
    await write(store, owner, run.id, tasks=[new], consumed=[message.id])
    assert await store.tasks.of(run.id) == []


async def test_a_write_with_a_stale_fence_puts_no_task(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    refused = await write(store, owner, run.id, 7, tasks=[new_task(run)])
    assert refused is not None
    assert refused.reason == "fence"
    assert await store.tasks.of(run.id) == []


@pytest.mark.parametrize("bad", [{"request": "{"}, {"path": "\x00"}, {"queue": "\ud800"}])
async def test_a_task_that_cannot_be_stored_is_refused(store: Store, bad: dict[str, str]) -> None:
    owner = await a_worker(store)
    run, other = await an_owned_run(store, owner), await an_owned_run(store, owner)
    refused = await write(store, owner, run.id, tasks=[new_task(run, **bad)])
    assert refused is not None
    assert refused.reason == "rows"
    await put(store, owner, other)


async def test_a_task_is_taken_up_once(store: Store) -> None:
    owner, maker, other = await a_worker(store), await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    new = await put(store, owner, run)
    before = await store.now()
    [task] = await store.tasks.claim(maker, limit=5, share=GPU)
    assert (task.id, task.owner, task.claims) == (new.id, maker, 1)
    assert task.fence > 0
    assert task.started_at is not None
    assert before <= task.started_at <= await store.now()
    assert await ids(store, other, GPU) == []
    assert await ids(store, maker, GPU, held=[task.id]) == []


async def test_only_tasks_of_the_share_are_taken_up(store: Store) -> None:
    owner = await a_worker(store)
    run, foreign = await an_owned_run(store, owner), await an_owned_run(store, owner, namespace="elsewhere")
    mine = await put(store, owner, run)
    others = [
        await put(store, owner, run, queue="windows"),
        await put(store, owner, run, activity="sign"),
        await put(store, owner, foreign),
    ]
    assert await ids(store, owner, GPU) == [mine.id]
    assert await ids(store, owner, TaskShare(activities=[]), held=[mine.id]) == []
    wide = TaskShare(activities=["render", "sign"], namespace="default", queues=["gpu", "windows"])
    assert await ids(store, owner, wide, held=[mine.id]) == [others[0].id, others[1].id]


async def test_priority_comes_before_age(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    tasks = [await put(store, owner, run, priority=priority) for priority in (0, 5, 0, 5)]
    expected = [tasks[n].id for n in (1, 3, 0, 2)]
    assert await ids(store, owner, GPU, limit=3) == expected[:3]
    assert await ids(store, owner, GPU, held=expected[:3]) == expected[3:]


async def test_of_families_only_those_that_no_living_worker_takes(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    child = child_of(run)
    await store.start([child], owner=owner)
    stranger = await an_owned_run(store, owner)
    tasks = [await put(store, owner, one) for one in (run, child)]
    await put(store, owner, stranger)
    family = TaskShare(activities=["render"], root_ids={run.id})
    served = {"namespace": "default", "queues": ("gpu",), "activities": ("render",)}
    maker = await a_worker(store, **served)
    await a_worker(store, **{**served, "namespace": "elsewhere"})
    assert await ids(store, owner, family) == []
    await store.retire([maker])
    await a_worker(store, **{**served, "queues": ("windows",)})
    await a_worker(store, **{**served, "activities": ("sign",)})
    assert await ids(store, owner, family) == [task.id for task in tasks]


async def test_what_a_dead_worker_left_is_taken_up_first_and_the_fence_rises(store: Store) -> None:
    owner, maker, heir = await a_worker(store), await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    left = await put(store, owner, run)
    [before] = await store.tasks.claim(maker, limit=5, share=GPU)
    urgent = await put(store, owner, run, priority=9)
    assert await ids(store, heir, TaskShare(activities=["sign"])) == []
    await store.retire([maker])
    assert await ids(store, heir, TaskShare(activities=["sign"])) == []
    found = await store.tasks.claim(heir, limit=5, share=GPU)
    assert [task.id for task in found] == [left.id, urgent.id]
    assert (found[0].claims, found[0].owner) == (2, heir)
    assert found[0].fence > before.fence


async def test_a_worker_whose_lease_has_ended_is_given_nothing(store: Store) -> None:
    owner, dead = await a_worker(store), await a_dead_worker(store)
    await put(store, owner, await an_owned_run(store, owner))
    for worker in (dead, uuid7()):
        assert await ids(store, worker) == []


async def test_what_a_worker_has_and_does_not_know_of_is_given_again(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    one, two = await put(store, owner, run), await put(store, owner, run)
    assert await ids(store, owner) == [one.id, two.id]
    assert await ids(store, owner, held=[two.id]) == [one.id]
    assert await ids(store, owner, held=[one.id, two.id]) == []


async def test_an_answer_goes_to_the_inbox_and_the_task_goes(store: Store) -> None:
    owner, maker = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    await put(store, owner, run)
    [task] = await store.tasks.claim(maker, limit=5, share=GPU)
    assert await store.tasks.finish(maker, [answer(task)]) == [True]
    [message] = await store.messages(owner)
    assert (message.kind, message.name, message.payload) == ("task", str(task.id), '{"output":  1}')
    assert await store.tasks.of(run.id) == []
    assert await store.tasks.finish(maker, [answer(task)]) == [False]
    assert len(await store.unread(run.id)) == 1


async def test_an_answer_makes_a_parked_run_available(store: Store) -> None:
    owner, maker = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    await put(store, owner, run)
    await park(store, owner, run.id)
    [task] = await store.tasks.claim(maker, limit=5, share=GPU)
    assert await store.claim(owner, limit=5) == []
    await store.tasks.finish(maker, [answer(task)])
    claimed = await claim_one(store, owner, run.id)
    assert [message.name for message in claimed.messages] == [str(task.id)]
    assert list(claimed.tasks) == []


async def test_a_claim_of_a_run_tells_which_of_its_tasks_are_there(store: Store) -> None:
    owner = await a_worker(store)
    run, other = await an_owned_run(store, owner), await an_owned_run(store, owner)
    tasks = [await put(store, owner, run), await put(store, owner, run)]
    await put(store, owner, other)
    await store.tasks.claim(owner, limit=1, share=GPU)
    await park(store, owner, run.id, available_at=1)
    claimed = await claim_one(store, owner, run.id)
    assert set(claimed.tasks) == {task.id for task in tasks}


async def test_an_answer_with_a_stale_fence_is_refused_and_the_others_are_not(store: Store) -> None:
    owner, zombie, heir = await a_worker(store), await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    await put(store, owner, run)
    [before] = await store.tasks.claim(zombie, limit=5, share=GPU)
    other = await put(store, owner, run)
    [fine] = await store.tasks.claim(zombie, limit=5, share=GPU, held=[before.id])
    await store.retire([zombie])
    [now, _] = await store.tasks.claim(heir, limit=5, share=GPU)
    assert await store.tasks.finish(zombie, [answer(before), answer(fine)]) == [False, False]
    assert await store.tasks.finish(heir, [answer(before), answer(now, '"mine"')]) == [False, True]
    assert [message.payload for message in await store.unread(run.id)] == ['"mine"']
    assert [task.id for task in await store.tasks.of(run.id)] == [other.id]


async def test_an_answer_that_is_not_json_is_refused(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await put(store, owner, run)
    [task] = await store.tasks.claim(owner, limit=5, share=GPU)
    with pytest.raises(StoreError):
        await store.tasks.finish(owner, [answer(task, "{")])
    assert [one.id for one in await store.tasks.of(run.id)] == [task.id]


async def test_the_end_of_a_run_takes_its_tasks_along(store: Store) -> None:
    owner, maker = await a_worker(store), await a_worker(store)
    run, other = await an_owned_run(store, owner), await an_owned_run(store, owner)
    await put(store, owner, run)
    [task] = await store.tasks.claim(maker, limit=5, share=GPU)
    await put(store, owner, run)
    kept = await put(store, owner, other)
    await end(store, owner, run.id)
    assert await store.tasks.of(run.id) == []
    assert await store.tasks.held(maker) == {}
    assert await store.tasks.finish(maker, [answer(task)]) == [False]
    assert [one.id for one in await store.tasks.of(other.id)] == [kept.id]


async def test_a_task_nobody_began_is_withdrawn(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    task = await put(store, owner, run)
    assert await store.tasks.stop(run.id, task.id, "enough") is Stopped.NEVER_BEGAN
    assert await store.tasks.of(run.id) == []
    assert await store.tasks.stop(run.id, task.id, "enough") is Stopped.GONE


async def test_whoever_has_a_task_is_told_to_stop(store: Store) -> None:
    owner, maker = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    told, other = await put(store, owner, run), await put(store, owner, run)
    [task, _] = await store.tasks.claim(maker, limit=5, share=GPU)
    assert await store.tasks.stop(run.id, told.id, "enough") is Stopped.TOLD
    assert await store.tasks.held(maker) == {told.id: "enough", other.id: None}
    assert await store.tasks.held(owner) == {}
    assert await store.tasks.finish(maker, [answer(task)]) == [True]


async def test_what_a_dead_worker_had_is_withdrawn_too(store: Store) -> None:
    owner, maker = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    task = await put(store, owner, run)
    await ids(store, maker)
    await store.retire([maker])
    assert await store.tasks.stop(run.id, task.id, "enough") is Stopped.LEFT_BEHIND
    assert await store.tasks.of(run.id) == []


async def test_what_was_to_stop_when_its_worker_died_is_given_to_anybody(store: Store) -> None:
    owner, maker, anybody = await a_worker(store), await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    task = await put(store, owner, run)
    await ids(store, maker)
    await store.tasks.stop(run.id, task.id, "enough")
    nothing = TaskShare(activities=["sign"], namespace="elsewhere", queues=["mail"])
    assert await ids(store, anybody, nothing) == []
    await store.retire([maker])
    [found] = await store.tasks.claim(anybody, limit=5, share=nothing)
    assert (found.id, found.stopping) == (task.id, "enough")


async def test_nothing_is_kept_of_a_transaction_without_a_commit(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await put(store, owner, run)
    [task] = await store.tasks.claim(owner, limit=5, share=GPU)
    async with store.tasks.transaction(owner, task):
        pass
    assert [one.id for one in await store.tasks.of(run.id)] == [task.id]
    async with store.tasks.transaction(owner, task) as transaction:
        await transaction.commit(answer(task))
    assert await store.tasks.of(run.id) == []
    assert [message.name for message in await store.unread(run.id)] == [str(task.id)]
    with pytest.raises(FenceLost):
        await store.tasks.transaction(owner, task).__aenter__()


async def test_a_transaction_that_lost_its_task_commits_nothing(store: Store) -> None:
    owner, heir = await a_worker(store), await a_worker(store)
    run = await an_owned_run(store, owner)
    await put(store, owner, run)
    [task] = await store.tasks.claim(owner, limit=5, share=GPU)
    async with store.tasks.transaction(owner, task) as transaction:
        await store.retire([owner])
        assert await ids(store, heir) == [task.id]
        with pytest.raises(FenceLost):
            await transaction.commit(answer(task))
    assert await store.unread(run.id) == []


async def test_a_signal_and_an_answer_stay_in_order_of_arrival(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    await put(store, owner, run)
    [task] = await store.tasks.claim(owner, limit=5, share=GPU)
    await store.send([signal(run.id, "a")])
    await store.tasks.finish(owner, [answer(task)])
    await store.send([signal(run.id, "b")])
    assert [message.name for message in await store.messages(owner)] == ["a", str(task.id), "b"]


async def test_a_later_run_of_the_same_id_does_not_see_the_task(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    task = await put(store, owner, run)
    [before] = await store.tasks.claim(owner, limit=5, share=GPU)
    await end(store, owner, run.id, status="failed", output=None)
    assert await store.reopen(run.id)
    await claim_one(store, owner, run.id)
    assert await write(store, owner, run.id, 2, tasks=[task]) is None
    [again] = await store.tasks.claim(owner, limit=5, share=GPU)
    assert again.fence > before.fence
    assert await store.tasks.finish(owner, [answer(before)]) == [False]
