"""Identifiers sort by age, and derived ones belong to what they are derived from."""

from __future__ import annotations

import time
from uuid import RFC_4122, UUID

import pytest

from kagzi_dsl.runtime import ids
from kagzi_dsl.runtime.ids import derived_uuid7, uuid7


def milliseconds(value: UUID) -> int:
    return value.int >> 80


def test_a_new_id_is_of_version_7_and_holds_the_time() -> None:
    before, made, after = time.time_ns() // 1_000_000, uuid7(), time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before - 1 <= milliseconds(made) <= after + 1


def test_ids_rise_within_a_process_and_never_repeat() -> None:
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(set(made))


def test_ids_rise_though_the_clock_stands_still_or_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([9_000_000_000_000_000_000, 9_000_000_000_000_000_000, 8_000_000_000_000_000_000])
    monkeypatch.setattr(ids, "_last", 0)
    monkeypatch.setattr(ids.time, "time_ns", lambda: next(times))
    made = [uuid7() for _ in range(3)]
    assert made == sorted(made)
    assert {milliseconds(each) for each in made} == {9_000_000_000_000}


def test_a_derived_id_is_always_the_same_and_holds_its_time() -> None:
    made = derived_uuid7(1_700_000_000_123, "run", "order/call[2]", 1)
    assert made == derived_uuid7(1_700_000_000_123, "run", "order/call[2]", 1)
    assert (made.version, made.variant, milliseconds(made)) == (7, RFC_4122, 1_700_000_000_123)


def test_other_parts_or_another_time_give_another_id() -> None:
    made = {
        derived_uuid7(5, "a", "b"),
        derived_uuid7(6, "a", "b"),
        derived_uuid7(5, "ab", ""),
        derived_uuid7(5, "", "ab"),
        derived_uuid7(5, "b", "a"),
        derived_uuid7(5, "a", "b", ""),
        derived_uuid7(5),
    }
    assert len(made) == 7


def test_derived_ids_sort_by_their_time() -> None:
    made = [derived_uuid7(at, "x") for at in (1, 2, 500, 10**12, 2**47)]
    assert made == sorted(made)
