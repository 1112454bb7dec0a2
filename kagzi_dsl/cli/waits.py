"""What a run in line waits for, in words: the limits that leave no room for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from kagzi_dsl.cli.words import local_time
from kagzi_dsl.runtime.store.limits import Full, Rate


def waits_for(full: Iterable[Full]) -> str:
    """`a slot of queue mail (concurrency 5, 5 in use)`, and what else it needs."""
    return " and ".join(map(_in_words, full))


def briefly(full: Iterable[Full]) -> str:
    """`queue mail, key 7 of import`: the same for a cell of a table."""
    return ", ".join(map(_name, full))


def _in_words(full: Full) -> str:
    match full.kind:
        case "queue":
            return f"a slot of queue {full.name} (concurrency {full.limit}, {full.in_use} in use)"
        case "workflow":
            return f"a slot of workflow {full.name} (limit {full.limit}, {full.in_use} in use)"
        case "key":
            return f"a slot of the key {full.key} of workflow {full.name} (limit {full.limit}, {full.in_use} in use)"
        case "rate":
            rate = Rate(full.limit, full.window_ms or 0)
            opens = "" if full.opens_at is None else f", next at {local_time(full.opens_at)}"
            return f"the rate of queue {full.name} ({rate}, {full.in_use} began){opens}"
        case other:
            assert_never(other)


def _name(full: Full) -> str:
    match full.kind:
        case "queue":
            return f"queue {full.name}"
        case "rate":
            return f"rate of queue {full.name}"
        case "workflow":
            return f"workflow {full.name}"
        case "key":
            return f"key {full.key} of workflow {full.name}"
        case other:
            assert_never(other)
