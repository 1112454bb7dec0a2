"""The connection goes while a task is put, taken up or finished: it is made once, and answered once."""

from __future__ import annotations

import pytest
from store_samples import a_worker, an_owned_run
from test_postgres_lost_replies import COMMIT, Losing, lose, lose_next, through_a_proxy
from test_store_contract_tasks import GPU, answer, new_task, put, write

__all__ = ["lose", "lose_next"]


async def test_a_task_is_put_once_though_it_was_made_meanwhile(database_url: str) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        proxy.lose_reply(COMMIT)
        task = new_task(run)
        assert await write(store, owner, run.id, tasks=[task]) is None
        assert proxy.lost == 1
        assert [one.id for one in await store.tasks.of(run.id)] == [task.id]


async def test_a_claim_whose_answer_was_lost_gives_the_same_task_again(database_url: str, lose_next: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        assert await store.tasks.claim(owner, limit=5, share=GPU) == []  # so that the statement is known
        new = await put(store, owner, run)
        lose_next(proxy)
        [task] = await store.tasks.claim(owner, limit=5, share=GPU)
        assert proxy.lost == 1
        assert (task.id, task.owner) == (new.id, owner)
        assert await store.tasks.finish(owner, [answer(task)]) == [True]


async def test_an_answer_arrives_once(database_url: str, lose: Losing) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        await put(store, owner, run)
        [task] = await store.tasks.claim(owner, limit=5, share=GPU)
        lose(proxy)
        assert await store.tasks.finish(owner, [answer(task)]) == [True]
        assert proxy.lost == 1
        assert [message.name for message in await store.unread(run.id)] == [str(task.id)]
        assert await store.tasks.of(run.id) == []


@pytest.mark.parametrize("taken_up", [False, True])
async def test_a_task_is_stopped_whatever_is_lost(database_url: str, lose: Losing, taken_up: bool) -> None:
    async with through_a_proxy(database_url) as (store, proxy):
        owner = await a_worker(store)
        run = await an_owned_run(store, owner)
        task = await put(store, owner, run)
        if taken_up:
            await store.tasks.claim(owner, limit=5, share=GPU)
        lose(proxy)
        await store.tasks.stop(run.id, task.id, "enough")
        assert proxy.lost == 1
        left = await store.tasks.of(run.id)
        assert [one.stopping for one in left] == (["enough"] if taken_up else [])
