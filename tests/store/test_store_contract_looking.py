"""The contract of `find`, `list_runs` and the definitions, for both stores."""

from __future__ import annotations

import itertools
from uuid import UUID

import pytest
from store_samples import a_worker, an_owned_run, child_of, end, entry, new_run, park, write

from kagzi_dsl.runtime.ids import uuid7
from kagzi_dsl.runtime.store.protocol import Store
from kagzi_dsl.runtime.store.records import Definition, NewRun, RunFilter


def ident(number: int) -> UUID:
    """Ids that differ in their last digits only."""
    return UUID(f"01890000-0000-7000-8000-{number:012x}")


async def listed(store: Store, **wanted: object) -> list[UUID]:
    return [run.id for run in await store.list_runs(RunFilter(**wanted))]  # type: ignore[arg-type]


async def test_a_run_is_found_by_its_id_however_it_is_written(store: Store) -> None:
    run = new_run()
    await store.start([run])
    for reference in (str(run.id), run.id.hex, str(run.id).upper()):
        assert await store.find(reference, namespace=None) == [run.id]


async def test_a_run_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    runs = [new_run(id=ident(0x10)), new_run(id=ident(0x11)), new_run(id=ident(0x20))]
    await store.start(runs)
    prefix = "01890000-0000-7000-8000-0000000000"
    assert await store.find(prefix + "1", namespace=None) == [ident(0x11), ident(0x10)]
    assert await store.find(prefix + "2", namespace=None) == [ident(0x20)]
    assert await store.find((prefix + "2").replace("-", ""), namespace=None) == [ident(0x20)]
    assert await store.find(prefix + "3", namespace=None) == []


@pytest.mark.parametrize(
    "reference", ["", "-", "0189-0000", "zz", "01890000-0000-7000-8000-0000000000100", "01890000_"]
)
async def test_what_begins_no_id_finds_nothing(store: Store, reference: str) -> None:
    await store.start([new_run(id=ident(1))])
    assert await store.find(reference, namespace=None) == []


async def test_no_more_than_ten_runs_are_found(store: Store) -> None:
    await store.start([new_run(id=ident(number)) for number in range(12)])
    assert await store.find("0189", namespace=None) == [ident(number) for number in range(11, 1, -1)]


async def test_a_run_is_found_by_its_external_id(store: Store) -> None:
    first = new_run(external_id="A-1", workflow="one")
    second = new_run(external_id="A-1", workflow="two")
    await store.start([first, second, new_run(external_id="A-10")])
    assert await store.find("A-1", namespace=None) == [second.id, first.id]
    assert await store.find("A-2", namespace=None) == []


async def test_an_external_id_goes_before_the_beginning_of_an_id_and_after_a_whole_one(store: Store) -> None:
    plain, named = new_run(id=ident(1)), new_run(id=ident(2), external_id="0189")
    namesake = new_run(external_id=str(ident(1)))
    await store.start([plain, named, namesake])
    assert await store.find("0189", namespace=None) == [named.id]
    assert await store.find(str(ident(1)), namespace=None) == [plain.id]


async def test_an_external_id_that_looks_like_a_whole_id_is_found(store: Store) -> None:
    name = str(uuid7())
    run = new_run(external_id=name)
    await store.start([run])
    assert await store.find(name, namespace=None) == [run.id]


async def test_finding_keeps_to_the_namespace_if_one_is_given(store: Store) -> None:
    here, there = new_run(namespace="here", external_id="A"), new_run(namespace="there", external_id="A")
    await store.start([here, there])
    assert await store.find("A", namespace="here") == [here.id]
    assert await store.find(str(there.id), namespace="here") == []
    assert await store.find(str(there.id)[:8], namespace="there") == [there.id]


@pytest.mark.parametrize("reference", ["a\x00b", "\ud800"])
async def test_a_text_the_database_cannot_hold_finds_nothing(store: Store, reference: str) -> None:
    assert await store.find(reference, namespace=None) == []


@pytest.fixture
def runs() -> list[NewRun]:
    return [new_run(id=ident(number)) for number in range(6)]


async def test_runs_are_listed_newest_first(store: Store, runs: list[NewRun]) -> None:
    await store.start(list(reversed(runs)))
    assert await listed(store) == [run.id for run in reversed(runs)]
    assert (await store.list_runs(RunFilter()))[0] == await store.run(runs[-1].id)


async def test_a_list_is_read_page_by_page(store: Store, runs: list[NewRun]) -> None:
    await store.start(runs)
    first = await listed(store, limit=4)
    second = await listed(store, limit=4, before=first[-1])
    assert first + second == [run.id for run in reversed(runs)]
    assert await listed(store, before=runs[0].id) == []


async def test_a_list_keeps_to_namespace_workflow_root_and_external_id(store: Store) -> None:
    plain = new_run()
    spaced, other = new_run(namespace="shop"), new_run(workflow="other")
    named, child = new_run(external_id="A-1"), child_of(plain)
    await store.start([plain, spaced, other, named, child])
    assert await listed(store, namespace="shop") == [spaced.id]
    assert await listed(store, workflow="other") == [other.id]
    assert await listed(store, root_id=plain.id) == [child.id, plain.id]
    assert await listed(store, external_id="A-1") == [named.id]
    assert await listed(store, namespace="shop", workflow="other") == []


async def test_a_list_keeps_to_statuses(store: Store) -> None:
    owner = await a_worker(store)
    ids: dict[str, UUID] = {}
    for status in ("completed", "failed", "cancelled"):
        ids[status] = (await an_owned_run(store, owner)).id
        await end(store, owner, ids[status], status=status)
    for status in ("sleeping", "waiting", "paused"):
        ids[status] = (await an_owned_run(store, owner)).id
        await park(store, owner, ids[status], status=status)
    ids["running"] = (await an_owned_run(store, owner)).id
    pending = new_run()
    await store.start([pending])
    ids["pending"] = pending.id
    for one, two in itertools.combinations_with_replacement(ids, 2):
        expected = sorted({ids[one], ids[two]}, reverse=True)
        assert await listed(store, status=[one, two]) == expected, (one, two)
    assert await listed(store, status=list(ids)) == sorted(ids.values(), reverse=True)
    assert await listed(store, status=["failed"], workflow="other") == []
    assert await listed(store, status=["waiting"], limit=1, before=ids["waiting"]) == []


async def test_a_list_keeps_to_version_and_queue(store: Store) -> None:
    old, new, unnamed = new_run(version="1"), new_run(version="2"), new_run(version=None)
    other = new_run(queue="gpu")
    await store.start([old, new, unnamed, other])
    assert await listed(store, version="2") == [new.id]
    assert await listed(store, queue="gpu") == [other.id]
    assert await listed(store, queue="default", version="1") == [old.id]


async def test_a_list_keeps_to_runs_that_have_every_label(store: Store) -> None:
    plain, shop = new_run(), new_run(labels={"team": "shop"})
    both = new_run(labels={"team": "shop", "tier": "a=b"})
    await store.start([plain, shop, both])
    assert await listed(store, labels={"team": "shop"}) == [both.id, shop.id]
    assert await listed(store, labels={"team": "shop", "tier": "a=b"}) == [both.id]
    assert await listed(store, labels={"team": "sho"}) == []
    assert await listed(store, labels={"tier": "a=b"}, workflow="other") == []
    assert await listed(store, labels={}) == [both.id, shop.id, plain.id]


async def test_a_list_keeps_to_what_was_started_between_two_moments(store: Store) -> None:
    run = new_run()
    await store.start([run])
    row = await store.run(run.id)
    assert row is not None
    at = row.created_at
    assert await listed(store, since=at, until=at + 1) == [run.id]
    assert await listed(store, since=at + 1) == []
    assert await listed(store, until=at) == []


async def test_a_list_may_leave_child_runs_out(store: Store) -> None:
    parent = new_run()
    await store.start([parent, child_of(parent), child_of(parent, attached=False, path="other")])
    assert await listed(store, roots=True) == [parent.id]
    assert await listed(store, roots=True, root_id=parent.id, status=["pending"]) == [parent.id]


async def test_every_filter_holds_for_runs_that_are_over_and_for_runs_that_are_not(store: Store) -> None:
    owner = await a_worker(store)
    facts = {"queue": "q", "labels": {"a": "b"}, "version": "9"}
    live, over = new_run(**facts), await an_owned_run(store, owner, **facts)
    await store.start([live, new_run()])
    await end(store, owner, over.id)
    await end(store, owner, (await an_owned_run(store, owner)).id)
    for status, run in (("pending", live), ("completed", over)):
        assert await listed(store, status=[status], since=0, **facts) == [run.id]
    assert await listed(store, status=["pending", "completed"], since=0, **facts) == sorted([live.id, over.id])[::-1]


async def test_the_end_of_a_journal_can_be_read_by_itself(store: Store) -> None:
    owner = await a_worker(store)
    run = await an_owned_run(store, owner)
    entries = [entry(seq) for seq in (1, 2, 3)]
    assert await write(store, owner, run.id, entries=entries) is None
    assert await store.journal(run.id, after=1) == entries[1:]
    assert await store.journal(run.id, after=3) == []
    assert await store.journal(run.id) == entries


def definition(digest: str, workflow: str = "orders", **changes: str | None) -> Definition:
    facts = {"version": "1", "canonical": '{"kept":  "as it is", "z": 1, "a": 2}'}
    return Definition(digest=digest, workflow=workflow, **(facts | changes))  # type: ignore[arg-type]


async def test_definitions_come_back_as_they_were_saved(store: Store) -> None:
    one, two = definition("a" * 64), definition("b" * 64, version=None)
    await store.save_definitions([one, two])
    assert await store.definitions([one.digest, two.digest, "c" * 64]) == {one.digest: one, two.digest: two}
    assert await store.definitions([]) == {}


async def test_a_definition_that_is_there_already_is_left_as_it_is(store: Store) -> None:
    await store.save_definitions([definition("a")])
    await store.save_definitions([definition("a", version="2", canonical="{}")])
    assert await store.definitions(["a"]) == {"a": definition("a")}


async def test_the_latest_definition_is_the_one_saved_last(store: Store) -> None:
    await store.save_definitions([definition("a"), definition("b"), definition("x", "other")])
    assert await store.latest_definition("orders") == definition("b")
    await store.save_definitions([definition("a")])
    assert await store.latest_definition("orders") == definition("a")
    assert await store.latest_definition("unknown") is None


async def test_the_same_definition_twice_in_one_call_is_fine(store: Store) -> None:
    await store.save_definitions([definition("a"), definition("b"), definition("a")])
    assert await store.latest_definition("orders") == definition("a")
    await store.save_definitions([])
