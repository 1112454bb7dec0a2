"""What a live run remembers of the messages it took in."""

from __future__ import annotations

import asyncio
from typing import Any

from runtime.world import World

ROUNDS = """
workflow: rounds
repeat: {id: word, wait_for: go}
until: "${ steps.word == 'enough' }"
max: 1000
"""


async def test_a_run_that_is_sent_many_messages_does_not_remember_them_all(store: Any) -> None:
    world = World(store)
    async with world.engine() as engine:
        run_id = await world.start(ROUNDS)
        known = 0
        for number in range(40):
            await world.client.signal(str(run_id), "go", number)
            while True:
                if not await store.unread(run_id):
                    break
                await asyncio.sleep(0.001)
            if (live := engine.live.get(run_id)) is not None:
                known = max(known, len(live._message_ids))
        await world.client.signal(str(run_id), "go", "enough")
        run = await world.client.wait(run_id)
    assert run.output == '"enough"'
    assert len([entry for entry in await store.journal(run_id) if entry.path == "go"]) == 41
    assert 0 < known < 10
