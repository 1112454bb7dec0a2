"""The contract of `stored`, for both stores, and of PostgreSQL's rows: nothing can be changed in them unnoticed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from store_samples import a_worker, an_owned_run, entry, write

from kagzi_dsl.errors import Code, Failure
from kagzi_dsl.runtime.core import chain
from kagzi_dsl.runtime.core.journal import Entry, EntryType
from kagzi_dsl.runtime.store.postgres import open_postgres
from kagzi_dsl.runtime.store.protocol import Store

FAILURE = Failure.of(Code.CONFLICT, "taken – ü", details={"n": [1, None, 1.5]}, path="step_2")
JOURNAL = [
    entry(1, output='{"n": 1.50,  "ü": null}'),
    entry(2, type=EntryType.NODE_FAILED, status="failed", output=None, failure=FAILURE),
    entry(3, type=EntryType.ATTEMPT_FAILED, status="", output=None, failure=FAILURE, due=17),
    entry(4, type=EntryType.TIMER_FIRED, status="", output=None, attempt=0, started_at=None, note="timeout"),
]


def linked(run_id: UUID, entries: Sequence[Entry]) -> list[Entry]:
    done: list[Entry] = []
    for one in entries:
        done.append(chain.linked(one, chain.head(str(run_id), done)))
    return done


async def a_journal(store: Store) -> UUID:
    """A run with a journal in which every column is used."""
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    assert await write(store, owner, run.id, entries=linked(run.id, JOURNAL)) is None
    return run.id


async def test_a_journal_comes_back_with_its_digests_and_as_the_texts_they_were_taken_of(store: Store) -> None:
    run_id = await a_journal(store)
    entries = linked(run_id, JOURNAL)
    assert await store.journal(run_id) == entries
    found = chain.verify(str(run_id), await store.stored(run_id), head=entries[-1].digest)
    assert (found.ok, found.entries, found.head, found.head_at) == (True, 4, entries[-1].digest, 4)


async def test_a_write_that_is_sent_again_leaves_the_chain_as_it_is(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    entries = linked(run.id, JOURNAL)
    for upto in (2, 4, 4):
        assert await write(store, owner, run.id, entries=entries[:upto]) is None
    assert await store.journal(run.id) == entries
    assert chain.verify(str(run.id), await store.stored(run.id)).ok


async def test_the_journal_of_an_unknown_run_is_empty(store: Store) -> None:
    run_id = UUID(int=7)
    assert await store.stored(run_id) == []
    assert chain.verify(str(run_id), []).head == chain.beginning(str(run_id))


CHANGES = {
    "at": "at = at + 1", "started_at": "started_at = 3", "due": "due = 3", "seq": "seq = 9", "attempt": "attempt = 2",
    "type": "type = 'cancel_requested'", "path": "path = path || ' '", "node": "node = 'call'",
    "status": "status = 'skipped'", "note": "note = 'retry'", "output": "output = '{\"n\": 2}'",
    "output's spaces": "output = (coalesce(output, 'null')::text || ' ')::json", "failure": "failure = null",
    "failure's spaces": "failure = (coalesce(failure, 'null')::text || ' ')::json",
    "previous": "previous = sha256('')", "digest": "digest = sha256('')",
    "both digests": "previous = null, digest = null", "run": "run_id = gen_random_uuid()",
}  # fmt: skip


@pytest.mark.parametrize("changed", CHANGES)
async def test_a_change_of_any_column_of_any_row_is_found(database_url: str, changed: str) -> None:
    store = await open_postgres(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        for seq in range(1, len(JOURNAL) + 1):
            run_id = await a_journal(store)
            before = await store.stored(run_id)
            head = before[-1].digest
            await connection.execute(
                f"update kagzi.journal set {CHANGES[changed]} where run_id = $1 and seq = $2", run_id, seq
            )
            stored = await store.stored(run_id)
            if stored == before:
                continue  # the row had that value already
            found = chain.verify(str(run_id), stored)
            dropped = changed == "run" and seq == len(JOURNAL)
            assert found.ok == dropped, (changed, seq)
            assert not chain.verify(str(run_id), stored, head=head).ok
    finally:
        await connection.close()
        await store.close()


async def test_rows_from_before_there_was_a_chain_are_sealed_by_the_next_one(store: Any) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    assert await write(store, owner, run.id, entries=JOURNAL[:3]) is None
    head = chain.head(str(run.id), await store.journal(run.id))
    assert await write(store, owner, run.id, entries=[chain.linked(JOURNAL[3], head)]) is None
    found = chain.verify(str(run.id), await store.stored(run.id))
    assert (found.ok, found.unchained) == (True, 3)
